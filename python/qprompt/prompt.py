"""What was learned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from qprompt import _native
from qprompt._native import Error
from qprompt.classifier import Classifier
from qprompt._paths import PathLike
from qprompt.model import Model

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Prompt:
    """A learned prompt and the names of the classes it was learned from.

    Attributes
    ----------
    report : dict
        Of what was learned in this process: settings, "epochs", "chosen_epoch", "temperature",
        "skipped_images" and the like, named as in records (docs/records.md); else empty.
    path : Path or None
        The file it was loaded from.
    """

    def __init__(
        self,
        native: _native.Prompt,
        *,
        model: Optional[Model] = None,
        report: Optional[dict[str, Any]] = None,
        path: Optional[Path] = None,
    ) -> None:
        self._native = native
        self._model = model
        self.report = report or {}
        self.path = path

    @staticmethod
    def load(path: PathLike) -> Prompt:
        """A prompt file, or that of a run folder, with the class names beside it."""
        return Prompt(_native.Prompt.load(path), path=Path(path))

    @staticmethod
    def from_bytes(content: bytes, class_names: Optional[Sequence[str]] = None) -> Prompt:
        """The content of a prompt file."""
        names = None if class_names is None else list(class_names)
        return Prompt(_native.Prompt.from_bytes(content, names))

    def to_bytes(self) -> bytes:
        """The content of its file."""
        return self._native.to_bytes()

    def save(self, path: PathLike) -> None:
        """Write P.qprompt, and the class names beside it, P.classes.txt, over what is there."""
        self._native.save(path)

    @property
    def class_names(self) -> Optional[list[str]]:
        """The classes it was learned from, where they are known."""
        return self._native.class_names

    @property
    def method(self) -> str:
        """ "coop", "maple"; of a mean of several, the first's."""
        return self._native.method

    @property
    def temperature(self) -> float:
        """What logits are divided by."""
        return self._native.temperature

    @property
    def payload_bytes(self) -> int:
        """Bytes of the learned values."""
        return self._native.payload_bytes

    @property
    def parameters(self) -> dict[str, npt.NDArray[np.float32]]:
        """What is deployed, by name: float32 arrays [rows, columns]."""
        return self._native.parameters

    def classifier(
        self,
        model: Union[Model, Sequence[str], None] = None,
        class_names: Optional[Sequence[str]] = None,
    ) -> Classifier:
        """This prompt at work among some classes.

        Parameters
        ----------
        model
            The model it was learned on. It may be left out of a prompt that was learned in this
            process: ``prompt.classifier(["cat", "dog"])``.
        class_names
            Any names; None: those it was learned from.
        """
        if model is not None and not isinstance(model, Model):
            model, class_names = None, model
        model = model or self._model
        if model is None:
            raise Error("classifier: no model, expected the one that the prompt was learned on")
        names = self.class_names if class_names is None else list(class_names)
        if names is None:
            raise Error("classifier: no class names lie beside the prompt, expected class_names=")
        native = _native.Classifier.of_prompt(model._native, self._native, names)
        return Classifier(native, model, prompt_path=self.path)

    def __repr__(self) -> str:
        classes = "" if self.class_names is None else f", {len(self.class_names)} classes"
        return f"<qprompt.Prompt {self.method}, {self.payload_bytes} bytes of values{classes}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.to_bytes(), self.class_names, self._model, self.report, self.path)


def _restored(
    content: bytes,
    class_names: Optional[list[str]],
    model: Optional[Model],
    report: dict[str, Any],
    path: Optional[Path],
) -> Prompt:
    native = _native.Prompt.from_bytes(content, class_names)
    return Prompt(native, model=model, report=report, path=path)

"""Models that answer with names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from qprompt import _native
from qprompt._images import Images, listed
from qprompt._native import Classification, ClassScore
from qprompt._progress import bars
from qprompt.model import Model

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Classification", "ClassScore", "Classifier", "zero_shot"]


class Classifier:
    """A model with a prompt, or zero-shot, among some classes.

    `Prompt.classifier` and `zero_shot` give one. Images are what `Model.encode_image` takes. Any
    number of threads may use it at once.
    """

    def __init__(
        self, native: _native.Classifier, model: Model, prompt_path: Optional[Path] = None
    ) -> None:
        self._native = native
        self._prompt_path = prompt_path
        self.model = model

    @property
    def class_names(self) -> list[str]:
        """The classes, in the order of the columns below."""
        return self._native.class_names

    @property
    def class_features(self) -> npt.NDArray[np.float32]:
        """The texts of the classes [classes, embed], unit rows.

        Raises `qprompt.Error` where they are not all there is: with learned tokens in the image
        tower, texts that depend on the image, or a mean of several.
        """
        return self._native.class_features

    def predict(self, images: Images, *, progress: Optional[bool] = None) -> list[str]:
        """The most likely class of each image."""
        names = self.class_names
        best = self.decision_function(images, progress=progress).argmax(axis=1)
        return [names[position] for position in best]

    def predict_proba(
        self, images: Images, *, progress: Optional[bool] = None
    ) -> npt.NDArray[np.float64]:
        """Probabilities [images, classes], float64 as the command line has them; rows sum to 1."""
        with bars(progress) as shown:
            return self._native.predict_proba(listed(images), shown)

    def decision_function(
        self, images: Images, *, progress: Optional[bool] = None
    ) -> npt.NDArray[np.float32]:
        """Logits [images, classes], float32: probabilities are their softmax."""
        with bars(progress) as shown:
            return self._native.logits(listed(images), shown)

    def classify(
        self,
        images: Images,
        *,
        top: int = 1,
        min_confidence: float = 0.0,
        min_known_score: Optional[float] = None,
        skip_bad_images: bool = False,
        progress: Optional[bool] = None,
    ) -> list[Classification]:
        """What `qprompt classify` says of each image: its best classes, and whether to trust them.

        Parameters
        ----------
        top
            Scores of an image, best first.
        min_confidence
            Images whose best probability is below it have `abstained`.
        min_known_score
            Images whose `known_score` is below it are `unknown` (docs/probabilities.md).
        skip_bad_images
            Damaged images have `damage` and no scores, instead of an Error.
        """
        with bars(progress) as shown:
            return self._native.classify(
                listed(images), top, min_confidence, min_known_score, skip_bad_images, shown
            )

    def with_classes(self, class_names: Sequence[str]) -> Classifier:
        """The same among other classes."""
        native = self._native.with_classes(list(class_names))
        return Classifier(native, self.model, self._prompt_path)

    def add_class(self, name: str) -> Classifier:
        """The same with one more class, by its name alone."""
        return self.with_classes([*self.class_names, name])

    def __repr__(self) -> str:
        return f"<qprompt.Classifier of {len(self.class_names)} classes on {self.model!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        content, learned_names, templates = self._native.source
        made_of = (content, learned_names, templates, self.class_names)
        return _restored, (*made_of, self.model, self._prompt_path)

    def __deepcopy__(self, memo: dict[int, Any]) -> Classifier:
        return self


def _restored(
    content: Optional[bytes],
    learned_names: Optional[list[str]],
    templates: list[str],
    class_names: list[str],
    model: Model,
    prompt_path: Optional[Path],
) -> Classifier:
    if content is None:
        return zero_shot(model, class_names, templates)
    prompt = _native.Prompt.from_bytes(content, learned_names)
    native = _native.Classifier.of_prompt(model._native, prompt, class_names)
    return Classifier(native, model, prompt_path)


def zero_shot(
    model: Model,
    class_names: Sequence[str],
    templates: Union[str, Sequence[str]] = "a photo of a {}.",
) -> Classifier:
    """CLIP without anything learned.

    Parameters
    ----------
    templates
        Sentences with {} for a class's name; "imagenet-7" or "imagenet-80", the lists that CLIP's
        authors published; or files of templates. Several are averaged.
    """
    sentences = [templates] if isinstance(templates, str) else list(templates)
    native = _native.Classifier.zero_shot(model._native, sentences, list(class_names))
    return Classifier(native, model)

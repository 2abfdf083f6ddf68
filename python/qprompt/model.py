"""CLIP checkpoints."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from qprompt import _native
from qprompt._images import Images, listed
from qprompt._paths import PathLike
from qprompt._progress import bars

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Model:
    """A CLIP checkpoint at work; `load` gives one.

    Any number of threads may use it at once. Pickled it is what it was loaded from: another process
    loads it again. A child made by fork() must load its own.
    """

    def __init__(self, native: _native.Model, loaded_with: dict[str, Any]) -> None:
        self._native = native
        self._loaded_with = loaded_with

    @property
    def path(self) -> Path:
        """The folder or file that was opened."""
        return self._native.path

    @property
    def embed(self) -> int:
        """Values of a feature."""
        return self._native.embed

    @property
    def logit_scale(self) -> float:
        """What cosines are multiplied by to be logits."""
        return self._native.logit_scale

    @property
    def identity(self) -> int:
        """The same for every file that holds the same weights and settings."""
        return self._native.identity

    @property
    def threads(self) -> int:
        """Threads that the towers work on."""
        return self._native.threads

    @property
    def precision(self) -> str:
        """Number format of the towers: "fp32", "bf16", "bf16, images in int8"."""
        return self._native.precision

    def encode_image(
        self, images: Images, *, progress: Optional[bool] = None
    ) -> npt.NDArray[np.float32]:
        """Features of images, as the frozen image tower sees them.

        Parameters
        ----------
        images
            One image or many: paths, the bytes of files, PIL images, uint8 arrays [height, width,
            3] (NumPy's, or of whatever speaks DLPack, such as torch's on the CPU).
        progress
            Whether a bar is shown; None: in a terminal and in Jupyter.

        Returns
        -------
        ndarray [images, embed], float32
            Unit rows: a product of two is their cosine.
        """
        with bars(progress) as shown:
            return self._native.encode_image(listed(images), shown)

    def encode_text(self, texts: Union[str, Iterable[str]]) -> npt.NDArray[np.float32]:
        """Features of whole sentences.

        Returns
        -------
        ndarray [texts, embed], float32
            Unit rows.
        """
        return self._native.encode_text([texts] if isinstance(texts, str) else list(texts))

    def __repr__(self) -> str:
        return f"qprompt.load({os.fspath(self.path)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _loaded, (self._loaded_with,)

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self


def load(
    name: PathLike,
    *,
    precision: str = "auto",
    threads: int = 0,
    tokenizer: Optional[PathLike] = None,
    activation: Optional[str] = None,
    heads: Optional[tuple[int, int]] = None,
    cache: Union[bool, PathLike] = True,
) -> Model:
    """Open a CLIP checkpoint.

    Parameters
    ----------
    name
        A Hugging Face or open_clip folder, an OpenAI .pt file, or a Hub name such as
        "openai/clip-vit-base-patch16", which is looked for in the local Hugging Face cache. Nothing
        is downloaded: the error says how to fetch it.
    precision
        Number format of the towers: "fp32", "bf16", or "auto", bf16 where this CPU is faster so;
        "int8": as "auto", and the frozen image tower multiplies bytes.
    threads
        0: the cores that this process may use.
    tokenizer
        Vocabulary, where it is not beside the model.
    activation, heads
        "quick_gelu" or "gelu", and the heads of text and image tower, where no configuration lies
        beside the weights.
    cache
        True: features are kept in the user's cache, as the command line does (~/.cache/qprompt);
        False: none are; or a folder for them.

    Raises
    ------
    qprompt.Error
        Naming the file and what was expected.
    """
    arguments = dict(
        name=os.fspath(name),
        precision=precision,
        threads=threads,
        tokenizer=tokenizer,
        activation=activation,
        heads=heads,
        cache=cache,
    )
    return _loaded(arguments)


def _loaded(arguments: dict[str, Any]) -> Model:
    native = _native.Model.load(**arguments)
    for assumption in native.assumptions:
        warnings.warn(assumption, stacklevel=3)
    return Model(native, arguments)

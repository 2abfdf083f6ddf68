"""Images as people have them, as the native module takes them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image

    Image = Union[
        str, os.PathLike[str], bytes, bytearray, memoryview, np.ndarray, PIL.Image.Image, Any
    ]
    Images = Union[Image, Iterable[Image]]
else:
    Image = Images = Any


def _is_pil(image: object) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(image, pil.Image)


def _is_one(images: object) -> bool:
    is_encoded = isinstance(images, (str, os.PathLike, bytes, bytearray, memoryview))
    return is_encoded or _is_pil(images) or getattr(images, "ndim", None) == 3


def _pixels(image: PIL.Image.Image) -> np.ndarray:
    """As a file of it is read: turned as the camera says, in RGB."""
    import numpy as np
    from PIL import ImageOps

    return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def _plain(image: Image) -> object:
    if _is_pil(image):
        return _pixels(image)
    if isinstance(image, (bytearray, memoryview)):
        return bytes(image)
    return image


def listed(images: Images) -> Sequence[object]:
    """One image or many, as a list of paths, bytes and arrays.

    An image is a path, the bytes of a file, a PIL image, or a uint8 array [height, width, 3] of
    any library that speaks DLPack or the buffer protocol; of such arrays nothing is copied.
    """
    several: Any = [images] if _is_one(images) else images
    return [_plain(image) for image in several]

"""One place or several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Union

PathLike = Union[str, "os.PathLike[str]"]
Places = Union[PathLike, Sequence[PathLike]]


def listed(places: Places) -> list[str]:
    """All of them as texts."""
    if isinstance(places, (str, os.PathLike)):
        return [os.fspath(places)]
    return [os.fspath(place) for place in places]

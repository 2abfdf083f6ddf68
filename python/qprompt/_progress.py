"""Bars for long work: tqdm's, in a terminal and in Jupyter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Optional

from qprompt._optional import needed

Progress = Callable[[str, int, int, str], None]


def _somebody_looks() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def _tqdm(progress: Optional[bool]) -> Optional[Any]:
    """Nothing where no bar is wanted; without tqdm only who asks for bars is told."""
    if progress is False or (progress is None and not _somebody_looks()):
        return None
    try:
        return needed("tqdm.auto", "progress", "progress=True").tqdm
    except ImportError:
        if progress:
            raise
        return None


class _Bars:
    """One bar after another, each for as long as its work is called the same and goes on."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._bar: Optional[Any] = None

    def __call__(self, label: str, done: int, total: int, note: str) -> None:
        bar = self._bar
        if bar is None or bar.desc != label or done < bar.n:
            self.close()
            bar = self._bar = self._tqdm(total=total, desc=label)
        bar.total = total
        bar.set_postfix_str(note, refresh=False)
        bar.update(done - bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def bars(progress: Optional[bool]) -> Iterator[Optional[Progress]]:
    """What native functions call with their progress, or None."""
    tqdm = _tqdm(progress)
    if tqdm is None:
        yield None
        return
    shown = _Bars(tqdm)
    try:
        yield shown
    finally:
        shown.close()

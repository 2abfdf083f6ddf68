"""The command line from within Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qprompt import _native


def demo_folder() -> Path:
    """The folder with the tiny CLIP (`model`) that comes with the package."""
    return Path(__file__).parent / "demo"


def main(arguments: Sequence[str]) -> int:
    """Run the program `qprompt` with these arguments, within this process.

    Everything that the command line does is reachable so:
    ``qprompt.main(["classify", "--model", "M", "--prompt", "run", "photo.jpg"])``. It writes to the
    process's stdout and stderr.

    Returns
    -------
    int
        The exit status: 0; 1 for an error, which is told on stderr; 2 for wrong arguments; 130
        where it was interrupted.
    """
    _native.set_demo_folder(demo_folder())
    return _native.main(["qprompt", *arguments])

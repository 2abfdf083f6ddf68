"""What bench/jobs.py times: each file here makes cases of one kind."""
import dataclasses
import json
import pathlib
import sys
from collections.abc import Callable

import pictures
import process

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "build/release/cli/qprompt"
TOWER_STEP = ROOT / "build/release/bench/tower_step"
MADE = ROOT / "build/bench"


@dataclasses.dataclass
class Place:
    model: str
    python: str = ""  # in which the module qprompt is installed, for the case that needs it


@dataclasses.dataclass
class Case:
    """`runners`, by who and what, run in their order; each gives seconds and perhaps peak_mb, stages, check, note, or
    raises process.NotMeasured. `examine` looks at all results: it may add notes, and returns doubts, a line each."""

    runners: dict[tuple[str, str], Callable[[], dict]]
    examine: Callable[[dict], list[str]] = lambda results: []
    compares: bool = True  # the same work in all rows


def peer(script, *words):
    return process.run(sys.executable, ROOT / "bench/peer" / script, *words)


def made_pictures(folder, classes, images, kind):
    folder = MADE / "images" / folder
    process.run(sys.executable, ROOT / "bench/pictures.py", folder, classes, images, kind)
    return folder


def tower_step(model, *words):
    """Median seconds of a step, as bench/tower_step.cc tells."""
    done = process.run(TOWER_STEP, model, *words)
    told = json.loads(done["out"])
    return {"seconds": told["median_seconds"], "peak_mb": told["peak_mb"]}


def one_picture():
    return made_pictures("one", 1, 1, "caltech") / pictures.names(1)[0] / "0.jpg"

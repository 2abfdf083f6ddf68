"""The demo's tiny CLIP and its pictures: what every test here works on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import qprompt

PICTURES = Path(__file__).parents[2] / "assets" / "demo" / "pictures"
MODEL = qprompt.demo_folder() / "model"

# What few epochs learned, even where zero-shot is better.
LEARNED: dict[str, Any] = {"epochs": 3, "model_choice": "last_epoch"}


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads what another program has kept."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", autouse=True)
def python_hears_ctrl_c() -> None:
    """As in a terminal: what a shell starts in its background does not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def model() -> qprompt.Model:
    return qprompt.load(MODEL, cache=False)


@pytest.fixture(scope="session")
def pictures() -> Path:
    return PICTURES


@pytest.fixture(scope="session")
def paths() -> list[Path]:
    """Ten pictures of each of twenty classes, class by class."""
    return sorted((PICTURES / "val").glob("*/*.webp"))


@pytest.fixture(scope="session")
def labels(paths: list[Path]) -> list[str]:
    return [path.parent.name.replace("_", " ") for path in paths]


@pytest.fixture(scope="session")
def prompt(model: qprompt.Model, paths: list[Path], labels: list[str]) -> qprompt.Prompt:
    return qprompt.fit(model, paths, labels, **LEARNED)


@pytest.fixture(scope="session")
def classifier(prompt: qprompt.Prompt) -> qprompt.Classifier:
    return prompt.classifier()


def run(*arguments: Any, status: int = 0) -> subprocess.CompletedProcess[str]:
    """The command line of the same package, in a process of its own."""
    words = [sys.executable, "-m", "qprompt", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600)
    assert done.returncode == status, done.stderr
    return done


def run_json(*arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(*arguments, "--no-cache", "--json", "-").stdout)
    return answer

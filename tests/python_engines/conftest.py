"""A prompt in a file, and what one process answers with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import qprompt

ROOT = Path(__file__).parents[2]
MODEL = qprompt.demo_folder() / "model"
FOLDER = ROOT / "assets" / "demo" / "pictures" / "test"

Answers = dict[str, tuple[str, float]]


@pytest.fixture(scope="session")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prompt") / "p.qprompt"
    model = qprompt.load(MODEL, cache=False)
    qprompt.fit_folder(model, FOLDER.parent, epochs=2).save(path)
    return path


@pytest.fixture(scope="session")
def expected(prompt: Path) -> Answers:
    """By the pictures' names below the folder."""
    classifier = qprompt.Prompt.load(prompt).classifier(qprompt.load(MODEL, cache=False))
    paths = sorted(FOLDER.glob("*/*.webp"))
    best = [answer.scores[0] for answer in classifier.classify(paths)]
    return {name(path): (score.class_name, score.probability) for path, score in zip(paths, best)}


def name(path: object) -> str:
    return "/".join(Path(str(path)).parts[-2:])


def answers_of(example: str, prompt: Path, output: Path, **environment: str) -> pd.DataFrame:
    """What the example writes, a row for each picture."""
    words = [sys.executable, ROOT / "examples" / "python" / example, MODEL, prompt, FOLDER, output]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=600, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return pd.read_parquet(output)


def assert_equal(answers: Answers, expected: Answers) -> None:
    assert answers.keys() == expected.keys()
    for image, (class_name, probability) in expected.items():
        assert answers[image][0] == class_name, image
        # A batch's logits are one product: what else is in it may change their last bit.
        assert answers[image][1] == pytest.approx(probability, abs=1e-5), image

"""A prompt in a file, and what one process answers with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import qprompt

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "examples" / "python"))

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


def assert_equal(answers: Answers, expected: Answers) -> None:
    assert answers.keys() == expected.keys()
    for image, (class_name, probability) in expected.items():
        assert answers[image][0] == class_name, image
        # What else is in a batch may change the last bit of a feature.
        assert answers[image][1] == pytest.approx(probability, abs=1e-3), image

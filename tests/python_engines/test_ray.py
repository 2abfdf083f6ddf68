"""Ray Data with two local workers answers as one process does."""

from __future__ import annotations

from pathlib import Path

from conftest import Answers, answers_of, assert_equal, name


def test_two_workers_answer_as_one_process(prompt: Path, expected: Answers, tmp_path: Path) -> None:
    rows = answers_of("ray_classify.py", prompt, tmp_path / "answers").itertuples(index=False)
    assert_equal({name(path): (answer, share) for path, answer, share in rows}, expected)

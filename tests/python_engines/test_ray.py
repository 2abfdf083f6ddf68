"""Ray Data with two local workers answers as one process does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from conftest import FOLDER, MODEL, Answers, assert_equal, name
from ray_classify import classified


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    ray.init(num_cpus=3, include_dashboard=False, object_store_memory=200_000_000)
    yield
    ray.shutdown()


def test_two_workers_answer_as_one_process(prompt: Path, expected: Answers) -> None:
    rows = classified(str(MODEL), str(prompt), str(FOLDER), workers=2).take_all()
    answers = {name(row["path"]): (row["class"], row["probability"]) for row in rows}
    assert_equal(answers, expected)

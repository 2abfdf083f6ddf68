"""A pandas UDF on two local cores answers as one process does."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from conftest import Answers, answers_of, assert_equal, name


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_spark_answers_as_one_process(prompt: Path, expected: Answers, tmp_path: Path) -> None:
    rows = answers_of(
        "spark_classify.py",
        prompt,
        tmp_path / "answers",
        PYSPARK_PYTHON=sys.executable,
        PYSPARK_SUBMIT_ARGS="--master local[2] --conf spark.ui.enabled=false pyspark-shell",
        SPARK_LOCAL_IP="127.0.0.1",
    ).itertuples(index=False)
    answers = {name(path): (answer["class"], answer["probability"]) for path, answer in rows}
    assert_equal(answers, expected)

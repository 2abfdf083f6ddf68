"""A pandas UDF on two local cores answers as one process does."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FOLDER, MODEL, Answers, assert_equal, name
from pyspark.sql import SparkSession
from spark_classify import classified

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    examples = str(Path(sys.modules["spark_classify"].__file__ or "").parent)
    os.environ["PYTHONPATH"] = examples
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", False)
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


def test_spark_answers_as_one_process(
    spark: SparkSession, prompt: Path, expected: Answers
) -> None:
    rows = classified(spark, str(MODEL), str(prompt), str(FOLDER)).collect()
    answers = {name(row["path"]): (row["answer"]["class"], row["answer"]["probability"]) for row in rows}
    assert_equal(answers, expected)

"""Name all pictures below a folder with a pandas UDF of PySpark.

python spark_classify.py MODEL PROMPT FOLDER OUTPUT.parquet
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import pandas_udf

import qprompt


@cache
def classifier(model: str, prompt: str) -> qprompt.Classifier:
    """Loaded once by each of Spark's Python workers, which have a core each."""
    return qprompt.Prompt.load(prompt).classifier(qprompt.load(model, threads=1, cache=False))


def classified(spark: SparkSession, model: str, prompt: str, folder: str) -> DataFrame:
    """Columns path and answer (class, probability)."""

    @pandas_udf("class string, probability double")
    def answer(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        for contents in batches:
            answers = classifier(model, prompt).classify(list(contents))
            best = [answer.scores[0] for answer in answers]
            yield pd.DataFrame(
                {
                    "class": [score.class_name for score in best],
                    "probability": [score.probability for score in best],
                }
            )

    images = spark.read.format("binaryFile").option("recursiveFileLookup", True).load(folder)
    return images.select("path", answer("content").alias("answer"))


if __name__ == "__main__":
    model, prompt, folder, output = sys.argv[1:]
    session = SparkSession.builder.getOrCreate()
    classified(session, model, prompt, folder).write.parquet(output)

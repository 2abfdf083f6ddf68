"""Name all pictures below a folder with a pandas UDF of PySpark.

python spark_classify.py MODEL PROMPT FOLDER OUTPUT.parquet     (or by spark-submit)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import pandas_udf

import qprompt


def classified(spark: SparkSession, model: str, prompt: str, folder: str) -> DataFrame:
    """Columns path and answer (class, probability)."""

    @pandas_udf("class string, probability double")
    def answer(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        loaded = qprompt.load(model, threads=1, cache=False)  # once a partition; a task has a core
        classifier = qprompt.Prompt.load(prompt).classifier(loaded)
        for contents in batches:
            answers = classifier.classify(list(contents))
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

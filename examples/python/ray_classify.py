"""Name all pictures below a folder with Ray Data: each worker holds a model and takes batches.

python ray_classify.py MODEL PROMPT FOLDER OUTPUT.parquet [WORKERS]
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import ray

import qprompt


class Classify:
    """A worker: it loads its model once, on the core that Ray gives it."""

    def __init__(self, model: str, prompt: str) -> None:
        loaded = qprompt.load(model, threads=1, cache=False)
        self.classifier = qprompt.Prompt.load(prompt).classifier(loaded)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        answers = self.classifier.classify(list(batch["bytes"]))
        return {
            "path": batch["path"],
            "class": np.array([answer.scores[0].class_name for answer in answers]),
            "probability": np.array([answer.scores[0].probability for answer in answers]),
        }


def classified(model: str, prompt: str, folder: str, workers: int = 2) -> ray.data.Dataset:
    """Rows (path, class, probability), in no order."""
    images = ray.data.read_binary_files(folder, include_paths=True)
    return images.map_batches(
        Classify,
        fn_constructor_kwargs={"model": model, "prompt": prompt},
        batch_size=64,
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )


if __name__ == "__main__":
    model, prompt, folder, output, *more = sys.argv[1:]
    workers = int(more[0]) if more else 2
    ray.init(num_cpus=workers + 1, include_dashboard=False)  # one reads; a cluster: ray.init()
    classified(model, prompt, folder, workers).write_parquet(output)

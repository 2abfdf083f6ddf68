"""Adapt CLIP-like models with a few images a class by learning quantized prompts.

>>> import qprompt
>>> model = qprompt.load("openai/clip-vit-base-patch16")
>>> prompt = qprompt.fit(model, ["cat1.jpg", "dog1.jpg"], ["cat", "dog"])
>>> prompt.classifier(model).predict(["new.jpg"])
['cat']

docs/python.md begins with ten lines that work; every function here says what it takes and gives.
"""

from __future__ import annotations

from importlib.metadata import version as _version

from qprompt._native import Error
from qprompt._program import demo_folder, main
from qprompt.classifier import Classification, Classifier, ClassScore, zero_shot
from qprompt.evaluation import Evaluation, evaluate
from qprompt.experiments import (
    base_to_new,
    cross_dataset,
    domain_generalization,
    experiment,
    experiments,
    few_shot,
)
from qprompt.learning import fit, fit_folder, tune, tune_folder
from qprompt.model import Model, load
from qprompt.prompt import Prompt
from qprompt.records import records, report

__version__ = _version("qprompt")

__all__ = [
    "Classification",
    "Classifier",
    "ClassScore",
    "Error",
    "Evaluation",
    "Model",
    "Prompt",
    "base_to_new",
    "cross_dataset",
    "demo_folder",
    "domain_generalization",
    "evaluate",
    "experiment",
    "experiments",
    "few_shot",
    "fit",
    "fit_folder",
    "load",
    "main",
    "records",
    "report",
    "tune",
    "tune_folder",
    "zero_shot",
]

"""How often a classifier is right."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

from qprompt import _native
from qprompt._images import Images, listed
from qprompt._labels import encoded
from qprompt._progress import bars
from qprompt.classifier import Classifier
from qprompt._paths import PathLike


class ImageResult(NamedTuple):
    """What was said of one image."""

    image: str
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class Evaluation:
    """Accuracy and what belongs to it; accuracies are 0..1.

    `report` has everything, named as in `qprompt evaluate --json`: intervals, classes, confusions,
    calibration. `images` says what was said of each image that could be read.
    """

    accuracy: float
    top_5: float
    macro_f1: float
    ece: float
    nll: float
    report: dict[str, Any] = field(repr=False)
    images: list[ImageResult] = field(repr=False)


def evaluate(
    classifier: Classifier,
    images: Images,
    labels: Optional[Iterable[Any]] = None,
    *,
    data_root: Optional[PathLike] = None,
    split: Optional[PathLike] = None,
    seed: Optional[int] = None,
    skip_bad_images: bool = False,
    progress: Optional[bool] = None,
) -> Evaluation:
    """Test a classifier on labelled images, or on a folder as `qprompt evaluate` does.

    Parameters
    ----------
    images
        Images, with `labels`; or without them a folder of class folders, or what else
        `qprompt evaluate --data` takes (docs/data.md).
    labels
        The classifier's class names, or positions among them.
    data_root, split, seed
        Of a folder, as the flags of those names.
    """
    names = classifier.class_names
    if labels is not None:
        positions, _ = encoded(labels, names)
        data = _native.Dataset.tested(listed(images), positions, names)
    else:
        data = _images_of_folder(classifier, images, data_root, split, seed)
    with bars(progress) as shown:
        text, answers = classifier._native.evaluate(data, skip_bad_images, shown)
    return _evaluation(json.loads(text), answers, names)


def _images_of_folder(
    classifier: Classifier,
    folder: Any,
    data_root: Optional[PathLike],
    split: Optional[PathLike],
    seed: Optional[int],
) -> _native.Dataset:
    if not isinstance(folder, (str, os.PathLike)):
        raise _native.Error("evaluate: images without labels, expected labels or a folder")
    prompt = classifier._prompt_path or ""
    return classifier._native.test_images(folder, data_root, split, prompt, seed)


def _evaluation(
    report: dict[str, Any], answers: list[tuple[str, int, int, float]], names: list[str]
) -> Evaluation:
    return Evaluation(
        accuracy=report["accuracy"],
        top_5=report["top_5_accuracy"],
        macro_f1=report["macro_f1"],
        ece=report["calibration"]["ece"],
        nll=report["calibration"]["nll"],
        report=report,
        images=[
            ImageResult(image, names[label], names[predicted], probability)
            for image, label, predicted, probability in answers
        ],
    )

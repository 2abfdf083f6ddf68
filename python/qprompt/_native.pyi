"""What the compiled module has; the package's own functions document it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
import numpy.typing as npt

from qprompt._paths import PathLike

Progress = Optional[Callable[[str, int, int, str], None]]
OnEpoch = Optional[Callable[[dict[str, Any]], Optional[bool]]]
OnStep = Optional[Callable[[int, int], Optional[bool]]]

class Error(ValueError):
    """One line that says what came and what was expected."""

class Model:
    @staticmethod
    def load(
        name: str,
        precision: str,
        threads: int,
        tokenizer: Optional[PathLike],
        activation: Optional[str],
        heads: Optional[tuple[int, int]],
        cache: Union[bool, PathLike],
    ) -> Model: ...
    @property
    def path(self) -> Path: ...
    @property
    def embed(self) -> int: ...
    @property
    def logit_scale(self) -> float: ...
    @property
    def identity(self) -> int: ...
    @property
    def assumptions(self) -> list[str]: ...
    @property
    def threads(self) -> int: ...
    @property
    def precision(self) -> str: ...
    def encode_image(
        self, images: Sequence[object], progress: Progress
    ) -> npt.NDArray[np.float32]: ...
    def encode_text(self, texts: Sequence[str]) -> npt.NDArray[np.float32]: ...

class Prompt:
    @staticmethod
    def load(path: PathLike) -> Prompt: ...
    @staticmethod
    def from_bytes(bytes: bytes, class_names: Optional[Sequence[str]]) -> Prompt: ...
    def to_bytes(self) -> bytes: ...
    def save(self, path: PathLike) -> None: ...
    @property
    def class_names(self) -> Optional[list[str]]: ...
    @property
    def method(self) -> str: ...
    @property
    def temperature(self) -> float: ...
    @property
    def payload_bytes(self) -> int: ...
    @property
    def parameters(self) -> dict[str, npt.NDArray[np.float32]]: ...

class Dataset:
    @staticmethod
    def load(
        data: PathLike,
        data_root: Optional[PathLike],
        split: Optional[PathLike],
        class_names: Optional[PathLike],
        seed: int,
        exif: Optional[bool],
    ) -> Dataset: ...
    @staticmethod
    def of(
        images: Sequence[object],
        labels: Sequence[int],
        class_names: Sequence[str],
        validation_images: Sequence[object],
        validation_labels: Sequence[int],
        validation_share: float,
        seed: int,
    ) -> Dataset: ...
    @staticmethod
    def tested(
        images: Sequence[object], labels: Sequence[int], class_names: Sequence[str]
    ) -> Dataset: ...
    @property
    def name(self) -> str: ...
    @property
    def class_names(self) -> list[str]: ...
    @property
    def notices(self) -> list[str]: ...
    @property
    def train_images(self) -> int: ...
    @property
    def validation_images(self) -> int: ...
    @property
    def test_images(self) -> int: ...

class ClassScore:
    """A class and its probability; `cosine` where logits are nothing but cosines."""

    @property
    def class_name(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def cosine(self) -> Optional[float]: ...

class Classification:
    """What was said of an image: `scores` are best first."""

    @property
    def image(self) -> str: ...
    @property
    def scores(self) -> list[ClassScore]: ...
    @property
    def abstained(self) -> bool: ...
    @property
    def margin(self) -> float: ...
    @property
    def known_score(self) -> float: ...
    @property
    def unknown(self) -> bool: ...
    @property
    def damage(self) -> str: ...

class Classifier:
    @staticmethod
    def of_prompt(model: Model, prompt: Prompt, class_names: Sequence[str]) -> Classifier: ...
    @staticmethod
    def zero_shot(
        model: Model, templates: Sequence[str], class_names: Sequence[str]
    ) -> Classifier: ...
    def with_classes(self, class_names: Sequence[str]) -> Classifier: ...
    @property
    def class_names(self) -> list[str]: ...
    @property
    def source(self) -> tuple[Optional[bytes], Optional[list[str]], list[str]]: ...
    @property
    def class_features(self) -> npt.NDArray[np.float32]: ...
    def logits(self, images: Sequence[object], progress: Progress) -> npt.NDArray[np.float32]: ...
    def predict_proba(
        self, images: Sequence[object], progress: Progress
    ) -> npt.NDArray[np.float64]: ...
    def classify(
        self,
        images: Sequence[object],
        top: int,
        min_confidence: float,
        min_known_score: Optional[float],
        skip_bad_images: bool,
        progress: Progress,
    ) -> list[Classification]: ...
    def test_images(
        self,
        data: PathLike,
        data_root: Optional[PathLike],
        split: Optional[PathLike],
        prompt: PathLike,
        seed: Optional[int],
    ) -> Dataset: ...
    def evaluate(
        self, data: Dataset, skip_bad_images: bool, progress: Progress
    ) -> tuple[str, list[tuple[str, int, int, float]]]: ...

class ExperimentRequest:
    experiment: str
    data: list[str]
    targets: list[str]
    methods: list[str]
    values: list[str]
    shots: list[int]
    seeds: list[int]
    train_seeds: list[int]
    templates: list[str]
    settings: dict[str, str]
    def __init__(self) -> None: ...

def fit(
    model: Model,
    dataset: Dataset,
    settings: dict[str, str],
    preset: Optional[str],
    exif: Optional[bool],
    skip_bad_images: bool,
    progress: Progress,
    on_epoch: OnEpoch,
    on_step: OnStep,
) -> tuple[Prompt, str]: ...
def tune(
    model: Model,
    dataset: Dataset,
    settings: dict[str, str],
    folder: PathLike,
    exif: Optional[bool],
    skip_bad_images: bool,
    progress: Progress,
    on_epoch: OnEpoch,
) -> tuple[Prompt, str]: ...
def experiment(
    model: Model,
    request: ExperimentRequest,
    data_root: Optional[PathLike],
    records: PathLike,
    skip_bad_images: bool,
    progress: Progress,
) -> list[Path]: ...
def experiments() -> list[str]: ...
def records(places: Sequence[PathLike]) -> tuple[list[str], list[str]]: ...
def report_tables(places: Sequence[PathLike]) -> list[tuple[str, str, str]]: ...
def main(argv: Sequence[str]) -> int: ...
def set_demo_folder(folder: PathLike) -> None: ...

"""Prompts from a few images a class."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Optional, Union

from qprompt import _native, _settings
from qprompt._images import Images, listed
from qprompt._labels import encoded
from qprompt._progress import bars
from qprompt._paths import PathLike
from qprompt.model import Model
from qprompt.prompt import Prompt

OnEpoch = Callable[[dict[str, Any]], Optional[bool]]
OnStep = Callable[[int, int], Optional[bool]]


def fit(
    model: Model,
    images: Images,
    labels: Iterable[Any],
    *,
    class_names: Optional[Iterable[str]] = None,
    method: Optional[str] = None,
    bits: Union[int, str, None] = None,
    preset: Optional[str] = None,
    validation_images: Images = (),
    validation_labels: Iterable[Any] = (),
    validation_share: float = 0.2,
    seed: int = 1,
    exif: Optional[bool] = None,
    skip_bad_images: bool = False,
    on_epoch: Optional[OnEpoch] = None,
    on_step: Optional[OnStep] = None,
    progress: Optional[bool] = None,
    **settings: Any,
) -> Prompt:
    """Learn a prompt from labelled images.

    Parameters
    ----------
    images
        What `Model.encode_image` takes.
    labels
        A class's name for each image, or its position in `class_names`.
    class_names
        In their order; None: the names that occur in `labels`, sorted.
    method
        "coop" unless told; "cocoop", "vpt", "ivlp", "maple", or one on features: "class-means",
        "linear-probe", "tip-adapter" ...
    bits
        Of a learned value, 1 unless told; "auto" chooses. ``quantizer="none"``: full precision.
    preset
        Published settings by their name, which other settings override.
    validation_images, validation_labels
        To choose the best epoch and fit the temperature by; none: `validation_share` of the images
        of each class, drawn by `seed`, are held out for that. With 0 the last epoch is kept.
    seed
        Draws the shots, batches and views.
    exif
        False: the camera's note of how it was held is not followed, and the prompt says so.
    on_epoch
        Called after every epoch with a dictionary (epoch, epochs, loss, accuracy, lr, validation).
        False ends the training, and what was learned so far is the prompt.
    on_step
        Called after every step with (done, steps), likewise.
    progress
        Whether bars are shown; None: in a terminal and in Jupyter.
    **settings
        Those of `qprompt train` by their names: ``shots`` (16; 0 takes all images), ``epochs``,
        ``lr``, ``batch_size``, ``views``, ``n_ctx``, ``ctx_init``, ``regularizer`` ... They are, as
        there, by default what is recommended.

    Raises
    ------
    qprompt.Error
        For images and labels that do not fit each other, a damaged image, and unknown settings.
    KeyboardInterrupt
        Within a step of Ctrl-C.
    """
    dataset = _dataset(
        images, labels, class_names, validation_images, validation_labels, validation_share, seed
    )
    texts = _settings.texts({"method": method, "bits": bits, "seed": seed, **settings})
    return _fit(model, dataset, texts, preset, exif, skip_bad_images, on_epoch, on_step, progress)


def fit_folder(
    model: Model,
    folder: PathLike,
    *,
    data_root: Optional[PathLike] = None,
    split: Optional[PathLike] = None,
    class_names: Optional[PathLike] = None,
    method: Optional[str] = None,
    bits: Union[int, str, None] = None,
    preset: Optional[str] = None,
    seed: int = 1,
    exif: Optional[bool] = None,
    skip_bad_images: bool = False,
    on_epoch: Optional[OnEpoch] = None,
    on_step: Optional[OnStep] = None,
    progress: Optional[bool] = None,
    **settings: Any,
) -> Prompt:
    """Learn a prompt from a folder of class folders, as `qprompt train` does.

    Parameters
    ----------
    folder
        What `qprompt train --data` takes (docs/data.md): the image root of a split, a table, or a
        known data set's name, too. A plain folder is divided by `seed`, and what would be tested is
        not looked at.
    data_root, split, class_names
        As the flags of those names.

    The others are as `fit` has them.
    """
    dataset = _native.Dataset.load(folder, data_root, split, class_names, seed, exif)
    texts = _settings.texts({"method": method, "bits": bits, "seed": seed, **settings})
    return _fit(model, dataset, texts, preset, exif, skip_bad_images, on_epoch, on_step, progress)


def tune(
    model: Model,
    images: Images,
    labels: Iterable[Any],
    *,
    class_names: Optional[Iterable[str]] = None,
    goal: str = "new",
    budget: str = "10m",
    candidates: Union[str, Sequence[str], None] = None,
    validation_images: Images = (),
    validation_labels: Iterable[Any] = (),
    validation_share: float = 0.2,
    seed: int = 1,
    output: Optional[PathLike] = None,
    exif: Optional[bool] = None,
    skip_bad_images: bool = False,
    on_epoch: Optional[OnEpoch] = None,
    progress: Optional[bool] = None,
    **settings: Any,
) -> Prompt:
    """Choose method, settings and epoch by classes held out, then learn from all (docs/tune.md).

    Parameters
    ----------
    goal
        What the prompt is for: "new" (classes that are added later), "same" or "both".
    budget
        Time for choosing, such as "90s" or "10m"; "0": as long as it takes.
    candidates
        Methods to try in place of the list, by their names in tables: "qcoop", "qcoop & qclap".
    output
        A folder for the run as `qprompt tune` leaves it; None: none is kept.

    The others are as `fit` has them. The prompt's `report` is the run's record: ``["tune"]`` says
    what was tried and what is expected.
    """
    dataset = _dataset(
        images, labels, class_names, validation_images, validation_labels, validation_share, seed
    )
    texts = _choice(goal, budget, candidates, seed, settings)
    return _tune(model, dataset, texts, output, exif, skip_bad_images, on_epoch, progress)


def tune_folder(
    model: Model,
    folder: PathLike,
    *,
    data_root: Optional[PathLike] = None,
    split: Optional[PathLike] = None,
    class_names: Optional[PathLike] = None,
    goal: str = "new",
    budget: str = "10m",
    candidates: Union[str, Sequence[str], None] = None,
    seed: int = 1,
    output: Optional[PathLike] = None,
    exif: Optional[bool] = None,
    skip_bad_images: bool = False,
    on_epoch: Optional[OnEpoch] = None,
    progress: Optional[bool] = None,
    **settings: Any,
) -> Prompt:
    """`tune` on a folder of class folders; test images, if it has some, are tested at the end."""
    dataset = _native.Dataset.load(folder, data_root, split, class_names, seed, exif)
    texts = _choice(goal, budget, candidates, seed, settings)
    return _tune(model, dataset, texts, output, exif, skip_bad_images, on_epoch, progress)


def _dataset(
    images: Images,
    labels: Iterable[Any],
    class_names: Optional[Iterable[str]],
    validation_images: Images,
    validation_labels: Iterable[Any],
    validation_share: float,
    seed: int,
) -> _native.Dataset:
    positions, names = encoded(labels, class_names)
    held_out, _ = encoded(validation_labels, names)
    return _native.Dataset.of(
        listed(images),
        positions,
        names,
        listed(validation_images),
        held_out,
        validation_share,
        seed,
    )


def _choice(
    goal: str,
    budget: str,
    candidates: Union[str, Sequence[str], None],
    seed: int,
    settings: dict[str, Any],
) -> dict[str, str]:
    if candidates is not None and not isinstance(candidates, str):
        candidates = ",".join(candidates)
    choice = {"for": goal, "budget": budget, "candidates": candidates, "seed": seed}
    return _settings.texts({**choice, **settings})


def _fit(
    model: Model,
    dataset: _native.Dataset,
    settings: dict[str, str],
    preset: Optional[str],
    exif: Optional[bool],
    skip_bad_images: bool,
    on_epoch: Optional[OnEpoch],
    on_step: Optional[OnStep],
    progress: Optional[bool],
) -> Prompt:
    _warn(dataset.notices)
    with bars(progress) as shown:
        native, report = _native.fit(
            model._native,
            dataset,
            settings,
            preset,
            exif,
            skip_bad_images,
            shown,
            on_epoch,
            on_step,
        )
    return _prompt(native, model, json.loads(report))


def _tune(
    model: Model,
    dataset: _native.Dataset,
    settings: dict[str, str],
    output: Optional[PathLike],
    exif: Optional[bool],
    skip_bad_images: bool,
    on_epoch: Optional[OnEpoch],
    progress: Optional[bool],
) -> Prompt:
    _warn(dataset.notices)
    folder = tempfile.TemporaryDirectory() if output is None else nullcontext(str(output))
    with folder as run, bars(progress) as shown:
        native, report = _native.tune(
            model._native, dataset, settings, Path(run), exif, skip_bad_images, shown, on_epoch
        )
    return _prompt(native, model, json.loads(report))


def _prompt(native: _native.Prompt, model: Model, report: dict[str, Any]) -> Prompt:
    _warn(f"skipped: {line}" for line in report["skipped_images"])
    return Prompt(native, model=model, report=report)


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        warnings.warn(line, stacklevel=4)

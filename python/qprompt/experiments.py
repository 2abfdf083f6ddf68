"""The field's experiments and the paper's studies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Optional

from qprompt import _native, _settings
from qprompt._optional import needed
from qprompt._paths import PathLike, Places, listed
from qprompt._progress import bars
from qprompt.model import Model
from qprompt.records import records as read_records

if TYPE_CHECKING:
    import pandas as pd


def experiments() -> list[str]:
    """The names that `experiment` takes."""
    return _native.experiments()


def experiment(
    model: Model,
    name: str,
    data: Places = (),
    *,
    records: PathLike,
    methods: Sequence[str] = (),
    shots: Sequence[int] = (),
    seeds: Sequence[int] = (1, 2, 3),
    values: Sequence[str] = (),
    targets: Sequence[str] = (),
    templates: Sequence[str] = ("a photo of a {}.",),
    data_root: Optional[PathLike] = None,
    skip_bad_images: bool = False,
    progress: Optional[bool] = None,
    **settings: Any,
) -> pd.DataFrame:
    """Do the runs of an experiment, and give their records.

    Parameters
    ----------
    name
        "base-to-new", "few-shot", "noise" ...: `experiments` lists them (docs/experiments.md).
    data
        Folders, or names of data sets below `data_root`.
    records
        The folder that the runs' records lie in, or will: only runs that are missing are done.
    methods, shots, values, targets
        Empty: the experiment's own.
    **settings
        Of those methods that have them.

    Returns
    -------
    DataFrame
        A row for each run, as `records` gives them.
    """
    needed("pandas", "pandas", "experiment")
    request = _native.ExperimentRequest()
    request.experiment = name
    request.data = listed(data)
    request.methods, request.shots, request.values = list(methods), list(shots), list(values)
    request.seeds, request.targets, request.templates = list(seeds), list(targets), list(templates)
    request.settings = _settings.texts(settings)
    with bars(progress) as shown:
        paths = _native.experiment(
            model._native, request, data_root, records, skip_bad_images, shown
        )
    return read_records(paths)


def base_to_new(model: Model, data: Places, *, records: PathLike, **more: Any) -> pd.DataFrame:
    """Learn from half of the classes, test on both halves: `experiment` "base-to-new"."""
    return experiment(model, "base-to-new", data, records=records, **more)


def few_shot(model: Model, data: Places, *, records: PathLike, **more: Any) -> pd.DataFrame:
    """Learn from a few images of all classes: `experiment` "few-shot"."""
    return experiment(model, "few-shot", data, records=records, **more)


def cross_dataset(model: Model, data: Places, *, records: PathLike, **more: Any) -> pd.DataFrame:
    """Learn from one data set, test on others: `experiment` "cross-dataset"."""
    return experiment(model, "cross-dataset", data, records=records, **more)


def domain_generalization(model: Model, *, records: PathLike, **more: Any) -> pd.DataFrame:
    """Learn from ImageNet, test on its variants: `experiment` "domain-generalization"."""
    return experiment(model, "domain-generalization", records=records, **more)

"""Records of runs as data frames."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from qprompt import _native
from qprompt._optional import needed
from qprompt.model import PathLike

if TYPE_CHECKING:
    import pandas as pd

Places = Union[PathLike, Sequence[PathLike]]


def _paths(places: Places) -> list[Path]:
    one = isinstance(places, str) or not isinstance(places, Sequence)
    return [Path(place) for place in ([places] if one else places)]  # type: ignore[list-item, arg-type]


def records(places: Places) -> pd.DataFrame:
    """The records of runs, one a row.

    Parameters
    ----------
    places
        Record files (run.json, .jsonl, .jsonl.xz), and folders searched for them.

    Returns
    -------
    DataFrame
        Columns are named as in docs/records.md, those of objects with a dot ("settings.lr"). For each
        target there are "NAME.accuracy", "NAME.macro_f1" and "NAME.images" ("base.accuracy",
        "new.accuracy").
    """
    pandas = needed("pandas", "pandas", "records")
    texts, notices = _native.records(_paths(places))
    for notice in notices:
        warnings.warn(notice, stacklevel=2)
    rows = [json.loads(text) for text in texts]
    frame: pd.DataFrame = pandas.json_normalize([{**row, **_of_targets(row)} for row in rows])
    return frame


def _of_targets(record: dict[str, Any]) -> dict[str, Any]:
    columns = ("accuracy", "macro_f1", "images")
    return {
        f"{target['name']}.{column}": target[column]
        for target in record["targets"]
        for column in columns
    }


def report(places: Places) -> dict[str, pd.DataFrame]:
    """The tables that `qprompt report` makes of these records, by their ids.

    The page itself is ``qprompt.main(["report", "runs", "--output", "report"])``.
    """
    pandas = needed("pandas", "pandas", "report")
    tables = {}
    for name, title, csv in _native.report_tables(_paths(places)):
        tables[name] = pandas.read_csv(io.StringIO(csv))
        tables[name].attrs["title"] = title
    return tables

"""Records of runs as data frames."""

from __future__ import annotations

import io
import json
import warnings
from typing import TYPE_CHECKING, Any

from qprompt import _native
from qprompt._optional import needed
from qprompt._paths import Places, listed

if TYPE_CHECKING:
    import pandas as pd


def records(places: Places) -> pd.DataFrame:
    """The records of runs, one a row.

    Parameters
    ----------
    places
        Record files (run.json, .jsonl, .jsonl.xz), and folders searched for them.

    Returns
    -------
    DataFrame
        Columns are named as in docs/records.md, those of objects with a dot ("settings.lr"). For
        each target there are "NAME.accuracy", "NAME.macro_f1" and "NAME.images" ("base.accuracy",
        "new.accuracy").
    """
    pandas = needed("pandas", "pandas", "records")
    texts, notices = _native.records(listed(places))
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
    for name, title, csv in _native.report_tables(listed(places)):
        tables[name] = pandas.read_csv(io.StringIO(csv))
        tables[name].attrs["title"] = title
    return tables

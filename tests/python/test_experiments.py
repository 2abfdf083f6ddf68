"""Experiments, tuning and records as data frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qprompt
from conftest import MODEL, run


@pytest.fixture(scope="module")
def records(
    model: qprompt.Model, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("records")
    frame = qprompt.base_to_new(
        model, pictures, records=folder, methods=["zeroshot", "qcoop"], seeds=[1, 2], epochs=2
    )
    return folder, frame


def test_base_to_new_gives_a_row_for_each_run(records: tuple[Path, pd.DataFrame]) -> None:
    _, frame = records
    assert sorted(frame["method"]) == ["qcoop", "qcoop", "zeroshot"]
    assert frame["base.accuracy"].between(0, 1).all()
    assert frame["new.accuracy"].between(0, 1).all()
    assert set(frame.loc[frame["method"] == "qcoop", "settings.epochs"]) == {2}


def test_runs_are_those_of_the_command_line_and_not_done_again(
    records: tuple[Path, pd.DataFrame], pictures: Path
) -> None:
    folder, frame = records
    done = run(
        "base-to-new",
        "--model",
        MODEL,
        "--data",
        pictures,
        "--records",
        folder,
        "--methods",
        "zeroshot,qcoop",
        "--seeds",
        "1,2",
        "--epochs",
        2,
        "--no-cache",
        "--json",
        "-",
    )
    assert "3 runs were there" in done.stderr
    assert {record["run"] for record in json.loads(done.stdout)["records"]} == set(frame["run"])


def test_records_of_a_folder_are_a_data_frame(records: tuple[Path, pd.DataFrame]) -> None:
    folder, frame = records
    read = qprompt.records(folder)
    assert sorted(read["run"]) == sorted(frame["run"])


def test_a_report_is_its_tables(records: tuple[Path, pd.DataFrame]) -> None:
    folder, frame = records
    tables = qprompt.report(folder)
    assert tables and all(table.attrs["title"] for table in tables.values())
    (row,) = tables["base-to-new"].query("method == 'qcoop'").to_dict("records")
    learned = frame[frame["method"] == "qcoop"]
    assert row["base"] == pytest.approx(100 * learned["base.accuracy"].mean(), abs=0.01)
    assert row["new"] == pytest.approx(100 * learned["new.accuracy"].mean(), abs=0.01)


def test_wrong_experiments_are_refused(
    model: qprompt.Model, pictures: Path, tmp_path: Path
) -> None:
    assert "base-to-new" in qprompt.experiments()
    with pytest.raises(qprompt.Error, match="base-to-new"):
        qprompt.experiment(model, "base-to-old", pictures, records=tmp_path)
    with pytest.raises(qprompt.Error, match="epoch"):
        qprompt.base_to_new(model, pictures, records=tmp_path, epoch=2)
    with pytest.raises(qprompt.Error):
        qprompt.records(tmp_path)


def test_tune_chooses_and_leaves_the_run_of_the_command_line(
    model: qprompt.Model, pictures: Path, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "candidates": "qcoop",
        "epochs": 2,
        "folds": 2,
        "repeats": 1,
        "shots": 4,
    }
    prompt = qprompt.tune_folder(model, pictures, budget="0", output=tmp_path / "ours", **settings)
    flags = [word for name, value in settings.items() for word in (f"--{name}", value)]
    run(
        "tune",
        "--model",
        MODEL,
        "--data",
        pictures,
        "--budget",
        0,
        "--output",
        tmp_path / "theirs",
        "--no-cache",
        *flags,
    )
    theirs = qprompt.Prompt.load(tmp_path / "theirs")
    assert prompt.to_bytes() == theirs.to_bytes()
    record = json.loads((tmp_path / "theirs" / "run.json").read_text())
    assert prompt.report["tune"]["chosen"] == record["tune"]["chosen"]
    assert prompt.report["targets"][0]["correct"] == record["targets"][0]["correct"]
    assert (tmp_path / "ours" / "prompt.qprompt").exists()


def test_tune_takes_images_and_keeps_no_folder(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    prompt = qprompt.tune(
        model, paths, labels, candidates=["qcoop"], budget="0", epochs=1, repeats=1
    )
    assert prompt.report["tune"]["chosen"]
    assert prompt.classifier().class_names == sorted(set(labels))

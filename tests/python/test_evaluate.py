"""Tests of classifiers: the command line's numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

import qprompt
from conftest import MODEL, run, run_json


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    run(
        "train",
        "--model",
        MODEL,
        "--data",
        pictures,
        "--output",
        folder,
        "--epochs",
        2,
        "--no-cache",
        "--skip-held-out",
    )
    return folder


def test_a_folder_is_tested_as_the_command_line_tests_it(
    model: qprompt.Model, pictures: Path, trained: Path
) -> None:
    answer = run_json("evaluate", "--model", MODEL, "--data", pictures, "--prompt", trained)
    classifier = qprompt.Prompt.load(trained).classifier(model)
    ours = qprompt.evaluate(classifier, pictures)
    assert {name: answer[name] for name in ours.report} == ours.report
    assert ours.accuracy == answer["accuracy"]
    assert len(ours.images) == answer["images"]


def test_images_with_labels_are_tested(
    classifier: qprompt.Classifier, paths: list[Path], labels: list[str]
) -> None:
    result = qprompt.evaluate(classifier, paths, labels)
    predicted = classifier.predict(paths)
    right = sum(a == b for a, b in zip(predicted, labels))
    assert result.accuracy == right / len(paths)
    assert [image.predicted for image in result.images] == predicted
    assert [image.label for image in result.images] == labels


def test_underscores_of_folders_are_spaces_of_names(
    model: qprompt.Model, pictures: Path, classifier: qprompt.Classifier
) -> None:
    underscored = [name.replace(" ", "_") for name in classifier.class_names]
    spaced = qprompt.evaluate(classifier, pictures)
    assert (
        qprompt.evaluate(classifier.with_classes(underscored), pictures).accuracy == spaced.accuracy
    )


def test_what_cannot_be_tested_is_told(
    classifier: qprompt.Classifier, paths: list[Path], pictures: Path
) -> None:
    with pytest.raises(qprompt.Error, match="images without labels"):
        qprompt.evaluate(classifier, paths)
    with pytest.raises(qprompt.Error, match="label 'frog', expected one of"):
        qprompt.evaluate(classifier, paths[:1], ["frog"])
    with pytest.raises(qprompt.Error, match="not among the 2 classes"):
        qprompt.evaluate(classifier.with_classes(["frog", "black arrow"]), pictures)

"""Answers: the command line's, and those of classes added by name."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import qprompt
from conftest import LEARNED, MODEL, run_json


def test_classify_says_what_the_command_line_says(
    classifier: qprompt.Classifier, prompt: qprompt.Prompt, paths: list[Path], tmp_path: Path
) -> None:
    prompt.save(tmp_path / "p.qprompt")
    answer = run_json(
        "classify", "--model", MODEL, "--prompt", tmp_path / "p.qprompt", "--top", 3, *paths[:40]
    )
    ours = classifier.classify(paths[:40], top=3)
    for image, theirs in zip(ours, answer["images"]):
        assert image.image == theirs["path"]
        scores = [(score.class_name, score.probability) for score in image.scores]
        assert scores == [(score["class"], score["probability"]) for score in theirs["scores"]]


def test_zero_shot_says_what_the_command_line_says(
    model: qprompt.Model, paths: list[Path], tmp_path: Path
) -> None:
    names = ["black arrow", "yellow moon", "white cross"]
    (tmp_path / "names.txt").write_text("\n".join(names))
    answer = run_json(
        "classify",
        "--model",
        MODEL,
        "--classes",
        tmp_path / "names.txt",
        "--template",
        "a drawing of a {}.",
        "--template",
        "a {}.",
        *paths,
    )
    classifier = qprompt.zero_shot(model, names, ["a drawing of a {}.", "a {}."])
    expected = [image["scores"][0]["class"] for image in answer["images"]]
    assert classifier.predict(paths) == expected


def test_probabilities_are_the_softmax_of_logits(
    classifier: qprompt.Classifier, paths: list[Path]
) -> None:
    logits = classifier.decision_function(paths)
    probabilities = classifier.predict_proba(paths)
    assert logits.dtype == np.float32 and probabilities.dtype == np.float64
    assert logits.shape == probabilities.shape == (len(paths), 20)
    powers = np.exp(logits.astype(float) - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities, powers / powers.sum(axis=1, keepdims=True))
    names = classifier.class_names
    assert classifier.predict(paths) == [names[best] for best in logits.argmax(axis=1)]


def test_a_class_is_added_by_its_name(
    prompt: qprompt.Prompt, paths: list[Path], labels: list[str]
) -> None:
    few = prompt.classifier(["black arrow", "white cross"])
    more = few.add_class("yellow moon")
    assert few.class_names == ["black arrow", "white cross"]
    assert more.class_names == ["black arrow", "white cross", "yellow moon"]
    whole = prompt.classifier(["black arrow", "white cross", "yellow moon"])
    assert np.array_equal(more.decision_function(paths), whole.decision_function(paths))
    moons = [path for path, label in zip(paths, labels) if label == "yellow moon"]
    assert more.predict(moons).count("yellow moon") > len(moons) / 2


def test_a_prompt_of_another_model_is_refused(prompt: qprompt.Prompt, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(MODEL, tmp_path / "other")
    weights = bytearray((MODEL / "model.safetensors").read_bytes())
    weights[-2] ^= 1
    (tmp_path / "other" / "model.safetensors").write_bytes(weights)
    with pytest.raises(qprompt.Error, match="backbone|learned on"):
        prompt.classifier(qprompt.load(tmp_path / "other", cache=False))


def test_class_bound_prompts_refuse_other_classes(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    prompt = qprompt.fit(model, paths, labels, class_specific=True, **LEARNED)
    with pytest.raises(qprompt.Error, match="class"):
        prompt.classifier().add_class("green frog")


def test_a_prompt_without_names_or_model_asks_for_them(
    prompt: qprompt.Prompt, model: qprompt.Model
) -> None:
    bare = qprompt.Prompt.from_bytes(prompt.to_bytes())
    with pytest.raises(qprompt.Error, match="expected the one that the prompt was learned on"):
        bare.classifier()
    with pytest.raises(qprompt.Error, match="expected class_names="):
        bare.classifier(model)


def test_thresholds_mark_answers(classifier: qprompt.Classifier, paths: list[Path]) -> None:
    answers = classifier.classify(paths, min_confidence=0.9)
    assert [answer.abstained for answer in answers] == [
        answer.scores[0].probability < 0.9 for answer in answers
    ]
    known = sorted(answer.known_score for answer in answers)
    marked = classifier.classify(paths, min_known_score=known[10])
    assert sum(answer.unknown for answer in marked) == 10


def test_damaged_images_are_answered_where_they_may_be_skipped(
    classifier: qprompt.Classifier, paths: list[Path]
) -> None:
    good, bad = classifier.classify([paths[0], b"no picture"], skip_bad_images=True)
    assert good.scores and not good.damage
    assert not bad.scores and "image 1" in bad.damage


def test_copies_answer_alike(classifier: qprompt.Classifier, paths: list[Path]) -> None:
    assert copy.deepcopy(classifier) is classifier
    again = pickle.loads(pickle.dumps(classifier))
    expected = classifier.decision_function(paths)
    assert np.array_equal(again.decision_function(paths), expected)
    frozen = qprompt.zero_shot(classifier.model, ["a", "b"])
    assert pickle.loads(pickle.dumps(frozen)).predict(paths[:3]) == frozen.predict(paths[:3])

"""Loading a model, and what of it other threads and processes see."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import qprompt
from conftest import MODEL


def test_texts_and_images_meet_in_one_space(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    names = sorted(set(labels))
    texts = model.encode_text([f"a photo of a {name}." for name in names])
    assert texts.shape == (len(names), model.embed) and texts.dtype == np.float32
    logits = model.logit_scale * model.encode_image(paths) @ texts.T
    classifier = qprompt.zero_shot(model, names)
    np.testing.assert_allclose(logits, classifier.decision_function(paths), atol=1e-2)
    assert np.allclose(texts, classifier.class_features, atol=1e-6)


def test_one_text_is_a_list_of_one(model: qprompt.Model) -> None:
    assert np.array_equal(model.encode_text("a moon"), model.encode_text(["a moon"]))


def test_a_hub_name_that_is_not_there_says_how_to_fetch_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(qprompt.Error, match="openai/clip-vit-base-patch16.*download"):
        qprompt.load("openai/clip-vit-base-patch16")


def test_a_model_is_found_in_the_hugging_face_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: qprompt.Model
) -> None:
    snapshot = tmp_path / "models--somebody--tiny-clip" / "snapshots" / "abc"
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(MODEL)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert qprompt.load("somebody/tiny-clip", cache=False).identity == model.identity


def test_wrong_options_are_told() -> None:
    with pytest.raises(qprompt.Error, match="'fp8', expected one of fp32, bf16, auto, int8"):
        qprompt.load(MODEL, precision="fp8")
    with pytest.raises(qprompt.Error, match="threads"):
        qprompt.load(MODEL, threads=-1, cache=False).encode_text("x")


def test_precision_is_that_asked_for() -> None:
    assert qprompt.load(MODEL, precision="fp32", cache=False).precision == "fp32"
    assert "int8" in qprompt.load(MODEL, precision="int8", cache=False).precision


def test_threads_are_those_asked_for() -> None:
    assert qprompt.load(MODEL, threads=1, cache=False).threads == 1
    assert qprompt.load(MODEL, cache=False).threads <= len(os.sched_getaffinity(0))


def test_a_copy_is_the_same_model_and_a_pickle_an_equal_one(
    model: qprompt.Model, paths: list[Path]
) -> None:
    assert copy.deepcopy(model) is model
    loaded = pickle.loads(pickle.dumps(model))
    assert np.array_equal(loaded.encode_image(paths[:4]), model.encode_image(paths[:4]))


def test_features_are_kept_in_the_folder_that_is_named(tmp_path: Path, paths: list[Path]) -> None:
    model = qprompt.load(MODEL, cache=tmp_path)
    first = model.encode_image(paths[:4])
    assert (tmp_path / "features.lmdb").exists()
    assert np.array_equal(model.encode_image(paths[:4]), first)


def _encode(model: qprompt.Model, path: Path, answers: multiprocessing.Queue[str]) -> None:
    try:
        model.encode_image(path)
        answers.put("features")
    except qprompt.Error as error:
        answers.put(str(error))


def test_a_forked_child_is_told_rather_than_left_waiting(
    model: qprompt.Model, paths: list[Path]
) -> None:
    model.encode_image(paths[0])
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[str] = context.Queue()
    child = context.Process(target=_encode, args=(model, paths[0], answers))
    child.start()
    assert "loaded before fork" in answers.get(timeout=60)
    child.join(timeout=60)


def test_other_threads_run_while_images_are_encoded(
    model: qprompt.Model, paths: list[Path]
) -> None:
    counted = 0
    finished = threading.Event()

    def count() -> None:
        nonlocal counted
        while not finished.is_set():
            counted += 1
            time.sleep(0.0005)

    other = threading.Thread(target=count)
    other.start()
    model.encode_image(paths * 5)
    finished.set()
    other.join()
    assert counted > 3


def test_callers_on_many_threads_have_the_results_of_one(
    model: qprompt.Model, paths: list[Path]
) -> None:
    alone = model.encode_image(paths[:16])
    together: list[np.ndarray] = [np.empty(0)] * 8

    def encode(place: int) -> None:
        together[place] = model.encode_image(paths[:16])

    threads = [threading.Thread(target=encode, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(features, alone) for features in together)

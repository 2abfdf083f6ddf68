"""Learning: the command line's bytes, refusals, callbacks, interruption."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qprompt
from conftest import LEARNED, MODEL, run


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bits": 2, "lr": 0.01, "seed": 3},
        {"method": "maple", "depth": 2, "shots": 4},
        {"method": "class-means"},
        {"quantizer": "none", "views": 2},
        {"preset": "coop-base2new"},
    ],
)
def test_a_folder_gives_the_bytes_that_train_gives(
    model: qprompt.Model, pictures: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    if settings.get("method") != "class-means":
        settings = {"epochs": 2, **settings}
    prompt = qprompt.fit_folder(model, pictures, **settings)
    flags = [
        word for name, value in settings.items() for word in ("--" + name.replace("_", "-"), value)
    ]
    run(
        "train",
        "--model",
        MODEL,
        "--data",
        pictures,
        "--output",
        tmp_path / "run",
        "--no-cache",
        "--skip-evaluation",
        "--skip-held-out",
        *flags,
    )
    assert prompt.to_bytes() == (tmp_path / "run" / "prompt.qprompt").read_bytes()
    assert prompt.class_names == qprompt.Prompt.load(tmp_path / "run").class_names


def test_images_at_hand_give_what_their_folder_gives(model: qprompt.Model, pictures: Path) -> None:
    def part(name: str) -> tuple[list[Path], list[str]]:
        paths = sorted((pictures / name).glob("*/*.webp"))
        return paths, [path.parent.name.replace("_", " ") for path in paths]

    train, val = part("train"), part("val")
    of_images = qprompt.fit(
        model, *train, epochs=2, validation_images=val[0], validation_labels=val[1]
    )
    assert of_images.to_bytes() == qprompt.fit_folder(model, pictures, epochs=2).to_bytes()


def test_bytes_of_images_give_what_their_files_give(
    model: qprompt.Model, paths: list[Path], labels: list[str], prompt: qprompt.Prompt
) -> None:
    contents = [path.read_bytes() for path in paths]
    assert qprompt.fit(model, contents, labels, **LEARNED).to_bytes() == prompt.to_bytes()


def test_labels_are_names_or_positions(
    model: qprompt.Model, paths: list[Path], labels: list[str], prompt: qprompt.Prompt
) -> None:
    names, positions = np.unique(labels, return_inverse=True)
    of_positions = qprompt.fit(model, paths, positions, class_names=names, **LEARNED)
    assert of_positions.class_names == list(names) == prompt.class_names
    assert of_positions.to_bytes() == prompt.to_bytes()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"epoch": 3}, "epoch.*epochs"),
        ({"epochs": "many"}, "epochs 'many', expected an integer"),
        ({"epochs": 0}, "epochs"),
        ({"depth": 2}, "depth: not a setting of coop"),
        ({"method": "cop"}, "'cop', expected one of coop"),
        ({"preset": "copo"}, "copo"),
        ({"lr": [1, 2]}, r"lr \[1, 2\], expected a text, a number"),
        ({"validation_share": 1.5}, "1.5"),
        ({"class_names": ["moon", "star"]}, "label 'black arrow', expected one of moon, star"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    model: qprompt.Model, paths: list[Path], labels: list[str], wrong: dict[str, Any], why: str
) -> None:
    with pytest.raises(qprompt.Error, match=why):
        qprompt.fit(model, paths, labels, **wrong)


def test_labels_have_to_fit_the_images(model: qprompt.Model, paths: list[Path]) -> None:
    with pytest.raises(qprompt.Error, match="2 images and 3 labels"):
        qprompt.fit(model, paths[:2], ["a", "b", "b"])
    with pytest.raises(qprompt.Error, match="label 0 is no name: expected class_names="):
        qprompt.fit(model, paths[:2], [0, 1])
    with pytest.raises(qprompt.Error, match="label 2, expected a class's name or 0 to 1"):
        qprompt.fit(model, paths[:2], [0, 2], class_names=["a", "b"])
    with pytest.raises(qprompt.Error, match="1 classes"):
        qprompt.fit(model, paths[:2], ["a", "a"])


def test_callbacks_see_every_epoch_and_step(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    epochs: list[dict[str, Any]] = []
    steps: list[tuple[int, int]] = []
    prompt = qprompt.fit(
        model,
        paths,
        labels,
        epochs=2,
        on_epoch=epochs.append,
        on_step=lambda done, all_of_them: steps.append((done, all_of_them)),
    )
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    assert (
        epochs == prompt.report["epochs"] or epochs[0]["loss"] == prompt.report["epochs"][0]["loss"]
    )
    count = prompt.report["steps"]
    assert steps == [(done, count) for done in range(1, count + 1)]


def test_an_epoch_that_says_false_is_the_last(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    prompt = qprompt.fit(model, paths, labels, epochs=50, on_epoch=lambda epoch: epoch["epoch"] < 2)
    assert prompt.report["interrupted"]
    assert len(prompt.report["epochs"]) == 2
    assert prompt.classifier().predict(paths[:2])


def test_what_a_callback_raises_comes_out(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    def fail(epoch: dict[str, Any]) -> None:
        raise ZeroDivisionError("of the callback")

    with pytest.raises(ZeroDivisionError, match="of the callback"):
        qprompt.fit(model, paths, labels, epochs=50, on_epoch=fail)


def test_ctrl_c_ends_a_training_and_the_next_call_works(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    begun: list[int] = []

    def interrupt(done: int, steps: int) -> None:
        begun.append(done)
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        qprompt.fit(model, paths, labels, epochs=1000, on_step=interrupt)
    assert max(begun) < 2000
    assert model.encode_image(paths[:2]).shape == (2, model.embed)


def test_ctrl_c_ends_encoding(model: qprompt.Model, paths: list[Path]) -> None:
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(1000):
            model.encode_image(paths * 20)
    timer.join()


def test_a_prompt_survives_its_file(
    prompt: qprompt.Prompt, model: qprompt.Model, paths: list[Path], tmp_path: Path
) -> None:
    prompt.save(tmp_path / "mine.qprompt")
    loaded = qprompt.Prompt.load(tmp_path / "mine.qprompt")
    assert loaded.to_bytes() == prompt.to_bytes()
    assert loaded.class_names == prompt.class_names
    expected = prompt.classifier().decision_function(paths)
    assert np.array_equal(loaded.classifier(model).decision_function(paths), expected)
    again = pickle.loads(pickle.dumps(prompt))
    assert again.to_bytes() == prompt.to_bytes() and again.report == prompt.report


def test_a_prompt_shows_what_is_deployed(prompt: qprompt.Prompt) -> None:
    (values,) = prompt.parameters.values()
    assert values.dtype == np.float32
    assert all(len(np.unique(row)) <= 2 for row in (values,))  # one bit
    assert prompt.method == "coop" and prompt.payload_bytes < 100
    assert "coop" in repr(prompt)


def test_damaged_prompts_are_told(prompt: qprompt.Prompt, tmp_path: Path) -> None:
    with pytest.raises(qprompt.Error, match="a prompt in memory"):
        qprompt.Prompt.from_bytes(prompt.to_bytes()[:-1])
    with pytest.raises(qprompt.Error, match="nowhere"):
        qprompt.Prompt.load(tmp_path / "nowhere")


def test_a_damaged_image_stops_unless_it_is_to_be_skipped(
    model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    damaged = [b"no picture", *paths[1:]]
    with pytest.raises(qprompt.Error, match="image 0"):
        qprompt.fit(model, damaged, labels, epochs=1, shots=0, validation_share=0)
    with pytest.warns(UserWarning, match="skipped: image 0"):
        prompt = qprompt.fit(
            model, damaged, labels, epochs=1, shots=0, validation_share=0, skip_bad_images=True
        )
    assert len(prompt.report["skipped_images"]) == 1

"""Every way to hand over an image gives the same features."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import qprompt


@pytest.fixture(scope="module")
def pixels(paths: list[Path]) -> np.ndarray:
    return np.asarray(PIL.Image.open(paths[0]).convert("RGB"))


def test_path_bytes_array_and_pil_image_are_one_image(
    model: qprompt.Model, paths: list[Path], pixels: np.ndarray
) -> None:
    content = paths[0].read_bytes()
    ways = [
        paths[0],
        str(paths[0]),
        content,
        bytearray(content),
        memoryview(content),
        pixels,
        PIL.Image.open(paths[0]),
    ]
    features = model.encode_image(ways)
    assert features.shape == (7, model.embed) and features.dtype == np.float32
    assert (features == features[0]).all()


def test_one_image_is_a_list_of_one(
    model: qprompt.Model, paths: list[Path], pixels: np.ndarray
) -> None:
    of_path, of_array = model.encode_image(paths[0]), model.encode_image(pixels)
    assert of_path.shape == (1, model.embed)
    assert np.array_equal(of_path, of_array)


def test_a_batch_of_arrays_is_its_images(model: qprompt.Model, pixels: np.ndarray) -> None:
    batch = np.stack([pixels, pixels[:, ::-1]])
    assert np.array_equal(model.encode_image(batch), model.encode_image(list(batch.copy())))


def test_rows_may_have_any_stride(model: qprompt.Model, pixels: np.ndarray) -> None:
    height, width, _ = pixels.shape
    wide = np.zeros((height, width + 5, 3), np.uint8)
    wide[:, :width] = pixels
    view = wide[:, :width]
    assert not view.flags.c_contiguous
    assert np.array_equal(model.encode_image([view]), model.encode_image([pixels]))


def test_a_picture_is_turned_as_its_file_is(model: qprompt.Model, paths: list[Path]) -> None:
    upright = PIL.Image.open(paths[0]).convert("RGB")
    turned = io.BytesIO()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    upright.save(turned, "png", exif=exif)
    as_bytes, as_image = turned.getvalue(), PIL.Image.open(turned)
    of_bytes, of_image, of_upright = model.encode_image([as_bytes, as_image, upright])
    assert np.array_equal(of_bytes, of_image)
    assert not np.array_equal(of_bytes, of_upright)


def test_features_are_unit_rows_of_an_array_of_their_own(
    model: qprompt.Model, paths: list[Path]
) -> None:
    features = model.encode_image(paths[:3])
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-6)
    first = features.copy()
    model.encode_image(paths[3:6])
    assert np.array_equal(features, first)
    assert features.flags.writeable
    assert np.array_equal(np.from_dlpack(features), features)


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (np.zeros((8, 8, 3), np.float32), "image 1: of type .*, expected a path, bytes"),
        (np.zeros((8, 8), np.uint8), "image 1: of type .*, expected a path, bytes"),
        (np.zeros((3, 8, 8), np.uint8), r"image 1: an array \[3, 8, 8\], expected \[height"),
        (np.zeros((8, 8, 3), np.uint8)[:, ::-1], "image 1: the values of a row do not lie side"),
        (7, "image 1: of type int"),
        (b"no picture", "image 1"),
        ("nowhere.jpg", "nowhere.jpg"),
    ],
)
def test_what_is_no_image_is_told_by_its_place(
    model: qprompt.Model, paths: list[Path], image: object, why: str
) -> None:
    with pytest.raises(qprompt.Error, match=why):
        model.encode_image([paths[0], image])

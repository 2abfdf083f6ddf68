#!/usr/bin/env python3
"""Synthetic pictures, the same on every machine: waves in colours of their class, and noise.

usage: pictures.py FOLDER CLASSES IMAGES [eurosat|caltech]
Makes FOLDER/NAME/0.jpg ..., IMAGES of each class, unless it is there: 64 x 64 pixels, or about 300 x 200.
"""
import pathlib
import sys

SIZES = {"eurosat": ((64, 64), (64, 64)), "caltech": ((280, 320), (180, 220))}  # least and most


def names(count):
    """Of five letters, three tokens with tools/make_random_clip.py's vocabulary: "bakob", "dakob", ..."""
    letters = "bdfgklmnprstvz"
    places = len(letters)
    digits = ((i % places, i // places % places, i // places**2) for i in range(count))
    return [letters[first] + "a" + letters[second] + "o" + letters[third] for first, second, third in digits]


def picture(kind, label, number):
    import numpy as np

    random = np.random.default_rng([label, number])
    width, height = (int(random.integers(least, most + 1)) for least, most in SIZES[kind])
    y, x = np.mgrid[0:height, 0:width] / 64
    of_class = np.random.default_rng(label)
    pixels = np.empty((height, width, 3))
    for channel in range(3):
        level, swing, along, across = of_class.uniform((40, 20, 1, 1), (215, 60, 9, 9))
        phase = random.uniform(0, 2 * np.pi)
        pixels[..., channel] = level + swing * np.sin(along * x + across * y + phase)
    return (pixels + random.normal(0, 12, pixels.shape)).clip(0, 255).astype(np.uint8)


def main():
    from PIL import Image

    folder, classes, images = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    kind = sys.argv[4] if len(sys.argv) > 4 else "caltech"
    first = 10_000 if folder.name == "test" else 0  # no picture is learned from and tested on
    for label, name in enumerate(names(classes)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(images):
            path = folder / name / f"{number}.jpg"
            if not path.exists():
                Image.fromarray(picture(kind, label, first + number)).save(path, quality=90)


if __name__ == "__main__":
    main()

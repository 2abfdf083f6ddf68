"""Pictures as the image tower takes them, by Pillow and NumPy: what torchvision's transforms do."""
import concurrent.futures
import math
import os

import numpy as np
from PIL import Image

SIZE = 224
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def normalised(picture):
    """[3, SIZE, SIZE]"""
    return ((np.asarray(picture, np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)


def evaluation_view(path):
    """The shorter side becomes SIZE, then the centre."""
    picture = Image.open(path).convert("RGB")
    shorter = min(picture.size)
    width, height = (SIZE * side // shorter for side in picture.size)
    left, top = round((width - SIZE) / 2), round((height - SIZE) / 2)
    whole = picture.resize((width, height), Image.Resampling.BICUBIC)
    return normalised(whole.crop((left, top, left + SIZE, top + SIZE)))


def random_box(width, height, random):
    """8 % to 100 % of the area, aspects of 3:4 to 4:3; the whole picture where ten tries do not fit."""
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1)
        aspect = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            left, top = random.integers(width - w + 1), random.integers(height - h + 1)
            return left, top, left + w, top + h
    return 0, 0, width, height


def random_view(path, random):
    """A random-resized crop, flipped half of the time."""
    picture = Image.open(path).convert("RGB")
    view = picture.crop(random_box(*picture.size, random)).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    return normalised(view.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else view)


def evaluation_batches(paths, count):
    """[count, 3, SIZE, SIZE] one after another, the last filled up with zeros, decoded while the caller works."""
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        views = pool.map(evaluation_view, paths)
        for first in range(0, len(paths), count):
            batch = np.zeros((count, 3, SIZE, SIZE), np.float32)
            for i in range(min(count, len(paths) - first)):
                batch[i] = next(views)
            yield batch

"""The values in tests/checkpoint/preprocessing_test.cc, by transformers and open_clip.

Run with transformers 5.24, open_clip_torch 3.3, torchvision 0.29, Pillow 13:
    python3 tools/preprocessing_values.py
"""
import json

import numpy as np
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

PLACES = [0, 7, 30, 77, 143, 153, 328, 431]  # of [3, 12, 12]

y, x = np.mgrid[0:16, 0:30]
picture = np.stack([x * 37 + y * 11, x * 5 + y * 53, x * x + 3 * y], -1) % 256
picture = Image.fromarray(picture.astype(np.uint8))


def show(settings, values):
    values = np.asarray(values, dtype=np.float64).reshape(-1)
    numbers = ", ".join(f"{v:.5f}" for v in [values.sum(), *values[PLACES]])
    print(f'{{R"({json.dumps(settings)})", {{{numbers}}}}},')


for settings in [
    {},
    {"size": {"height": 12, "width": 12}},
    {"size": {"height": 12, "width": 12}, "do_center_crop": False},
    {"size": {"shortest_edge": 14}},
    {"size": {"shortest_edge": 10}},
    {"do_resize": False},
    {"do_normalize": False},
    {"do_rescale": False},
    {"rescale_factor": 0.00784313725490196, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]},
    {"resample": 1},
    {"resample": 2},
]:
    defaults = {"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}}
    processor = CLIPImageProcessorPil(**{**defaults, **settings})
    show({**defaults, **settings}, processor(picture, return_tensors="np")["pixel_values"][0])
for settings in [
    {},
    {"resize_mode": "squash"},
    {"resize_mode": "longest"},
    {"resize_mode": "longest", "fill_color": 114},
    {"interpolation": "bilinear"},
]:
    transform = image_transform_v2(PreprocessCfg(size=12, **settings), is_train=False)
    show({"size": 12, **settings}, transform(picture).numpy())

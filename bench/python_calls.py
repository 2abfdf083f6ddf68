#!/usr/bin/env python3
"""Median seconds of one call of the module qprompt, warm, on a single picture; for bench/cases/python.py.

usage: python_calls.py encode_image|predict_proba MODEL CLASSES PICTURE.jpg TIMES
"""
import pathlib
import sys

import numpy as np
import qprompt

from process import median_seconds

call, model, classes, picture, times = sys.argv[1:]
model = qprompt.load(model, cache=False)
if call == "encode_image":
    size = 224  # nothing is resized
    image = (np.arange(size * size * 3) % 251).astype(np.uint8).reshape(size, size, 3)
    work = lambda: model.encode_image(image)
else:
    classifier = qprompt.zero_shot(model, pathlib.Path(classes).read_text().splitlines())
    work = lambda: classifier.predict_proba(picture)
work()
print(median_seconds(work, int(times)))

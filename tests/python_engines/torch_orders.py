"""What qprompt answers beside torch, as JSON: python torch_orders.py first|second|without."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
order = sys.argv[1]
if order == "first":
    import torch
import qprompt  # noqa: E402

if order == "second":
    import torch

import numpy as np  # noqa: E402

answer: dict[str, object] = {}
model = qprompt.load(qprompt.demo_folder() / "model", cache=False)
paths = sorted((ROOT / "assets" / "demo" / "pictures" / "val").glob("*/*.webp"))
labels = [path.parent.name for path in paths]
if order != "without":
    square = torch.rand(600, 600)
    answer["product"] = float((square @ square).mean())  # its threads have worked
prompt = qprompt.fit(model, paths, labels, epochs=2)
logits = prompt.classifier().decision_function(paths)
answer["prompt"] = prompt.to_bytes().hex()
answer["logits"] = logits.tobytes().hex()
if order != "without":
    (torch.rand(600, 600) @ torch.rand(600, 600)).sum()
    pixels = np.arange(3 * 40 * 50, dtype=np.uint8).reshape(40, 50, 3)
    of_tensor = model.encode_image([torch.from_numpy(pixels.copy())])
    answer["tensors_are_images"] = bool(np.array_equal(of_tensor, model.encode_image([pixels])))
    shared = (
        torch.from_dlpack(logits) if hasattr(torch, "from_dlpack") else torch.from_numpy(logits)
    )
    shared[0, 0] = 7
    answer["shares_memory"] = bool(logits[0, 0] == 7)
answer["threads"] = len(os.listdir("/proc/self/task"))
answer["cores"] = len(os.sched_getaffinity(0))
print(json.dumps(answer))

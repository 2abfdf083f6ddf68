"""Zero-shot accuracies of the demo's model on the validation pictures, which it is judged by."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import clip
from tokenizer import Tokenizer


def resized(path, size):
    return np.asarray(Image.open(path).convert("RGB").resize((size, size), Image.BICUBIC))


def accuracy(similarities, labels, asked):
    """In percent, of the pictures of the classes `asked`, among their names."""
    rows = [i for i, label in enumerate(labels) if label in asked]
    best = similarities[rows][:, list(asked)].argmax(1).tolist()
    return 100 * sum(asked[k] == labels[i] for k, i in zip(best, rows)) / len(rows)


def validation_accuracies(assets, template="a photo of a {}."):
    """{"all", "base", "new"}: each among its own names."""
    model, tokenizer = clip.load_model(assets / "model"), Tokenizer.load(assets / "model")
    items = json.loads((assets / "drawings.json").read_text(encoding="utf-8"))["val"]
    names = {label: name for _, label, name in items}
    size = model.config["vision_config"]["image_size"]
    with torch.no_grad():
        images = model.image_features(
            clip.normalise(np.stack([resized(assets / path, size) for path, _, _ in items])))
        texts = model.text_features(
            clip.pad([tokenizer.encode(template.format(names[k])) for k in range(len(names))]))
    labels, half = [label for _, label, _ in items], (len(names) + 1) // 2
    return {which: accuracy(images @ texts.t(), labels, asked)
            for which, asked in (("all", range(len(names))), ("base", range(half)),
                                 ("new", range(half, len(names))))}


def main():
    for which, value in validation_accuracies(Path(sys.argv[1])).items():
        print(f"{which} {value:.1f} %")


if __name__ == "__main__":
    main()

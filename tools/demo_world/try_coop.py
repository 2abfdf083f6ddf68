"""CoOp in plain PyTorch on the demo world: is it a sensible demonstration?

By default it looks at validation pictures only; the demo's settings are chosen there."""

import argparse
import math
import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

import clip
from tokenizer import Tokenizer

BASE_SIZE = 48


def resized(picture, box=None):
    return np.asarray(picture.resize((BASE_SIZE, BASE_SIZE), Image.BICUBIC, box=box))


def random_view(picture, rng):
    """torchvision's RandomResizedCrop(scale 0.08..1, ratio 3/4..4/3) and a flip."""
    width, height = picture.size
    box = (0, 0, width, height)
    for _ in range(10):
        area = width * height * rng.uniform(0.08, 1.0)
        ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            x, y = rng.randint(0, width - w), rng.randint(0, height - h)
            box = (x, y, x + w, y + h)
            break
    pixels = resized(picture, box)
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


def features(model, pixels):
    with torch.no_grad():
        batches = np.array_split(np.stack(pixels), max(1, len(pixels) // 200))
        return torch.cat([model.image_features(clip.normalise(b.copy())) for b in batches])


class World:
    def __init__(self, root):
        self.model = clip.load_model(root / "model")
        self.tokenizer = Tokenizer.load(root / "model")
        self.root = root / "pictures"
        names = sorted(folder.name for folder in (self.root / "train").iterdir())
        half = (len(names) + 1) // 2
        self.halves = {"base": names[:half], "new": names[half:]}

    def pictures(self, half, split):
        files = [(p, label) for label, name in enumerate(self.halves[half])
                 for p in sorted((self.root / split / name).iterdir())]
        return [Image.open(p).convert("RGB") for p, _ in files], torch.tensor([y for _, y in files])

    def texts(self, half, template="a photo of a {}."):
        return clip.pad([self.tokenizer.encode(template.format(name.replace("_", " ")))
                         for name in self.halves[half]])


class Prompt:
    def __init__(self, world):
        self.model = world.model
        self.ids = {half: world.texts(half) for half in ("base", "new")}
        embedding = world.model.text_model.embeddings.token_embedding
        self.rows = {half: embedding(ids).detach() for half, ids in self.ids.items()}
        self.context = self.rows["base"][0, 1:5].clone().requires_grad_()

    def text_features(self, half):
        rows = self.rows[half]
        context = self.context.expand(len(rows), 4, -1)
        return self.model.text_features(self.ids[half], torch.cat([rows[:, :1], context, rows[:, 5:]], 1))


def accuracy(images, labels, texts):
    return 100 * (images @ texts.t()).argmax(1).eq(labels).float().mean().item()


def coop(world, seed, lr, checkpoints, shots, views, judged):
    """{epoch: (base, new)} accuracies on the judged features after each of the checkpoints."""
    rng = random.Random(seed)
    pictures, labels = world.pictures("base", "train")
    chosen = [i for label in range(len(world.halves["base"]))
              for i in rng.sample([j for j, y in enumerate(labels.tolist()) if y == label], shots)]
    bank = features(world.model, [random_view(pictures[i], rng) for i in chosen for _ in range(views)])
    bank, labels = bank.view(len(chosen), views, -1), labels[chosen]
    prompt, epochs, batch = Prompt(world), max(checkpoints), 32
    optimizer = torch.optim.SGD([prompt.context], lr, momentum=0.9, weight_decay=5e-4)
    scale, result = world.model.logit_scale.exp().detach(), {}
    for epoch in range(1, epochs + 1):
        rate = 1e-5 if epoch == 1 else lr * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
        optimizer.param_groups[0]["lr"] = rate
        order = rng.sample(range(len(chosen)), len(chosen))
        for first in range(0, len(order), batch):
            rows = order[first:first + batch]
            images = bank[rows, [rng.randrange(views) for _ in rows]]
            loss = F.cross_entropy(scale * images @ prompt.text_features("base").t(), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch in checkpoints:
            with torch.no_grad():
                result[epoch] = tuple(accuracy(*judged[half], prompt.text_features(half))
                                      for half in ("base", "new"))
    return result


def harmonic(base, new):
    return 2 * base * new / (base + new) if base + new else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, default=Path(__file__).resolve().parents[2] / "assets/demo")
    parser.add_argument("--on", choices=("val", "test"), default="val")
    parser.add_argument("--lr", type=float, nargs="+", default=[0.003, 0.01, 0.03, 0.1])
    parser.add_argument("--epochs", type=int, nargs="+", default=[50])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--shots", type=int, default=16)
    parser.add_argument("--views", type=int, default=9)
    parser.add_argument("--curve", action="store_true", help="also show epochs on the way")
    args = parser.parse_args()
    torch.set_num_threads(2)

    world = World(args.assets)
    for parameter in world.model.parameters():
        parameter.requires_grad_(False)
    judged = {}
    for half in ("base", "new"):
        pictures, labels = world.pictures(half, args.on)
        judged[half] = features(world.model, [resized(p) for p in pictures]), labels
    for template in ("a photo of a {}.", "a sketch of a {}.", "a noisy photo of a {}."):
        base, new = (accuracy(*judged[half], world.model.text_features(world.texts(half, template)))
                     for half in ("base", "new"))
        print(f"{args.on}: zero-shot '{template}': base {base:.1f} new {new:.1f} H {harmonic(base, new):.1f}")
    for lr in args.lr:
        for epochs in args.epochs:
            checkpoints = {epochs} | ({2, 5, 10, 20, 50, 100} & set(range(epochs)) if args.curve else set())
            runs = [coop(world, seed, lr, checkpoints, args.shots, args.views, judged) for seed in args.seeds]
            for epoch in sorted(checkpoints):
                base, new = np.array([run[epoch] for run in runs]).T
                print(f"{args.on}: CoOp lr {lr} epoch {epoch} of {epochs}: base {base.mean():.1f} "
                      f"+- {base.std():.1f} new {new.mean():.1f} +- {new.std():.1f} "
                      f"H {harmonic(base.mean(), new.mean()):.1f}", flush=True)


if __name__ == "__main__":
    main()

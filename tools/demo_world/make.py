"""Makes assets/demo: renders the training pictures, trains the CLIP, writes model and pictures."""

import argparse
import json
import random
import shutil
import time
from pathlib import Path

import torch
from PIL import Image
from torch.nn import functional as F

import clip
import render
import words
from tokenizer import Tokenizer, learn_merges

PARTS = {"train": 24, "val": 10, "test": 25}


def write_pictures(folder, seed, size):
    """Folders train, val and test with class folders below `folder`/pictures."""
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    for name in words.DOWNSTREAM:
        for part, count in PARTS.items():
            target = folder / "pictures" / part / name
            target.mkdir(parents=True)
            for i in range(count):
                pixels = render.render_downstream(name, size, f"{seed}/{name}/{part}/{i}")
                Image.fromarray(pixels).save(target / f"{i:02}.webp", quality=75, method=6)


def write_split(folder):
    """drawings.json: the pictures as a split file in CoOp's format, classes in their shuffled order."""
    split = {part: [[f"pictures/{part}/{name}/{i:02}.webp", label, name.replace("_", " ")]
                    for label, name in enumerate(words.class_order()) for i in range(count)]
             for part, count in PARTS.items()}
    text = json.dumps(split).replace("], [", "],\n[") + "\n"
    (folder / "drawings.json").write_text(text, encoding="utf-8")


def parameter_groups(model, weight_decay):
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def contrastive_loss(images, texts, scale, captions):
    """CLIP's symmetric loss; equal captions of a batch share the target."""
    same = torch.tensor([[a == b for b in captions] for a in captions], dtype=torch.float32)
    targets = same / same.sum(1, keepdim=True)
    logits = scale * images @ texts.t()
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.t(), targets)) / 2


def words_loss(logits, ids):
    """Which words does the caption hold? A linear head on the image, dropped after training: it
    teaches the image tower much faster than the contrast of small batches does."""
    present = torch.zeros_like(logits).scatter_(1, ids, 1.0)
    present[:, [0, *range(logits.shape[1] - 2, logits.shape[1])]] = 0  # padding, start and end
    return -(logits.log_softmax(1) * present).sum(1).div(present.sum(1)).mean()


def train(model, tokenizer, pictures, scenes, args):
    head = torch.nn.Linear(model.config["projection_dim"], len(tokenizer.ids))
    groups = parameter_groups(model, 0.1) + [{"params": list(head.parameters()), "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.98), eps=1e-6)
    warm_up = min(200, args.steps // 10 + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm_up, 0.5 + 0.5 * torch.cos(
            torch.tensor(torch.pi * s / args.steps)).item()))
    rng, start, order = random.Random(f"{args.seed} batches"), time.time(), []
    average = 0.0
    for step in range(args.steps):
        if len(order) < args.batch:
            order = rng.sample(range(len(scenes)), len(scenes))
        chosen, order = order[:args.batch], order[args.batch:]
        captions = [words.describe(scenes[i], rng) for i in chosen]
        ids = clip.pad([tokenizer.encode(c) for c in captions])
        images = model.image_features(clip.normalise(pictures[chosen]))
        loss = contrastive_loss(images, model.text_features(ids), model.logit_scale.exp(), captions)
        total = loss + words_loss(head(20 * images), ids)
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)
        average = loss.item() if step == 0 else 0.98 * average + 0.02 * loss.item()
        if (step + 1) % 100 == 0 or step + 1 == args.steps:
            print(f"step {step + 1}: loss {average:.3f}, scale {model.logit_scale.exp().item():.1f}, "
                  f"{time.time() - start:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture-seed", type=int, default=2, help="of the downstream pictures")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parents[2] / "assets/demo")
    parser.add_argument("--pool", type=int, default=40000, help="training pictures")
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures-only", action="store_true", help="leave the model as it is")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(args.seed)
    write_pictures(args.output, args.picture_seed, size=64)
    write_split(args.output)
    if args.pictures_only:
        return
    start = time.time()
    pictures, scenes = render.training_pool(args.pool, 48, args.seed, args.threads)
    print(f"rendered {args.pool} training pictures in {time.time() - start:.0f} s", flush=True)
    tokenizer = Tokenizer(learn_merges(words.vocabulary_words()))
    model = clip.Clip(clip.make_config(vocab_size=len(tokenizer.ids)))
    train(model, tokenizer, pictures, scenes, args)
    target = args.output / "model"
    target.mkdir(parents=True, exist_ok=True)
    tokenizer.save(target)
    clip.save_model(model, target)


if __name__ == "__main__":
    main()

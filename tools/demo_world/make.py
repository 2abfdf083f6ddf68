"""Makes assets/demo: renders the training pictures, trains the CLIP, writes model and pictures."""

import argparse
import json
import math
import os
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
from zero_shot import validation_accuracies

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


def contrastive_loss(images, texts, scale, ids):
    """CLIP's symmetric loss; equal captions of a batch share the target."""
    same = (ids[:, None] == ids[None]).all(-1).float()
    targets = same / same.sum(1, keepdim=True)
    logits = scale * images @ texts.t()
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.t(), targets)) / 2


def words_loss(logits, ids):
    """Which words does the caption hold? A linear head on the image, dropped after training: it
    teaches the image tower much faster than the contrast of small batches does."""
    present = torch.zeros_like(logits).scatter_(1, ids, 1.0)
    present[:, [0, *range(logits.shape[1] - 2, logits.shape[1])]] = 0  # padding, start and end
    return -(logits.log_softmax(1) * present).sum(1).div(present.sum(1)).mean()


def batches(pictures, captions, size, rng):
    """Endless batches, each picture with one of its captions; no picture twice in a round."""
    while True:
        order = torch.randperm(len(pictures), generator=rng)
        for chosen in order.split(size)[:len(pictures) // size]:
            caption = torch.randint(captions.shape[1], chosen.shape, generator=rng)
            yield pictures[chosen.to(pictures.device)], captions[chosen, caption].to(pictures.device)


def train(model, pictures, captions, args):
    """Steps of AdamW with a cosine schedule; pictures lie where the model does."""
    config = model.config
    head = torch.nn.Linear(config["projection_dim"], config["text_config"]["vocab_size"]).to(args.device)
    groups = parameter_groups(model, 0.1) + [{"params": list(head.parameters()), "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.98), eps=1e-6)
    warm_up = min(500, args.steps // 10 + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(
        (step + 1) / warm_up, 0.5 + 0.5 * math.cos(math.pi * step / args.steps)))
    drawn = batches(pictures, captions, args.batch, torch.Generator().manual_seed(args.seed))
    start = time.time()
    for step in range(1, args.steps + 1):
        pixels, ids = next(drawn)
        images = model.image_features(clip.normalise(pixels))
        loss = contrastive_loss(images, model.text_features(ids), model.logit_scale.exp(), ids)
        total = loss + words_loss(head(20 * images), ids)
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)
        if step % 500 == 0 or step == args.steps:
            print(f"step {step}: loss {loss.item():.3f}, scale {model.logit_scale.exp().item():.1f}, "
                  f"{time.time() - start:.0f} s", flush=True)


def make_model(args):
    tokenizer = Tokenizer(learn_merges(words.vocabulary_words()))
    model = clip.Clip(clip.make_config(vocab_size=len(tokenizer.ids)))
    start = time.time()
    pictures, captions = render.training_pool(
        args.pool, args.seed, args.threads, size=model.config["vision_config"]["image_size"],
        style_share=args.style_share, captions=8, encode=tokenizer.encode)
    captions = clip.pad([ids for of_picture in captions for ids in of_picture]).view(args.pool, 8, -1)
    print(f"rendered {args.pool} training pictures in {time.time() - start:.0f} s", flush=True)
    train(model.to(args.device), torch.from_numpy(pictures).to(args.device), captions, args)
    target = args.output / "model"
    target.mkdir(parents=True, exist_ok=True)
    tokenizer.save(target)
    clip.save_model(model, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture-seed", type=int, default=2, help="of the downstream pictures")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parents[2] / "assets/demo")
    parser.add_argument("--pool", type=int, default=60000, help="training pictures")
    parser.add_argument("--style-share", type=float, default=0.11, help="of pictures that have a style")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--device", default="cuda", help="that trains: cuda or cpu")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=("pictures", "model"), help="leave the other as it is")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.use_deterministic_algorithms(True)
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(args.seed)
    if args.only != "model":
        write_pictures(args.output, args.picture_seed, size=64)
        write_split(args.output)
    if args.only != "pictures":
        make_model(args)
        for which, value in validation_accuracies(args.output).items():
            print(f"zero-shot on validation pictures, {which}: {value:.1f} %")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Learns CoOp's context from a folder and tests it, as `qprompt train` does, in PyTorch; one line of JSON.

usage: job.py PEER MODEL DATA JOB [PROMPT]      JOB: the fields of bench/cases/job.py's Job, as JSON
PEER: plain         as the published code computes: in every step a new view of each picture through the image tower,
                    without gradients, and texts with 77 tokens; tested by the whole model, texts again for each batch
      expert        features of `views` views of each picture first; texts to their ends; fused attention
      expert-bf16   the same in bf16
Timed are parts: `timed_views` views, `timed_steps` steps behind a first one, the pictures of DATA/test. Told are
"stages" (seconds), "done" (how much of each), "first_loss", that of the first epoch's steps, and "test_loss" with
PROMPT, what ours learned as safetensors, which takes as much time to ask as what was learned here.
"""
import json
import math
import os
import pathlib
import sys
import time
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch.utils.data import DataLoader, Dataset, RandomSampler

import texts
from clip import Clip
from views import evaluation_view, random_view

WARMUP_RATE, RATE = 1e-5, 0.002
PUBLISHED_TEST_BATCH = 100
CORES = len(os.sched_getaffinity(0))


class Pictures(Dataset):
    """DATA/PART/NAME/*.jpg, each `views` times: random views, or without any the evaluation view."""

    def __init__(self, folder, views=0):
        self.names = sorted(path.name for path in folder.iterdir())
        self.items = [(path, label) for label, name in enumerate(self.names)
                      for path in sorted((folder / name).iterdir())] * max(views, 1)
        self.is_random = views > 0

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        path, label = self.items[index]
        random = np.random.default_rng(torch.randint(2**31, ()).item())  # each worker's own stream
        return random_view(path, random) if self.is_random else evaluation_view(path), label


class Prompt:
    """`words` as vectors to learn, before the class names."""

    def __init__(self, clip, model, names, job, length=0):
        ids = texts.tokens(model, (f"{job.words} {name}." for name in names))
        embedded, self.eot = texts.embedded(clip, ids, length)
        self.clip, n_ctx = clip, job.n_ctx
        self.start, self.rest = embedded[:, :1], embedded[:, 1 + n_ctx:]
        self.ctx = embedded[0, 1:1 + n_ctx].float().clone().requires_grad_()

    def class_texts(self):
        ctx = self.ctx.to(self.clip.dtype).expand(len(self.rest), -1, -1)
        return texts.unit(self.clip.text_features(torch.cat([self.start, ctx, self.rest], 1), self.eot))


class Learning:
    def __init__(self, prompt, steps_per_epoch, epochs):
        self.prompt, self.steps_per_epoch, self.epochs = prompt, steps_per_epoch, epochs
        self.optimizer = torch.optim.SGD([prompt.ctx], lr=RATE, momentum=0.9, weight_decay=5e-4)
        self.losses = []

    def rate(self):
        epoch = len(self.losses) // self.steps_per_epoch
        return WARMUP_RATE if epoch == 0 else RATE * (1 + math.cos(math.pi * epoch / self.epochs)) / 2

    def step(self, images, labels):
        """Of unit features."""
        self.optimizer.param_groups[0]["lr"] = self.rate()
        logits = self.prompt.clip.logit_scale * images @ self.prompt.class_texts().T
        loss = F.cross_entropy(logits.float(), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss.item())

    def first_loss(self):
        first = self.losses[:self.steps_per_epoch]
        return sum(first) / len(first)


def encoded(clip, pixels):
    with torch.no_grad():
        return texts.unit(clip.image_features(pixels.to(clip.dtype)))


def shuffled(pictures, count, batch):
    """Batches of so many of the pictures, in any order, decoded beside."""
    sampler = RandomSampler(pictures, replacement=count > len(pictures), num_samples=count)
    return DataLoader(pictures, batch, sampler=sampler, drop_last=True, num_workers=CORES)


def learn_plain(clip, learning, train, job, stages, done):
    for number, (pixels, labels) in enumerate(shuffled(train, job.batch * (1 + job.timed_steps), job.batch)):
        learning.step(encoded(clip, pixels), labels)
        if number == 0:
            start = time.perf_counter()  # the first one wakes workers and allocates
    stages["steps"], done["steps"] = time.perf_counter() - start, job.timed_steps


def learn_expert(clip, learning, train, job, stages, done):
    encoded(clip, torch.zeros(job.batch, 3, 224, 224))
    start = time.perf_counter()
    pairs = [(encoded(clip, pixels), labels) for pixels, labels in shuffled(train, job.timed_views, job.batch)]
    features, labels = (torch.cat(parts) for parts in zip(*pairs))
    stages["views"], done["views"] = time.perf_counter() - start, len(features)
    for number in range(1 + job.timed_steps):
        if number == 1:
            start = time.perf_counter()
        rows = torch.randperm(len(features))[:job.batch]
        learning.step(features[rows], labels[rows])
    stages["steps"], done["steps"] = time.perf_counter() - start, job.timed_steps


def test_loss(clip, prompt, test, is_plain, batch):
    total = 0
    with torch.inference_mode():
        kept_texts = None if is_plain else prompt.class_texts()
        for pixels, labels in DataLoader(test, batch, num_workers=CORES):
            class_texts = prompt.class_texts() if is_plain else kept_texts
            logits = clip.logit_scale * encoded(clip, pixels) @ class_texts.T
            total += F.cross_entropy(logits.float(), labels, reduction="sum").item()
    return total / len(test)


def main():
    peer, model, data, job, *learned = sys.argv[1:]
    job, data, is_plain = SimpleNamespace(**json.loads(job)), pathlib.Path(data), peer == "plain"
    torch.manual_seed(1)
    clip = Clip(model, "plain" if is_plain else "sdpa", torch.bfloat16 if peer.endswith("bf16") else torch.float32)
    train, test = Pictures(data / "train", 1 if is_plain else job.views), Pictures(data / "test")
    prompt = Prompt(clip, model, train.names, job, clip.context_length if is_plain else 0)
    learning = Learning(prompt, job.classes * job.shots // job.batch, job.epochs)
    stages, done = {}, {}
    (learn_plain if is_plain else learn_expert)(clip, learning, train, job, stages, done)
    if learned:
        prompt.ctx = load_file(learned[0])["ctx"].float()
    start = time.perf_counter()
    loss = test_loss(clip, prompt, test, is_plain, PUBLISHED_TEST_BATCH if is_plain else job.batch)
    stages["tests"], done["tests"] = time.perf_counter() - start, len(test)
    print(json.dumps({"stages": stages, "done": done, "first_loss": learning.first_loss(), "test_loss": loss}))


if __name__ == "__main__":
    main()

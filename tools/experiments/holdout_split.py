#!/usr/bin/env python3
"""Writes a CoOp split for choosing settings without looking at test images.

train: the images that the published few-shot sampling draws for --seed; test: training images that it
draws for the other --of seeds and not for this one. Learn from it with --shots 0.

usage: holdout_split.py SPLIT.json OUT.json --seed 1 [--shots 16] [--of 1,2,3]
"""
import argparse, json, random


def sample(items, shots, seed):
    """Dassl's few-shot sampling: by label in order of first appearance, one stream of Python's random."""
    stream = random.Random(seed)
    by_label = {}
    for item in items:
        by_label.setdefault(item[1], []).append(item)
    chosen = []
    for group in by_label.values():
        chosen += stream.sample(group, shots) if len(group) >= shots else group
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("split")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shots", type=int, default=16)
    parser.add_argument("--of", default="1,2,3")
    args = parser.parse_args()
    train = json.load(open(args.split))["train"]
    drawn = {s: sample(train, args.shots, s) for s in {args.seed, *map(int, args.of.split(","))}}
    used = {item[0] for item in drawn[args.seed]}
    held_out = {item[0]: item for s, items in drawn.items() if s != args.seed for item in items}
    test = [item for path, item in held_out.items() if path not in used]
    json.dump({"train": drawn[args.seed], "val": [], "test": test}, open(args.out, "w"))
    print(f"{len(used)} to learn from, {len(test)} held out")


main()

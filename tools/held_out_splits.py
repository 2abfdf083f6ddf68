#!/usr/bin/env python3
"""Splits for experiments with a CLIP that was trained on a data set's validation images: choosing by these would be choosing by
what it knows by heart.

For each seed a split file in CoOp's format: train are the 16 images a class that the published few-shot sampling draws for the
seed; val are up to four other *training* images a class, of those that it draws for the other seeds; test is the published one.

usage: held_out_splits.py SPLIT_ZHOU.json OUTPUT_PREFIX [--seeds 1,2,3] [--shots 16]      writes OUTPUT_PREFIX-seedN.json
"""
import argparse, json, random


def drawn(train, shots, seed):
    """Dassl's sampling of the training images: {label: items}."""
    by_label = {}
    for item in train:
        by_label.setdefault(item[1], []).append(item)
    stream = random.Random(seed)
    return {label: stream.sample(items, shots) if len(items) >= shots else items for label, items in by_label.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("split")
    parser.add_argument("prefix")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--shots", type=int, default=16)
    args = parser.parse_args()
    with open(args.split, encoding="utf-8") as file:
        split = json.load(file)
    seeds = [int(seed) for seed in args.seeds.split(",")]
    draws = {seed: drawn(split["train"], args.shots, seed) for seed in seeds}
    for seed in seeds:
        train, val = [], []
        for label, items in draws[seed].items():
            taken = {item[0] for item in items}
            others = {item[0]: item for other in seeds if other != seed for item in draws[other][label]}
            train += items
            val += [others[path] for path in sorted(others) if path not in taken][: min(args.shots, 4)]
        with open(f"{args.prefix}-seed{seed}.json", "w", encoding="utf-8") as file:
            json.dump({"train": train, "val": val, "test": split["test"]}, file)
        print(f"{args.prefix}-seed{seed}.json: {len(train)} train, {len(val)} val, {len(split['test'])} test")


main()

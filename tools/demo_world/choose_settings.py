#!/usr/bin/env python3
"""Judges learning rates and epochs for the demo on held-out pictures; test pictures are not read.

Learns from the 16 training pictures a base class that `qprompt demo` draws for each seed and measures on all
others of train and val: the base classes' 18 a class, the new classes' 34. Prints means over the seeds.

usage: choose_settings.py QPROMPT [--assets assets/demo] [--lr 0.003,0.01,0.03,0.1] [--epochs 10,20,50]
"""
import argparse, json, pathlib, random, statistics, subprocess, tempfile

SHOTS, SEEDS = 16, (1, 2, 3)


def items(pictures, subset):
    names = sorted(folder.name for folder in (pictures / subset).iterdir())
    return [[str(path.relative_to(pictures)), label, name.replace("_", " ")]
            for label, name in enumerate(names) for path in sorted((pictures / subset / name).iterdir())]


def held_out_split(pictures, seed):
    """Dassl's few-shot sampling of `train`; everything else is there to be measured."""
    stream = random.Random(seed)
    train, by_label = items(pictures, "train"), {}
    for item in train:
        by_label.setdefault(item[1], []).append(item)
    drawn = [item for group in by_label.values() for item in stream.sample(group, SHOTS)]
    learned = {item[0] for item in drawn if item[1] < (len(by_label) + 1) // 2}
    rest = [item for item in train + items(pictures, "val") if item[0] not in learned]
    return {"train": drawn, "val": [], "test": rest}


def runs(args, folder, seed, lr, epochs):
    split, report = folder / f"{seed}.json", folder / "report.json"
    split.write_text(json.dumps(held_out_split(args.assets / "pictures", seed)))
    subprocess.run([args.qprompt, "--quiet", "base-to-new", "--model", args.assets / "model", "--data",
                    args.assets / "pictures", "--split", split, "--shots", "0", "--seeds", str(seed), "--lr", lr,
                    "--epochs", epochs, "--views", "8", "--batch-size", "32", "--cache", folder / "cache",
                    "--json", report], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(report.read_text())["runs"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("qprompt")
    parser.add_argument("--assets", type=pathlib.Path, default=pathlib.Path("assets/demo"))
    parser.add_argument("--lr", default="0.003,0.01,0.03,0.1")
    parser.add_argument("--epochs", default="10,20,50")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for epochs in args.epochs.split(","):
            for lr in args.lr.split(","):
                found = [run for seed in SEEDS for run in runs(args, pathlib.Path(name), seed, lr, epochs)]
                for method in dict.fromkeys(run["method"] for run in found):
                    mean = {k: statistics.mean(100 * run[k] for run in found if run["method"] == method)
                            for k in ("base", "new", "h")}
                    print(f"epochs {epochs:>3}, lr {lr:>5}, {method:<8} base {mean['base']:.1f}, "
                          f"new {mean['new']:.1f}, H {mean['h']:.1f}", flush=True)


main()

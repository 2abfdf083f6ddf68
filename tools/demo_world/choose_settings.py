#!/usr/bin/env python3
"""Judges learning rates and epochs for the demo on held-out pictures of the base classes, and on no other.

Learns CoOp and QCoOp from the 16 training pictures a base class that `qprompt demo` draws for each seed, and
measures on the other training and validation pictures of the base classes. The settings with the best mean over
methods and seeds are chosen; of equals the first. Neither test pictures nor those of new classes are opened.

usage: choose_settings.py QPROMPT [--assets assets/demo]
"""
import argparse, json, pathlib, random, statistics, subprocess, tempfile

SHOTS, SEEDS = 16, (1, 2, 3)
EPOCHS, RATES = (10, 20, 50), ("0.003", "0.01", "0.03", "0.1")
METHODS = {"CoOp": ["--full-precision"], "QCoOp": ["--bits", "1"]}


def items(pictures, subset):
    names = sorted(folder.name for folder in (pictures / subset).iterdir())
    return [[str(path.relative_to(pictures)), label, name.replace("_", " ")]
            for label, name in enumerate(names) for path in sorted((pictures / subset / name).iterdir())]


def held_out_split(pictures, seed):
    """Dassl's few-shot sampling of `train`; the other base pictures there and in `val` are measured."""
    stream = random.Random(seed)
    train, by_label = items(pictures, "train"), {}
    for item in train:
        by_label.setdefault(item[1], []).append(item)
    base = (len(by_label) + 1) // 2
    drawn = [item for group in by_label.values() for item in stream.sample(group, SHOTS) if item[1] < base]
    learned = {item[0] for item in drawn}
    rest = [item for item in train + items(pictures, "val") if item[0] not in learned and item[1] < base]
    return {"train": drawn, "val": [], "test": rest}


def measure(args, folder, seed, method, rate, epochs):
    """Accuracies, in percent, of zero-shot and of the learned prompt."""
    split = folder / f"{seed}.json"
    split.write_text(json.dumps(held_out_split(args.assets / "pictures", seed)))
    subprocess.run([args.qprompt, "--quiet", "train", "--model", args.assets / "model", "--data",
                    args.assets / "pictures", "--split", split, "--shots", "0", "--seed", str(seed), "--lr", rate,
                    "--epochs", str(epochs), "--views", "8", "--batch-size", "32", "--cache", folder / "cache",
                    "--output", folder / "run", *METHODS[method]], check=True, stdout=subprocess.DEVNULL)
    test = json.loads((folder / "run" / "run.json").read_text())["test"]
    return 100 * test["zero_shot_accuracy"], 100 * test["adapted_accuracy"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("qprompt")
    parser.add_argument("--assets", type=pathlib.Path, default=pathlib.Path("assets/demo"))
    args = parser.parse_args()
    means = {}
    print(f"| epochs | lr | {' | '.join(METHODS)} | mean |\n|---|---|{'---|' * len(METHODS)}---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for epochs in EPOCHS:
            for rate in RATES:
                runs = {method: [measure(args, pathlib.Path(name), seed, method, rate, epochs) for seed in SEEDS]
                        for method in METHODS}
                found = [statistics.mean(learned for _, learned in runs[method]) for method in METHODS]
                means[epochs, rate] = statistics.mean(found)
                columns = " | ".join(f"{value:.1f}" for value in [*found, means[epochs, rate]])
                print(f"| {epochs} | {rate} | {columns} |", flush=True)
    zero_shot = statistics.mean(before for before, _ in runs["CoOp"])
    print("zero-shot {:.1f}; chosen: epochs {}, lr {}".format(zero_shot, *max(means, key=means.get)))


main()

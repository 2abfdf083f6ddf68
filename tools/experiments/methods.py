#!/usr/bin/env python3
"""Runs the tables of docs/results.md: every method on three data sets, and the quantizer's ablation.

choose    every plain method at every learning rate of the grid, judged on held-out training images of the
          base classes (holdout_split.py); writes the best rate of each, over all data sets, to rates.json
table     every method, plain and quantized, at its rate
ablation  QCoOp with other quantizers, and CoOp under noise, on Caltech101

A job whose report exists is not run again. Reports lie in OUT/{choose,table,ablation}, one for each job.

usage: methods.py QPROMPT SHARED OUT choose|table|ablation [--jobs 2]
"""
import argparse, itertools, json, pathlib, statistics, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

DATA = {  # name: images, split
    "caltech101": ("caltech-101", "split_zhou_Caltech101.json"),
    "eurosat": ("eurosat/2750", "split_zhou_EuroSAT.json"),
    "flowers102": ("oxford_flowers", "split_zhou_OxfordFlowers.json"),
}
SHOTS = " --seeds 1,2,3"
ORDERS = " --train-seeds 1,2,3"  # with them nine runs a method, else three
TEXT = "--epochs 50"
IMAGE = "--epochs 3 --batch-size 4 --views 3"
METHODS = {
    "coop": TEXT, "language": TEXT, "kgcoop": TEXT, "prograd": TEXT,
    "cocoop": "--epochs 2 --batch-size 1",
    "vpt": IMAGE, "ivlp": IMAGE, "maple": IMAGE + " --bits 4",
    # As published: the anchor is the mean of many templates, the mean epoch is three quarters of all.
    "promptsrc": IMAGE + " --anchor imagenet-80 --model-choice average --average-mean 2.25",
}
RATES = ("0.001", "0.003", "0.01", "0.03")
EVERY_STEP = "--kl-threshold 0 --min-interval 1"
ABLATION = {  # every_step-1e-4 is the default, 1 bit
    "kmeans": "--no-normalize " + EVERY_STEP, "norm": EVERY_STEP, "ptq": "--phase ptq",
    "uniform": "--quantizer uniform", "log2": "--quantizer log2",
    **{f"bits{b}": f"--bits {b}" for b in (2, 4, 8)},
    **{f"{s}-{t}": f"--statistics {s} --kl-threshold {t}"
       for s, t in itertools.product(("every_step", "at_clustering"), ("0", "1e-4", "1e-3", "inf"))},
    **{f"noise{n}": f"--noise {n}" for n in ("0.01", "0.03", "0.1", "0.3")},
}


def split_of(shared, data):
    folder, split = DATA[data]
    return shared / "data" / folder.split("/")[0] / split


def command(shared, data, split, out, methods, rate, extra):
    return ["base-to-new", "--model", str(shared / "models/clip-small"), "--data", str(shared / "data" / DATA[data][0]),
            "--split", str(split), "--methods", methods, "--lr", rate, "--threads", "1",
            "--cache", str(out / "cache"), *extra.split()]


def choose(shared, out):
    here = pathlib.Path(__file__).parent
    for data in DATA:
        split = out / f"{data}-held-out.json"
        subprocess.run([sys.executable, here / "holdout_split.py", split_of(shared, data), split], check=True)
        for method, rate in itertools.product(METHODS, RATES):
            extra = METHODS[method] + " --shots 0 --seeds 1 --train-seeds 1,2"
            yield f"{method}-{data}-{rate}", command(shared, data, split, out, method, rate, extra)


def table(shared, out):
    rates = json.load(open(out / "rates.json"))
    for data in DATA:
        split = split_of(shared, data)
        yield f"zeroshot-{data}", command(shared, data, split, out, "zeroshot", "0.01", "")
        runs = SHOTS + (ORDERS if data != "flowers102" else "")
        for method, settings in METHODS.items():
            both = f"{method},q{method}"
            yield f"{method}-{data}", command(shared, data, split, out, both, rates[method], settings + runs)


def ablation(shared, out):
    rate = json.load(open(out / "rates.json"))["coop"]
    split = split_of(shared, "caltech101")
    for name, settings in ABLATION.items():
        method = "coop-noise" if name.startswith("noise") else "qcoop"
        yield name, command(shared, "caltech101", split, out, method, rate, f"{TEXT} {settings}{SHOTS}{ORDERS}")


def run(program, folder, name, arguments):
    report, log = folder / f"{name}.json", folder / f"{name}.log"
    if report.exists():
        return
    partial = folder / f"{name}.partial"
    done = subprocess.run([program, *arguments, "--json", str(partial)], stdout=subprocess.DEVNULL, stderr=open(log, "w"))
    if done.returncode:
        print(f"{name}: exit status {done.returncode}, see {log}", flush=True)
        return
    report.write_text(json.dumps(public(json.load(open(partial))), indent=1) + "\n")
    partial.unlink(), log.unlink()
    print(name, flush=True)


def public(report):
    """The report without this machine's folders and the long lists of class names."""
    report["model"]["path"] = pathlib.Path(report["model"]["path"]).name
    report["data"] = {key: pathlib.Path(path).name for key, path in report["data"].items()}
    for half in ("base", "new"):
        report[half]["classes"] = len(report[half]["classes"])
    return report


def write_rates(out):
    """Of each method the rate with the highest mean base accuracy over data sets and batch orders."""
    def base(method, rate):
        reports = [json.load(open(out / "choose" / f"{method}-{data}-{rate}.json")) for data in DATA]
        return statistics.mean(statistics.mean(r["base"] for r in report["runs"]) for report in reports)
    found = {method: {rate: base(method, rate) for rate in RATES} for method in METHODS}
    for method, accuracy in found.items():
        print(method, *(f"{rate}: {100 * a:.2f}" for rate, a in accuracy.items()))
    (out / "rates.json").write_text(json.dumps({m: max(a, key=a.get) for m, a in found.items()}, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("shared", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("part", choices=("choose", "table", "ablation"))
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    folder = args.out / args.part
    folder.mkdir(parents=True, exist_ok=True)
    jobs = {"choose": choose, "table": table, "ablation": ablation}[args.part](args.shared, args.out)
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(lambda job: run(args.program, folder, *job), jobs))
    if args.part == "choose":
        write_rates(args.out)


main()

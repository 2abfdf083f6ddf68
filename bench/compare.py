#!/usr/bin/env python3
"""Runs the cases of bench/run.sh: each with ours and the peers in turn, each run a process of its own."""
import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ROOT / "build/release/bench/tower_step"
PEERS = ROOT / "bench/peer/step.py"
PACKAGES = "torch onnxruntime openvino transformers numpy".split()

# name: (kind, n, n_ctx, steps, our formats, peers)
TEXT = ("plain", "expert", "compile", "expert-bf16")
IMAGE = ("plain", "expert", "compile", "expert-bf16", "onnx", "onnx-int8", "openvino", "openvino-bf16", "openvino-int8")
CASES = {
    "coop-5": ("text", 5, 4, 9, ("fp32", "auto"), TEXT),
    "coop-50": ("text", 50, 16, 5, ("fp32", "auto"), TEXT),
    "coop-500": ("text", 500, 16, 3, ("fp32", "auto"), ("expert", "expert-bf16")),
    "coop-1000": ("text", 1000, 16, 3, ("fp32", "auto"), ("expert-bf16",)),
    "image-1": ("image", 1, 0, 9, ("fp32", "auto", "int8"), IMAGE),
    "image-8": ("image", 8, 0, 5, ("fp32", "auto", "int8"), IMAGE),
    "image-32": ("image", 32, 0, 3, ("fp32", "auto", "int8"), IMAGE),
    "vision-prompts-4": ("image-step", 4, 4, 5, ("fp32", "auto"), ("plain", "expert", "expert-bf16")),
}
QUICK = ("coop-5", "coop-50", "image-1", "image-8")
QUICK_PEERS = {"plain", "expert", "expert-bf16", "onnx", "openvino"}
TOLERANCE = {"fp32": 1e-3, "low": 0.15}  # of a result, relative to the largest


def operations(case):
    """Multiplications and additions of the blocks' matrix products in one step of ours, at ViT-B/16's size."""
    kind, n, n_ctx, *_ = CASES[case]
    rows, width = (1 + n_ctx + 5 * n, 512) if kind == "text" else (n * (197 + n_ctx), 768)
    passes = 1 if kind == "image" else 2  # back through activations alone: as much as forward
    return passes * 2 * rows * 12 * 12 * width * width


def peak(number_format):
    """Operations a second of two square matrices' product, the best of five: NumPy's or PyTorch's, whichever is faster."""
    code = {"fp32": "import numpy; a = numpy.ones((2048, 2048), numpy.float32)",
            "torch": "import torch; a = torch.ones(2048, 2048)",
            "bf16": "import torch; a = torch.ones(2048, 2048, dtype=torch.bfloat16)"}
    timing = """
import time
a @ a; best = 9.0
for _ in range(5):
    start = time.perf_counter(); a @ a; best = min(best, time.perf_counter() - start)
print(2 * 2048 ** 3 / best)
"""
    names = ("fp32", "torch") if number_format == "fp32" else ("bf16",)
    return max(float(subprocess.run([sys.executable, "-c", code[name] + timing], capture_output=True, text=True,
                                    check=True).stdout) for name in names)


def one_line(command):
    environment = {**os.environ, "PYTHONPATH": str(PEERS.parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


class Bench:
    def __init__(self, model, pairs):
        self.model, self.pairs = str(model), pairs

    def command(self, case, runner):
        kind, n, n_ctx, steps, *_ = CASES[case]
        work = [self.model, kind, str(n), str(n_ctx), str(steps)]
        who, what = runner
        return [str(OURS), *work, what] if who == "ours" else [sys.executable, str(PEERS), *work, what]

    def run(self, case, runners):
        """Each runner's results, in turn, so that a slow minute of the machine meets all of them."""
        results = {runner: [] for runner in runners}
        for _ in range(self.pairs):
            for runner in runners:
                if results[runner] and "error" in results[runner][0]:
                    continue
                results[runner].append(one_line(self.command(case, runner)))
        return {runner: self.summary(runs) for runner, runs in results.items()}

    @staticmethod
    def summary(runs):
        if "error" in runs[0]:
            return runs[0]
        seconds = [run["median_seconds"] for run in runs]
        return {"seconds": statistics.median(seconds), "least": min(seconds), "largest": max(seconds),
                "peak_mb": max(run["peak_mb"] for run in runs), "check": runs[0]["check"],
                "format": runs[0].get("format")}


def disagreement(ours, theirs):
    largest = max(abs(value) for value in theirs) or 1
    return max(abs(a - b) for a, b in zip(ours, theirs)) / largest


def checked(case, results):
    """Lines on results that do not agree: fp32's with fp32's, others' within what their formats can hold."""
    exact = results.get(("ours", "fp32"))
    lines = []
    for runner, result in results.items():
        if "error" in result or exact is None or result is exact:
            continue
        is_low = any(word in runner[1] for word in ("bf16", "int8", "auto"))
        off = disagreement(exact["check"], result["check"])
        if off > TOLERANCE["low" if is_low else "fp32"]:
            lines.append(f"{case}: {' '.join(runner)} differs from ours in fp32 by {off:.2g} of the largest value")
    return lines


def printed(case, results, peaks):
    print(f"\n{case}")
    fastest = min(r["seconds"] for runner, r in results.items() if runner[0] == "ours" and "error" not in r)
    for (who, what), result in results.items():
        if "error" in result:
            print(f"  {who:5} {what:14} -           {result['error'][:80]}")
            continue
        result["share_of_peak"] = operations(case) / result["seconds"] / peaks[
            "bf16" if "bf16" in (result["format"] or what) else "fp32"]
        share = f"{100 * result['share_of_peak']:3.0f} % of peak" if who == "ours" else ""
        name = f"{what} ({result['format']})" if result["format"] and result["format"] != what else what
        print(f"  {who:5} {name:26} {result['seconds']:9.4f} s  ({result['least']:.4f} .. {result['largest']:.4f})"
              f"  {result['peak_mb']:6.0f} MB  {result['seconds'] / fastest:6.2f} x our fastest  {share}")


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
               platform.processor())
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "").split()
    kept = [flag for flag in ("avx2", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8") if flag in flags]
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "flags": kept, "load": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=list(CASES))
    parser.add_argument("--pairs", type=int)
    arguments = parser.parse_args()
    cases = arguments.only or (QUICK if arguments.quick else list(CASES))
    bench = Bench(arguments.model, arguments.pairs or (1 if arguments.quick else 3))
    report = {"time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
              "machine": machine(), "peers": {p: importlib.metadata.version(p) for p in PACKAGES}, "cases": {}}
    peaks = report["peaks"] = {number_format: peak(number_format) for number_format in ("fp32", "bf16")}
    print(json.dumps(report["machine"]), json.dumps(report["peers"]), sep="\n")
    print("products of 2048 x 2048:", ", ".join(f"{f} {p / 1e9:.0f} GFLOP/s" for f, p in peaks.items()))
    began, doubts = time.monotonic(), []
    for case in cases:
        peers = [p for p in CASES[case][5] if not arguments.quick or p in QUICK_PEERS]
        runners = [("ours", f) for f in CASES[case][4]] + [("peer", p) for p in peers]
        results = bench.run(case, runners)
        printed(case, results, peaks)
        doubts += checked(case, results)
        report["cases"][case] = [{"who": who, "what": what, **result} for (who, what), result in results.items()]
    report["doubts"] = doubts
    path = ROOT / "build/bench/results.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{len(cases)} cases in {time.monotonic() - began:.0f} s; all results: {path.relative_to(ROOT)}")
    for line in doubts:
        print(line)
    sys.exit(1 if doubts else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the cases of bench/run.sh: each with ours and the peers in turn, each run a process of its own."""
import argparse
import datetime
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import time

import process
from steps import CASES, QUICK, QUICK_PEERS, QUICK_STEPS
from turns import in_turn

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS, PEERS = ROOT / "build/release/bench", ROOT / "bench/peer"
PACKAGES = "torch onnxruntime openvino transformers scikit-learn numpy".split()
TOLERANCE = {"fp32": 1e-3, "low": 0.15, "error": 1e-4}  # of a result; a peer sums its errors in fp32
BUSY = 0.5  # load


def peak(number_format):
    """Operations a second of two square matrices' product, the best of twenty of NumPy's and PyTorch's."""
    code = {"fp32": "import numpy; a = numpy.ones((2048, 2048), numpy.float32)",
            "torch": "import torch; a = torch.ones(2048, 2048)",
            "bf16": "import torch; a = torch.ones(2048, 2048, dtype=torch.bfloat16)"}
    timing = """
import time
a @ a; best = 9.0
for _ in range(20):
    start = time.perf_counter(); a @ a; best = min(best, time.perf_counter() - start)
print(2 * 2048 ** 3 / best)
"""
    names = ("fp32", "torch") if number_format == "fp32" else ("bf16",)
    return max(float(subprocess.run([sys.executable, "-c", code[name] + timing], capture_output=True, text=True,
                                    check=True).stdout) for name in names)


def step_of(command):
    """A runner: a process that times its own steps and says so in one line of JSON."""
    def run():
        said = json.loads(process.run(*command)["out"].strip().splitlines()[-1])
        return said | {"seconds": said["median_seconds"], "format": said.get("format")}
    return run


def command_of(case, model, who, what):
    program = [OURS / case.program] if who == "ours" else [sys.executable, PEERS / f"{case.program}.py"]
    return [*program, *([model] if case.reads_model else []), *case.work, what]


def disagreement(ours, theirs, is_error):
    """The largest difference: of named numbers in proportion to each, of a vector to its largest; of errors, how far
    ours is above theirs."""
    if isinstance(ours, dict):
        if ours.keys() != theirs.keys():
            return math.inf
        return max((ours[name] - theirs[name] if is_error else abs(ours[name] - theirs[name]))
                   / (abs(theirs[name]) or 1) for name in ours)
    return max(abs(a - b) for a, b in zip(ours, theirs)) / (max(map(abs, theirs)) or 1)


def checked(name, case, results):
    """Lines on what of ours failed, and on results that do not agree: fp32's with fp32's, others' within what their
    formats can hold, errors only where they are larger than a peer's."""
    exact = results["ours", case.formats[0]]
    lines = [f"{name}: ours, {what}: {result['error']}" for (who, what), result in results.items()
             if who == "ours" and "error" in result]
    for runner, result in results.items():
        if "error" in result or "error" in exact or result is exact:
            continue
        is_low = any(word in runner[1] for word in ("bf16", "int8", "auto"))
        kind = "error" if case.is_error else "low" if is_low else "fp32"
        off = disagreement(exact["check"], result["check"], case.is_error)
        if not off <= TOLERANCE[kind]:
            lines.append(f"{name}: {' '.join(runner)} differs from ours, {case.formats[0]}, by {off:.2g} of a result")
    return lines


def printed(name, case, results, peaks):
    print(f"\n{name}: {case.what}")
    fastest = min((r["seconds"] for runner, r in results.items() if runner[0] == "ours" and "error" not in r),
                  default=math.nan)
    for (who, what), result in results.items():
        if "error" in result:
            print(f"  {who:5} {what:15} -           {result['error'][:80]}")
            continue
        share = ""
        if case.operations() > 0:
            low = "bf16" if "bf16" in (result["format"] or what) else "fp32"
            result["share_of_peak"] = case.operations() / result["seconds"] / peaks[low]
            share = f"{100 * result['share_of_peak']:3.0f} % of peak" if who == "ours" else ""
        label = f"{what} ({result['format']})" if result["format"] and result["format"] != what else what
        print(f"  {who:5} {label:26} {result['seconds']:9.4g} s  ({result['least']:.4g} .. {result['largest']:.4g})"
              f"  {result['peak_mb']:6.0f} MB  {result['seconds'] / fastest:6.2f} x our fastest  {share}")


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
               platform.processor())
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "").split()
    kept = [flag for flag in ("avx2", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8") if flag in flags]
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"The load is {load:.2f}: others work on this machine, seconds will not be comparable", file=sys.stderr)
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "flags": kept, "load": load}


def has_bf16(on_machine):
    return any("bf16" in flag for flag in on_machine["flags"])


def worth_running(runners, on_machine):
    """Those (who, what) that tell something: where the CPU has no products of bf16, peers would emulate them, many
    times slower, and our `auto` is fp32, which runs anyway."""
    return [(who, what) for who, what in runners
            if has_bf16(on_machine) or not ("bf16" in what or what.startswith("auto"))]


def main():
    lines = "\n".join(f"  {name:17} {case.what}" for name, case in CASES.items())
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"cases:\n{lines}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=list(CASES), metavar="CASE", help="may be repeated")
    parser.add_argument("--pairs", type=int)
    arguments = parser.parse_args()
    names = arguments.only or (QUICK if arguments.quick else list(CASES))
    pairs = arguments.pairs or (1 if arguments.quick else 3)
    report = {"time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
              "machine": machine(), "peers": {p: importlib.metadata.version(p) for p in PACKAGES}, "cases": {}}
    formats = ("fp32", "bf16") if has_bf16(report["machine"]) else ("fp32",)  # emulated, one product takes a minute
    peaks = report["peaks"] = {number_format: peak(number_format) for number_format in formats}
    print(json.dumps(report["machine"]), json.dumps(report["peers"]), sep="\n")
    print("products of 2048 x 2048:", ", ".join(f"{f} {p / 1e9:.0f} GFLOP/s" for f, p in peaks.items()))
    began, doubts = time.monotonic(), []
    for name in names:
        case = CASES[name].shortened(QUICK_STEPS) if arguments.quick else CASES[name]
        peers = [p for p in case.peers if not arguments.quick or p in QUICK_PEERS]
        runners = [("ours", f) for f in case.formats] + [("peer", p) for p in peers]
        results = in_turn({runner: step_of(command_of(case, arguments.model, *runner))
                           for runner in worth_running(runners, report["machine"])}, pairs)
        printed(name, case, results, peaks)
        doubts += checked(name, case, results)
        report["cases"][name] = [{"who": who, "what": what, **result} for (who, what), result in results.items()]
    report["doubts"] = doubts
    path = ROOT / "build/bench/results.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{len(names)} cases in {time.monotonic() - began:.0f} s; all results: {path.relative_to(ROOT)}")
    for line in doubts:
        print(line)
    sys.exit(1 if doubts else 0)


if __name__ == "__main__":
    main()

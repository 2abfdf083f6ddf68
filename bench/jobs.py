#!/usr/bin/env python3
"""Times whole work as people do it, ours beside peers: jobs, processes, the server, Python.

Runners take turns; medians and their spread; results compared. A table on stdout, and build/bench/jobs.json.
"""
import argparse
import datetime
import importlib.metadata
import json
import sys
import time

import cases.classify
import cases.job
import cases.program
import cases.python
import process
from compare import PACKAGES, ROOT, machine, worth_running
from turns import in_turn

CASES = cases.classify.CASES | cases.program.CASES | cases.job.CASES | cases.python.CASES
QUICK = ("classify-1", "start")


def line(who, what, result, fastest):
    if "error" in result:
        return f"  {who:6} {what:40} - not measured: {result['error'][:100]}"
    memory = f"{result['peak_mb']:6.0f} MB" if result["peak_mb"] else " " * 9
    ratio = f"{result['seconds'] / fastest:7.2f} x our fastest" if fastest else ""
    return (f"  {who:6} {what:40} {result['seconds']:10.4f} s  ({result['least']:.4f} .. {result['largest']:.4f})"
            f"  {memory}  {ratio}  {result.get('note', '')}").rstrip()


def show(name, case, results):
    ours = [r["seconds"] for (who, _), r in results.items() if who == "ours" and "error" not in r]
    fastest = min(ours, default=None) if case.compares else None
    print(f"\n{name}")
    for (who, what), result in results.items():
        print(line(who, what, result, fastest), flush=True)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="a folder of a CLIP")
    parser.add_argument("--list", action="store_true", help="the cases' names, and nothing else")
    parser.add_argument("--quick", action="store_true", help=f"{' and '.join(QUICK)}, one round")
    parser.add_argument("--only", action="append", choices=list(CASES))
    parser.add_argument("--pairs", type=int, help="rounds; default: 3, quick 1")
    parser.add_argument("--python", default="", help="an interpreter in which qprompt is installed")
    return parser.parse_args()


def report_of(name, place, rounds, on_machine):
    """Its rows, shown, and doubts."""
    try:
        case = CASES[name](place)
    except process.NotMeasured as reason:
        return [], [f"{name}: not measured: {reason}"]
    results = in_turn({runner: case.runners[runner] for runner in worth_running(case.runners, on_machine)}, rounds)
    doubts = [f"{name}: {doubt}" for doubt in case.examine(results)]
    show(name, case, results)
    return [{"who": who, "what": what, **result} for (who, what), result in results.items()], doubts


def main():
    arguments = parsed()
    if arguments.list:
        return print(*CASES)
    place = cases.Place(arguments.model, arguments.python)
    chosen = arguments.only or (QUICK if arguments.quick else list(CASES))
    rounds = arguments.pairs or (1 if arguments.quick else 3)
    report = {"time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "machine": machine(),
              "peers": {package: importlib.metadata.version(package) for package in (*PACKAGES, "pillow")},
              "cases": {}, "doubts": []}
    print(json.dumps(report["machine"]), json.dumps(report["peers"]), sep="\n", flush=True)
    began = time.monotonic()
    for name in chosen:
        report["cases"][name], doubts = report_of(name, place, rounds, report["machine"])
        report["doubts"] += doubts
    path = ROOT / "build/bench/jobs.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{len(chosen)} cases in {time.monotonic() - began:.0f} s; all results: {path.relative_to(ROOT)}")
    print(*report["doubts"], sep="\n")
    sys.exit(1 if report["doubts"] else 0)


if __name__ == "__main__":
    main()

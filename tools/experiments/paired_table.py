#!/usr/bin/env python3
"""Markdown from the JSON of `qprompt base-to-new`: a row for each method, and each method's differences
from the first learned one, run by run (same shots, same batch order).

usage: paired_table.py NAME=report.json [NAME=report.json ...]
"""
import json, statistics, sys


def percent(values):
    spread = statistics.pstdev(values)
    return f"{100 * statistics.mean(values):.2f} ± {100 * spread:.2f}"


def rows(name, report):
    methods = list(dict.fromkeys(run["method"] for run in report["runs"]))
    learned = [m for m in methods if m != "zeroshot"]
    of = {m: {(r["seed"], r["train_seed"]): r for r in report["runs"] if r["method"] == m} for m in methods}
    for m in methods:
        runs = of[m].values()
        row = [name, m, str(len(runs))] + [percent([r[k] for r in runs]) for k in ("base", "new", "h")]
        pairs = [r["h"] - of[learned[0]][key]["h"] for key, r in of[m].items() if m in learned[1:]]
        won = sum(d > 0 for d in pairs)
        row.append(f"{100 * statistics.mean(pairs):+.2f} ± {100 * statistics.pstdev(pairs):.2f}, {won} of {len(pairs)}" if pairs else "")
        row.append(f"{statistics.mean([r['clusterings'] for r in runs]):.1f}" if m.startswith("q") else "")
        row.append(f"{statistics.mean([r['seconds'] for r in runs]):.1f}")
        yield row


def main():
    print("| data | method | runs | base | new | H | H against the first, won | clusterings | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for argument in sys.argv[1:]:
        name, path = argument.split("=")
        for row in rows(name, json.load(open(path))):
            print("| " + " | ".join(row) + " |")


main()

#!/usr/bin/env python3
"""Markdown from the JSON of `qprompt base-to-new`: a row for each method. Runs of a quantized method
are compared with those of its plain one (same shots, same batch order), others with the first one learned.

usage: paired_table.py NAME=report.json [NAME=report.json ...]
"""
import json, statistics, sys


def percent(values):
    return f"{100 * statistics.mean(values):.2f} ± {100 * statistics.pstdev(values):.2f}"


def partner(method, learned):
    if method.startswith("q") and method[1:] in learned:
        return method[1:]
    return learned[0] if method != learned[0] else None


def rows(name, report):
    methods = list(dict.fromkeys(run["method"] for run in report["runs"]))
    learned = [m for m in methods if m != "zeroshot"]
    of = {m: {(r["seed"], r["train_seed"]): r for r in report["runs"] if r["method"] == m} for m in methods}
    for m in methods:
        runs = of[m].values()
        row = [name, m, str(len(runs))] + [percent([r[k] for r in runs]) for k in ("base", "new", "h")]
        other = partner(m, learned) if m in learned else None
        pairs = [r["h"] - of[other][key]["h"] for key, r in of[m].items()] if other else []
        won = sum(d > 0 for d in pairs)
        row.append(f"{100 * statistics.mean(pairs):+.2f} ± {100 * statistics.pstdev(pairs):.2f}, {won} of {len(pairs)} ({other})" if pairs else "")
        row.append(f"{statistics.mean([r['clusterings'] for r in runs]):.1f}" if m.startswith("q") else "")
        row.append(str(next(iter(runs))["payload_bytes"]))
        row.append(f"{statistics.mean([r['seconds'] for r in runs]):.1f}")
        yield row


def main():
    print("| data | method | runs | base | new | H | H against, won | clusterings | bytes | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for argument in sys.argv[1:]:
        name, path = argument.split("=")
        for row in rows(name, json.load(open(path))):
            print("| " + " | ".join(row) + " |")


main()

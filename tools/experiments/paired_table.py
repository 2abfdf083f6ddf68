#!/usr/bin/env python3
"""Markdown from the JSON of `qprompt base-to-new`: a row for each method. Runs of a quantized method
are compared with those of its plain one (same shots, same batch order), others with the first one learned;
with --against all with the first one learned of another report.

usage: paired_table.py [--against report.json] NAME=report.json [NAME=report.json ...]
"""
import argparse, json, statistics


def percent(values):
    return f"{100 * statistics.mean(values):.2f} ± {100 * statistics.pstdev(values):.2f}"


def partner(method, learned):
    if method.startswith("q") and method[1:] in learned:
        return method[1:]
    return learned[0] if method != learned[0] else None


def by_method(report):
    runs = {}
    for run in report["runs"]:
        runs.setdefault(run["method"], {})[run["seed"], run["train_seed"]] = run
    return runs


def rows(name, report, against):
    of = by_method(report)
    learned = [m for m in of if m != "zeroshot"]
    elsewhere = by_method(against) if against else of
    common = next(m for m in elsewhere if m != "zeroshot") if against else None
    for m in of:
        runs = of[m].values()
        row = [name, m, str(len(runs))] + [percent([r[k] for r in runs]) for k in ("base", "new", "h")]
        other = (common or partner(m, learned)) if m in learned else None
        pairs = [r["h"] - elsewhere[other][key]["h"] for key, r in of[m].items()] if other else []
        won = sum(d > 0 for d in pairs)
        row.append(f"{100 * statistics.mean(pairs):+.2f} ± {100 * statistics.pstdev(pairs):.2f}, {won} of {len(pairs)} ({other})" if pairs else "")
        row.append(f"{statistics.mean([r['clusterings'] for r in runs]):.1f}" if m.startswith("q") else "")
        row.append(str(next(iter(runs))["payload_bytes"]))
        row.append(f"{statistics.mean([r['seconds'] for r in runs]):.1f}")
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against")
    parser.add_argument("reports", nargs="+")
    args = parser.parse_args()
    against = json.load(open(args.against)) if args.against else None
    print("| data | method | runs | base | new | H | H against, won | clusterings | bytes | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for argument in args.reports:
        name, path = argument.split("=")
        for row in rows(name, json.load(open(path)), against):
            print("| " + " | ".join(row) + " |")


main()

#!/usr/bin/env python3
"""Seconds and memory of the towers over classes, tokens, images and threads, as a page with the report's figures.

usage: scaling.py --model MODEL [--format fp32|bf16|auto|int8] [--output build/bench/scaling.html]
Needs a release build; a quiet machine.
"""
import argparse
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ROOT / "build/release/bench/tower_step"

# title: (kind, what grows, (n, n_ctx) of each point)
CURVES = {
    "a CoOp step over classes": ("text", "classes", [(n, 16) for n in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)]),
    "a CoOp step of 50 classes over context tokens": ("text", "tokens", [(50, n) for n in (1, 2, 4, 8, 16, 32, 64)]),
    "the image tower over images": ("image", "images", [(n, 0) for n in (1, 2, 4, 8, 16, 32)]),
    "a step of vision prompts over images": ("image-step", "images", [(n, 4) for n in (1, 2, 4, 8)]),
}


def point(model, kind, n, n_ctx, number_format, threads):
    steps = 3 if n * (30 if kind == "image-step" else 1) > 200 else 5
    command = [str(OURS), model, kind, str(n), str(n_ctx), str(steps), number_format]
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))
    done = subprocess.run(["taskset", "-c", cores, *command], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def column(name, values, decimals=0):
    if isinstance(values[0], str):
        texts = sorted(set(values))
        return {"name": name, "texts": texts, "codes": [texts.index(value) for value in values]}
    return {"name": name, "decimals": decimals, "numbers": values}


def figure(identity, title, x, rows, y, decimals):
    columns = [column(x, [row[x] for row in rows]), column("threads", [row["threads"] for row in rows]),
               column(y, [row[y] for row in rows], decimals)]
    return {"figure": {"id": identity, "title": title, "kind": "lines", "caption": "", "choice": "",
                       "channels": {"x": x, "y": y, "series": "threads"},
                       "data": {"id": identity, "title": title, "note": "", "columns": columns}}}


def curve(model, title, kind, x, points, number_format):
    threads = range(1, len(os.sched_getaffinity(0)) + 1)
    rows = []
    for count in threads:
        for n, n_ctx in points:
            result = point(model, kind, n, n_ctx, number_format, count)
            grown = n_ctx if x == "tokens" else n
            rows.append({x: grown, "threads": f"{count} thread{'s' if count > 1 else ''}",
                         "seconds": result["median_seconds"], "peak MB": result["peak_mb"],
                         "ms of one": 1000 * result["median_seconds"] / grown})
            print(title, rows[-1], flush=True)
    name = kind + "-" + x
    return {"id": name, "title": title[0].upper() + title[1:], "text": "",
            "blocks": [figure(name + "-seconds", "Seconds", x, rows, "seconds", 4),
                       figure(name + "-one", "Milliseconds for each of them", x, rows, "ms of one", 3),
                       figure(name + "-memory", "Peak memory of the process", x, rows, "peak MB", 0)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--format", default="auto")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench/scaling.html")
    arguments = parser.parse_args()
    cpu = next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    sections = [curve(arguments.model, title, *what, arguments.format) for title, what in CURVES.items()]
    facts = [["CPU", cpu], ["number format", arguments.format], ["model", arguments.model]]
    data = json.dumps({"facts": facts, "notices": [], "sections": sections}).replace("<", "\\u003c")
    page = (ROOT / "page/report.html").read_text()
    for name, text in {"title": "how the towers scale", "style": (ROOT / "page/style.css").read_text(),
                       "script": (ROOT / "build/release/page/page.js").read_text(), "data": data}.items():
        page = page.replace("{{" + name + "}}", text)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(page)
    arguments.output.with_suffix(".json").write_text(json.dumps(sections, indent=1) + "\n")
    print(arguments.output)


if __name__ == "__main__":
    main()

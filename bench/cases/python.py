"""What Python costs: the module's calls against the same work in C++, warm, number format auto.

`encode_image` of one array of the tower's size beside the image tower alone; `predict_proba` of one file beside a line
given to `qprompt classify --stdin`. Needs --python, an interpreter in which qprompt is installed (its wheel is built by
scripts/python_wheel.sh).
"""
import json
import subprocess

import process
from cases import PROGRAM, ROOT, Case, one_picture, tower_step
from cases.classify import class_list

TIMES = 15


def called(place, call):
    if not place.python:
        raise process.NotMeasured("no --python in which qprompt is installed")
    script = ROOT / "bench/python_calls.py"
    done = process.run(place.python, script, call, place.model, class_list(), one_picture(), TIMES)
    return {"seconds": float(done["out"]), "peak_mb": done["peak_mb"]}


def line_of_stdin(place):
    command = [PROGRAM, "--quiet", "classify", "--model", place.model, "--classes", class_list(), "--no-cache",
               "--stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as program:

        def answer():
            program.stdin.write(f"{one_picture()}\n")
            program.stdin.flush()
            return json.loads(program.stdout.readline())

        answer()
        return {"seconds": process.median_seconds(answer, TIMES)}


def examine(results):
    for call, of_cpp in (("encode_image", "image tower"), ("predict_proba", "classify --stdin")):
        python, cpp = results[("python", call)], results[("c++", of_cpp)]
        if "seconds" in python and "seconds" in cpp:
            python["note"] = f"{1000 * (python['seconds'] - cpp['seconds']):+.2f} ms"
    return []


def overhead(place):
    return Case({("c++", "image tower"): lambda: tower_step(place.model, "image", 1, 0, TIMES),
                 ("python", "encode_image"): lambda: called(place, "encode_image"),
                 ("c++", "classify --stdin"): lambda: line_of_stdin(place),
                 ("python", "predict_proba"): lambda: called(place, "predict_proba")}, examine, compares=False)


CASES = {"python": overhead}

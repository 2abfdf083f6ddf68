#!/usr/bin/env python3
"""How long people wait for the program: start, first answer, a warm server, a class more. Ours alone; medians.

usage: program.py --model MODEL --picture PICTURE.jpg
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM, TOWER = ROOT / "build/release/cli/qprompt", ROOT / "build/release/bench/tower_step"
PORT = 8919


def seconds(work, times):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def run(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def ask(method, path, body=b"", kind="application/json"):
    url = f"http://127.0.0.1:{PORT}{path}"
    request = urllib.request.Request(url, data=body or None, method=method, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return answer.read()


def lesson_body(picture):
    """Two classes of two pictures, for a prompt that classes can be added to."""
    parts = [b'Content-Disposition: form-data; name="name"\r\n\r\nmine',
             b'Content-Disposition: form-data; name="settings"\r\n\r\n{"epochs":1,"views":1}']
    for number in range(4):
        head = f'Content-Disposition: form-data; name="image:class {number % 2}"; filename="{number}.jpg"\r\n\r\n'
        parts.append(head.encode() + picture + str(number).encode())
    return b"".join(b"--frontier\r\n" + part + b"\r\n" for part in parts) + b"--frontier--\r\n"


def of_server(model, picture):
    results = {}
    with tempfile.TemporaryDirectory() as prompts:
        start = time.perf_counter()
        server = subprocess.Popen([PROGRAM, "--quiet", "serve", "--model", model, "--prompts", prompts, "--port", str(PORT)],
                                  stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    ask("GET", "/readyz")
                    break
                except OSError:
                    time.sleep(0.01)
            results["serve: until it is ready"] = time.perf_counter() - start
            count = iter(range(1_000_000))
            one = lambda: ask("POST", "/v1/classify?classes=cat%0Adog%0Afish", picture + str(next(count)).encode(),
                              "image/jpeg")
            results["serve: first answer"] = seconds(one, 1)
            results["serve: a picture, warm"] = seconds(one, 15)
            ask("POST", "/v1/learn", lesson_body(picture), "multipart/form-data; boundary=frontier")
            ask("GET", "/v1/learn/1/events")
            names = [f"thing number {i}" for i in range(999)]
            ask("PUT", "/v1/prompts/mine/classes", json.dumps({"classes": names}).encode())
            ask("POST", "/v1/classify?prompt=mine", picture, "image/jpeg")
            more = lambda: ask("POST", "/v1/prompts/mine/classes",
                               json.dumps({"classes": [f"extra {next(count)}"]}).encode())
            results["serve: a class more to a thousand"] = seconds(more, 1)
        finally:
            server.terminate()
            server.wait()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--picture", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    model, picture = arguments.model, arguments.picture
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
        names.write("cat\ndog\nfish\n")
        names.flush()
        classify = [PROGRAM, "--quiet", "classify", "--model", model, "--classes", names.name, "--no-cache", picture]
        results = {"start (--version)": seconds(lambda: run(PROGRAM, "--version"), 9),
                   "reading the weights' file": seconds(lambda: (pathlib.Path(model) / "model.safetensors").read_bytes(), 5),
                   "classify: one picture, a process": seconds(lambda: run(*classify), 5)}
    tower = subprocess.run([TOWER, model, "image", "1", "0", "15"], capture_output=True, text=True, check=True)
    results["image tower, one picture"] = json.loads(tower.stdout)["median_seconds"]
    results |= of_server(model, picture.read_bytes())
    for name, value in results.items():
        print(f"{name:36} {1000 * value:9.1f} ms")


if __name__ == "__main__":
    main()

"""Seconds and memory of a peer's steps, as ours print them (bench/step.h)."""
import json
import resource
import statistics
import time


def report(what, step, steps):
    """Prints one line of JSON; what the first step returns is compared with ours."""
    check = step()  # compiles, allocates
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"case": what, "median_seconds": statistics.median(seconds), "peak_mb": round(peak),
                      "check": check}))

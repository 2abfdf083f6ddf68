"""Runners take turns, so that a slow minute of the machine meets all of them."""
import statistics

import process


def in_turn(runners, rounds):
    """What each of `runners`, {name: call}, gave: its first result with the median and the spread of all `seconds`
    and the largest `peak_mb`; or, of one that failed once, why."""
    results = {name: [] for name in runners}
    for _ in range(rounds):
        for name, runner in runners.items():
            if not any("error" in result for result in results[name]):
                results[name].append(result_of(runner))
    return {name: summary(of_runner) for name, of_runner in results.items()}


def result_of(runner):
    try:
        return runner()
    except process.NotMeasured as reason:
        return {"error": str(reason)}


def summary(results):
    if "error" in results[-1]:
        return results[-1]
    seconds = [result["seconds"] for result in results]
    peaks = [result["peak_mb"] for result in results if "peak_mb" in result]
    return results[0] | {"seconds": statistics.median(seconds), "least": min(seconds), "largest": max(seconds),
                         "runs": len(seconds), "peak_mb": max(peaks, default=None)}

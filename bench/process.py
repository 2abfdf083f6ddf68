"""Processes from their start to their end: wall seconds, peak memory, and what they said."""
import os
import statistics
import subprocess
import tempfile
import time


class NotMeasured(Exception):
    """One line on why."""


def forget(path):
    """The next reader of a file waits for the disk: its pages leave the system's memory, unless somebody maps it."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(*words):
    """Peak memory is that of the process or of the largest of its children."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in words], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    if process.returncode != 0:
        raise NotMeasured((texts[1].strip().splitlines() or [f"exit status {process.returncode}"])[-1])
    return {"seconds": seconds, "peak_mb": round(usage.ru_maxrss / 1024), "out": texts[0]}


def median_seconds(work, times):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)

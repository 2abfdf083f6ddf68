"""Pictures named by a process, from its start to its end.

Ours is `qprompt classify`: zero-shot without a cache, which encodes the class texts, too; and "texts kept", as the
peers have them (bench/peer/classify.py): a prompt of the same words, whose class matrix lies in the cache, where no
picture is. -cold: the files of weights, and nothing else, have left the system's memory before each start. Of 1,000
pictures 40 and then 200 are timed, multiples of the peers' batch, and the rest is told from what 160 more took.
Compared: the cosines, as logits (times 100).
"""
import json
import pathlib
import shutil
import sys
import tempfile

import pictures
import process
from cases import MADE, PROGRAM, Case, made_pictures, one_picture, peer

KEPT = MADE / "classify"  # from one day to the next, by ours and by the peers
CLASSES, FEW, MANY, ALL = 10, 4, 20, 1000  # FEW, MANY: of each class
TEXTS_KEPT = ("fp32", "auto")
PEERS = ("plain", "expert", "expert-bf16", "onnx", "openvino", "openvino-bf16")
EXACT = ("fp32", "fp32, texts kept", "plain", "expert", "onnx", "openvino")
LOGIT_TOLERANCE = {"fp32": 0.01, "low": 2.0}


def class_list():
    path = MADE / "classes.txt"
    path.write_text("\n".join(pictures.names(CLASSES)) + "\n")
    return path


def prompt_of_words(model):
    """Zero-shot's, as a run that has learned nothing."""
    run = KEPT / "prompt"
    if not (run / "run.json").exists():
        data = made_pictures(f"classify-{CLASSES}x{FEW}", CLASSES, FEW, "caltech")
        process.run(PROGRAM, "--quiet", "train", "--model", model, "--data", data, "--output", run, "--method", "coop",
                    "--ctx-init", "a photo of a", "--stop-epoch", 0, "--model-choice", "last_epoch", "--full-precision",
                    "--no-temperature", "--skip-held-out", "--skip-evaluation", "--no-cache")
    return run


def cache(precision):
    return KEPT / f"cache-{precision}"


def prepare(model):
    """What both sides keep; before anything is timed."""
    for precision in TEXTS_KEPT:
        shutil.rmtree(cache(precision), ignore_errors=True)  # it may be another version's
        others = made_pictures("others", 1, 1, "eurosat")  # none of those that are timed
        ours(model, others, precision, "--prompt", prompt_of_words(model), "--cache", cache(precision))
    if (KEPT / "complete").exists():
        return
    try:
        peer("classify.py", "prepare", model, class_list(), KEPT)
    except process.NotMeasured as reason:  # what it leaves may do for some
        print(f"peers of classify are not all prepared: {reason}", file=sys.stderr)


def ours_with_texts(model, images, precision):
    with tempfile.TemporaryDirectory() as folder:  # so that `images` are not known the next time
        copy = shutil.copytree(cache(precision), pathlib.Path(folder) / "cache")
        return ours(model, images, precision, "--prompt", prompt_of_words(model), "--cache", copy)


def ours(model, images, precision, *texts):
    texts = texts or ("--classes", class_list(), "--no-cache")
    done = process.run(PROGRAM, "--quiet", "classify", "--model", model, "--precision", precision, *texts,
                       "--top", CLASSES, "--json", "-", images)
    names = pictures.names(CLASSES)
    cosines = {}
    for image in json.loads(done.pop("out"))["images"]:
        by_name = {score["class"]: score["cosine"] for score in image["scores"]}
        cosines[image["path"]] = [by_name[name] for name in names]
    return done | {"check": cosines}


def theirs(model, images, what):
    done = peer("classify.py", what, model, class_list(), KEPT, images)
    return done | {"check": json.loads(done.pop("out"))["cosines"]}


def examine(results):
    exact = results[("ours", "fp32")].get("check")
    doubts = []
    for runner, result in results.items():
        theirs = result.pop("check", None)
        if exact is None or theirs is None or runner == ("ours", "fp32"):
            continue
        off = max(100 * abs(a - b) for image in exact for a, b in zip(exact[image], theirs[image]))
        same = sum(best(exact[image]) == best(theirs[image]) for image in exact) / len(exact)
        result["note"] = "; ".join(filter(None, (result.get("note"), f"logits within {off:.2g}, {same:.1%} of names")))
        if off > LOGIT_TOLERANCE["fp32" if runner[1] in EXACT else "low"]:
            doubts.append(f"{' '.join(runner)}: logits differ from ours in fp32 by {off:.2g}")
    return doubts


def best(cosines):
    return max(range(len(cosines)), key=cosines.__getitem__)


def runners(place, time_of):
    """`time_of` makes what is measured of a function from pictures to a process's results."""
    prepare(place.model)
    rows = {("ours", p): lambda images, p=p: ours(place.model, images, p) for p in ("fp32", "auto", "int8")}
    rows |= {("ours", f"{p}, texts kept"): lambda images, p=p: ours_with_texts(place.model, images, p)
             for p in TEXTS_KEPT}
    rows |= {("peer", what): lambda images, what=what: theirs(place.model, images, what) for what in PEERS}
    return {runner: lambda work=work: time_of(work) for runner, work in rows.items()}


def one(place):
    return Case(runners(place, lambda work: work(one_picture())), examine)


def one_cold(place):
    def after_forgetting(work):
        for path in [*KEPT.rglob("*"), pathlib.Path(place.model) / "model.safetensors"]:
            if path.is_file():
                process.forget(path)
        return work(one_picture())

    return Case(runners(place, after_forgetting), examine)


def thousand(place):
    few, many = (made_pictures(f"classify-{CLASSES}x{images}", CLASSES, images, "caltech") for images in (FEW, MANY))

    def extrapolated(work):
        short, long = work(few)["seconds"], work(many)
        of_each = (long["seconds"] - short) / (CLASSES * (MANY - FEW))
        seconds = long["seconds"] + of_each * (ALL - CLASSES * MANY)
        return long | {"seconds": seconds, "note": f"extrapolated from {CLASSES * FEW} and {CLASSES * MANY} of {ALL:,}"}

    return Case(runners(place, extrapolated), examine)


CASES = {"classify-1": one, "classify-1-cold": one_cold, "classify-1000": thousand}

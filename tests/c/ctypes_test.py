"""The library through Python's ctypes gives the answers of `qprompt classify --json`, to the last bit.

usage: ctypes_test.py LIBQPROMPT PROGRAM DEMO
"""
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_size_t, c_void_p


class Image(ctypes.Structure):
    _fields_ = [("kind", c_int), ("data", c_char_p), ("size", c_size_t), ("width", c_int), ("height", c_int),
                ("stride", ctypes.c_ssize_t)]


class Options(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("top", c_int), ("skip_bad_images", c_int)]


class Score(ctypes.Structure):
    _fields_ = [("class_name", c_char_p), ("class_index", c_size_t), ("probability", c_double),
                ("cosine", c_double)]


class Answer(ctypes.Structure):
    _fields_ = [("scores", POINTER(Score)), ("score_count", c_size_t), ("margin", c_double),
                ("known_score", c_double), ("damage", c_char_p)]


def opened(path):
    library = ctypes.CDLL(path)
    library.qprompt_last_error.restype = library.qprompt_version.restype = c_char_p
    library.qprompt_results_answer.restype = POINTER(Answer)
    library.qprompt_results_answer.argtypes = [c_void_p, c_size_t]
    return library


def done(library, status):
    assert status == 0, library.qprompt_last_error().decode()


def answers(library, model_folder, prompt, images, top):
    """As the program's report has them, path by path."""
    model, classifier, results = c_void_p(), c_void_p(), c_void_p()
    done(library, library.qprompt_model_load(model_folder.encode(), None, byref(model)))
    done(library, library.qprompt_classifier_load(model, prompt.encode(), None, c_size_t(0), byref(classifier)))
    asked = (Image * len(images))(*[Image(1, image.encode()) for image in images])
    options = Options(ctypes.sizeof(Options), top, 0)
    done(library, library.qprompt_classify(classifier, asked, c_size_t(len(images)), byref(options),
                                           byref(results)))
    found = []
    for i, image in enumerate(images):
        answer = library.qprompt_results_answer(results, i).contents
        scores = [{"class": s.class_name.decode(), "probability": s.probability, "cosine": s.cosine}
                  for s in answer.scores[:answer.score_count]]
        found.append({"path": image, "margin": answer.margin, "known_score": answer.known_score,
                      "scores": scores})
    library.qprompt_results_free(results)
    library.qprompt_classifier_free(classifier)
    library.qprompt_model_free(model)
    return found


def run(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def main(path, program, demo):
    library = opened(path)
    assert library.qprompt_version().decode() == run(program, "--version").split()[1]
    model = f"{demo}/model"
    images = sorted(map(str, pathlib.Path(demo, "pictures/val/black_moon").iterdir()))[:5]
    with tempfile.TemporaryDirectory() as folder:
        prompt = f"{folder}/run"
        run(program, "train", "--model", model, "--data", f"{demo}/pictures", "--output", prompt, "--shots", "1",
            "--epochs", "1", "--views", "1", "--skip-evaluation", "--no-cache")
        report = json.loads(run(program, "classify", "--model", model, "--prompt", prompt, "--top", "3",
                                "--no-cache", "--json", "-", *images))
        expected = [{key: image[key] for key in ("path", "margin", "known_score", "scores")}
                    for image in report["images"]]
        assert answers(library, model, prompt, images, 3) == expected
    print("ctypes_test: passed")


main(*sys.argv[1:])

"""How long people wait for the program: its start, the first answer, a warm server, a class more."""
import http.client
import json
import pathlib
import subprocess
import tempfile
import time

import pictures
import process
from cases import PROGRAM, Case, one_picture, peer, tower_step

PORT = 8919
BOUNDARY = "frontier"
N_CTX, LEARNED, ALL, ADDITIONS = 4, 2, 1000, 15  # of the prompt to which classes are added
GOAL = 0.001  # seconds that adding a class takes beyond the text tower's time


class Server:
    """`qprompt serve` while a with statement lasts, and one connection to it."""

    def __init__(self, model):
        self.model = model
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        start = time.perf_counter()
        command = [PROGRAM, "--quiet", "serve", "--model", self.model, "--prompts", self.folder.name,
                   "--port", str(PORT), "--max-classes", str(2 * ALL)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while not self.is_ready():
            if self.process.poll() is not None:
                raise process.NotMeasured(f"the server ended with status {self.process.returncode}")
            time.sleep(0.002)
        self.seconds_to_ready = time.perf_counter() - start
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def is_ready(self):
        try:
            self.ask("GET", "/readyz")
            return True
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return False

    def ask(self, method, path, body=b"", kind="application/json"):
        self.connection.request(method, path, body, {"Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise process.NotMeasured(f"{path}: {text.decode(errors='replace')}")
        return text

    def classify(self, picture, number):
        """Bytes behind a JPEG's end make it another picture to whoever remembers pictures."""
        self.ask("POST", "/v1/classify?classes=cat%0Adog%0Afish", picture + str(number).encode(), "image/jpeg")


def version():
    return {"seconds": process.median_seconds(lambda: process.run(PROGRAM, "--version"), 9)}


def weights_read(model):
    return {"seconds": process.median_seconds((pathlib.Path(model) / "model.safetensors").read_bytes, 3)}


def until_ready(model):
    with Server(model) as server:
        return {"seconds": server.seconds_to_ready}


def until_ready_cold(model):
    process.forget(pathlib.Path(model) / "model.safetensors")
    return until_ready(model)


def first_answer(model):
    picture = one_picture().read_bytes()
    with Server(model) as server:
        return {"seconds": process.median_seconds(lambda: server.classify(picture, 0), 1)}


def warm_answer(model):
    picture, numbers = one_picture().read_bytes(), iter(range(100))
    with Server(model) as server:
        server.classify(picture, next(numbers))
        return {"seconds": process.median_seconds(lambda: server.classify(picture, next(numbers)), 15)}


def start(place):
    model = place.model
    runners = {("ours", "--version"): version,
               ("file", "weights, from the system's memory"): lambda: weights_read(model),
               ("ours", "serve until ready"): lambda: until_ready(model),
               ("ours", "serve until ready, cold weights"): lambda: until_ready_cold(model),
               ("ours", "serve, first answer"): lambda: first_answer(model),
               ("ours", "serve, a warm picture"): lambda: warm_answer(model),
               ("tower", "of the image alone, a picture"): lambda: tower_step(model, "image", 1, 0, 15)}
    return Case(runners, compares=False)


def form(fields):
    """[(disposition, content)] as multipart/form-data"""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
    parts = [f"{head}{disposition}\r\n\r\n".encode() + content + b"\r\n" for disposition, content in fields]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def learn_prompt(server):
    """`mine`: two classes of two pictures."""
    picture = one_picture().read_bytes()
    settings = {"epochs": 1, "views": 1, "n_ctx": N_CTX, "ctx_init": ""}
    fields = [('name="name"', b"mine"), ('name="settings"', json.dumps(settings).encode())]
    fields += [(f'name="image:class {number % LEARNED}"; filename="{number}.jpg"', picture + str(number).encode())
               for number in range(2 * LEARNED)]
    lesson = json.loads(server.ask("POST", "/v1/learn", form(fields), f"multipart/form-data; boundary={BOUNDARY}"))
    server.ask("GET", f"/v1/learn/{lesson['id']}/events")  # until it ends


def class_more(model):
    names = pictures.names(ALL + ADDITIONS + 1)
    with Server(model) as server:
        learn_prompt(server)
        server.ask("PUT", "/v1/prompts/mine/classes", json.dumps({"classes": names[:ALL]}))
        server.ask("POST", "/v1/classify?prompt=mine", one_picture().read_bytes(), "image/jpeg")
        more = iter(names[ALL:])
        add = lambda: server.ask("POST", "/v1/prompts/mine/classes", json.dumps({"classes": [next(more)]}))
        add()
        return {"seconds": process.median_seconds(add, ADDITIONS)}


def torch_class_more(model, what):
    done = peer("add_class.py", what, model, N_CTX, ADDITIONS)
    return json.loads(done["out"])


def examine_goal(results):
    added, tower = results[("ours", "server, a class more")], results[("tower", "of the text alone, a class")]
    if "seconds" in added and "seconds" in tower:
        beyond = added["seconds"] - tower["seconds"]
        verdict = "met" if beyond <= GOAL else "missed"
        added["note"] = f"the tower and {1000 * beyond:.2f} ms; the goal, {1000 * GOAL:.0f} ms, is {verdict}"
    return []


def add_class(place):
    model = place.model
    runners = {("ours", "server, a class more"): lambda: class_more(model),
               ("tower", "of the text alone, a class"): lambda: tower_step(model, "text-forward", 1, N_CTX, ADDITIONS)}
    runners |= {("peer", what): lambda what=what: torch_class_more(model, what)
                for what in ("plain", "expert", "expert-bf16")}
    return Case(runners, examine_goal)


CASES = {"start": start, "add-class": add_class}

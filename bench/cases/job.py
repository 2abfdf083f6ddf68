"""A whole job: a prompt learned from a few pictures a class, and the test pictures named with it.

Ours is one process, `qprompt train` without a cache, which tells its stages in the run's record: making views,
training, encoding test pictures and evaluating (zero-shot on their features, too). It is CoOp in full precision: 8
random views of each picture are kept, as is the default, epochs draw from them, and the last epoch is deployed. The
peers are in bench/peer/job.py: `expert` makes as many views and steps; `plain` is the published code, where the image
tower sees a new view of every picture in every step. All name the same test pictures.

Where a part alone is timed, a stage counts by how much of it was done ("extrapolated from"); what is no stage (start,
reading weights, first steps) counts once. Ours packs weights within its first stages, which then count too often.

`int8` learns and names with int8 features of images.

Compared: the loss of the first epoch, whose rate is the warm-up's, so that it is that of the words (views are random),
and the loss of the test pictures with the prompt that ours learned in fp32, which the peers are given for that.
"""
import dataclasses
import json
import pathlib
import tempfile

import process
from cases import MADE, PROGRAM, Case, made_pictures, peer

FIRST_TOLERANCE = 0.15  # relative: other views, fewer steps
TEST_TOLERANCE = {"fp32": 0.0005, "low": 0.05}


@dataclasses.dataclass(frozen=True)
class Job:
    kind: str
    classes: int
    n_ctx: int
    tests: int  # of the data set
    timed_tests: int
    timed_views: int  # by peers
    timed_steps: int  # by `expert`; `plain` does three
    our_shots: int  # of `shots`, and
    our_views: int  # of `views`, and
    our_epochs: int  # of `epochs`, that ours does
    shots: int = 16
    epochs: int = 50
    views: int = 8
    batch: int = 32

    @property
    def words(self):
        """The context's start: words of one token each in any vocabulary."""
        return " ".join("abcdefghijklmnopqrstuvwxyz"[:self.n_ctx])

    @property
    def images(self):
        return self.classes * self.shots

    @property
    def whole(self):
        """How much of each stage is the job."""
        steps = self.epochs * (self.images // self.batch)
        return {"views": self.images * self.views, "steps": steps, "tests": self.tests}


JOBS = {
    "job-eurosat": Job("eurosat", classes=10, n_ctx=4, tests=8100, timed_tests=200, timed_views=160, timed_steps=20,
                       our_shots=16, our_views=8, our_epochs=50),
    "job-caltech": Job("caltech", classes=100, n_ctx=16, tests=2465, timed_tests=200, timed_views=160, timed_steps=5,
                       our_shots=4, our_views=1, our_epochs=2),
}
PLAIN_STEPS = 3


def data_of(job):
    folder = f"{job.kind}-{job.classes}x{job.shots}+{job.timed_tests}"
    made_pictures(f"{folder}/train", job.classes, job.shots, job.kind)
    return made_pictures(f"{folder}/test", job.classes, job.timed_tests // job.classes, job.kind).parent


def extrapolated(job, seconds, stages, done):
    """Seconds of the whole job, its stages, and the words on what was timed."""
    whole = {stage: taken * job.whole[stage] / done[stage] for stage, taken in stages.items()}
    parts = [f"{done[stage]:,} of {job.whole[stage]:,} {stage}" for stage in stages if done[stage] != job.whole[stage]]
    rest = seconds - sum(stages.values())
    return {"seconds": rest + sum(whole.values()), "stages": {"rest": rest} | whole, "timed_seconds": seconds,
            "note": "extrapolated from " + ", ".join(parts) if parts else ""}


def learned_prompt(job):
    return MADE / f"{job.kind}-{job.classes}-fp32.safetensors"


def train_command(job, model, data, precision, run):
    settings = {"method": "coop", "n-ctx": job.n_ctx, "ctx-init": job.words, "shots": job.our_shots,
                "epochs": job.epochs, "stop-epoch": job.our_epochs, "views": job.our_views, "batch-size": job.batch,
                "lr": 0.002, "model-choice": "last_epoch"}
    flags = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return [PROGRAM, "--quiet", "train", "--model", model, "--data", data, "--precision", precision, "--output", run,
            "--full-precision", "--skip-held-out", "--no-cache", *flags]


def ours(job, model, data, precision):
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        process_done = process.run(*train_command(job, model, data, precision, run))
        record = json.loads((run / "run.json").read_text())
        if precision == "fp32":
            process.run(PROGRAM, "export", run, "--values", learned_prompt(job), "--force")
    seconds, target = record["seconds"], record["targets"][0]
    stages = {"views": seconds["features"], "steps": seconds["training"],
              "tests": seconds["test_features"] + seconds["evaluation"]}
    done = {"views": job.classes * job.our_shots * job.our_views, "steps": record["steps"], "tests": target["images"]}
    return {**extrapolated(job, process_done["seconds"], stages, done), "peak_mb": process_done["peak_mb"],
            "check": [record["epochs"][0]["loss"], target["calibration"]["nll"]]}


def theirs(job, model, data, what):
    fields = dataclasses.asdict(job) | {"words": job.words}
    if what == "plain":
        fields["timed_steps"] = PLAIN_STEPS
    prompt = learned_prompt(job)
    process_done = peer("job.py", what, model, data, json.dumps(fields), *([prompt] if prompt.exists() else []))
    told = json.loads(process_done["out"])
    return {**extrapolated(job, process_done["seconds"], told["stages"], told["done"]),
            "peak_mb": process_done["peak_mb"], "check": [told["first_loss"], told["test_loss"]]}


def examine(results):
    exact = results[("ours", "fp32")].get("check")
    doubts = []
    for runner, result in results.items():
        if exact is None or "check" not in result:
            continue
        is_exact = runner[1] in ("fp32", "plain", "expert")
        tolerances = (FIRST_TOLERANCE, TEST_TOLERANCE["fp32" if is_exact else "low"])
        for name, ours, other, tolerance in zip(("first", "test"), exact, result["check"], tolerances):
            if abs(other - ours) > tolerance * ours:
                doubts.append(f"{' '.join(runner)}: {name} loss {other:.4f}, ours in fp32 has {ours:.4f}")
    return doubts


def case(job, place):
    data = data_of(job)
    runners = {("ours", precision): lambda precision=precision: ours(job, place.model, data, precision)
               for precision in ("fp32", "auto", "int8")}
    runners |= {("peer", what): lambda what=what: theirs(job, place.model, data, what)
                for what in ("plain", "expert", "expert-bf16")}
    return Case(runners, examine)


CASES = {name: lambda place, job=job: case(job, place) for name, job in JOBS.items()}

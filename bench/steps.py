"""The cases of bench/compare.py: what a step works on, in which formats of ours, beside which peers."""
import dataclasses

TEXT = ("plain", "expert", "compile", "expert-bf16", "compile-bf16")
IMAGE = (*TEXT, "onnx", "onnx-int8", "openvino", "openvino-bf16", "openvino-int8")
METHOD = ("plain", "expert", "expert-bf16")


@dataclasses.dataclass(frozen=True)
class Case:
    what: str              # it is, for people
    program: str           # ours in build/release/bench, and the peers' in bench/peer
    work: tuple            # its command line between the model and our format or the peer's name; ends with steps
    formats: tuple         # ours; the first is what the others are compared with
    peers: tuple
    text_rows: int = 0     # that our towers take through their blocks
    image_rows: int = 0
    passes: int = 2        # back through activations alone: as much as forward
    reads_model: bool = True
    is_error: bool = False  # what comes out is an error to make small: ours may be less than a peer's

    def operations(self):
        """Multiplications and additions of the blocks' matrix products in one step of ours, at ViT-B/16's size."""
        return self.passes * 2 * 12 * 12 * (self.text_rows * 512 ** 2 + self.image_rows * 768 ** 2)

    def shortened(self, most_steps):
        return dataclasses.replace(self, work=(*self.work[:-1], min(self.work[-1], most_steps)))


def coop(classes, n_ctx, steps, peers=TEXT):
    return Case(f"CoOp, {classes} classes, {n_ctx} ctx", "tower_step", ("text", classes, n_ctx, steps),
                ("fp32", "auto"), peers, text_rows=1 + n_ctx + 5 * classes)


def image(batch, steps):
    return Case(f"the image tower's forward pass, batch {batch}", "tower_step", ("image", batch, 0, steps),
                ("fp32", "auto", "int8"), IMAGE, image_rows=197 * batch, passes=1)


def method(name, classes, batch, steps, formats=("fp32", "auto"), peers=METHOD, **rows):
    return Case(f"{name}, {classes} classes, batch {batch}", "method_step", (name, classes, batch, steps),
                formats, peers, **rows)


def on_features(name):
    """Fixed texts, cached features: nothing goes through a tower, and all is fp32."""
    return method(name, 100, 32, 99, formats=("fp32",), peers=("plain",))


def kmeans(rows):
    return Case(f"codebooks of 1 to 4 bits of a {rows} x 512 context", "kmeans_step", (rows, 512, 25),
                ("optimal",), ("scikit-learn",), reads_model=False, is_error=True)


CASES = {
    "coop-5": coop(5, 4, 9),
    "coop-50": coop(50, 16, 5),
    "coop-500": coop(500, 16, 3, ("expert", "expert-bf16")),
    "coop-1000": coop(1000, 16, 3, ("expert-bf16",)),
    "image-1": image(1, 9),
    "image-8": image(8, 5),
    "image-32": image(32, 3),
    "vision-prompts-4": Case("4 vision tokens in each of 9 layers, batch 4", "tower_step",
                             ("image-step", 4, 4, 5), ("fp32", "auto"), METHOD, image_rows=4 * 201),
    "cocoop": method("cocoop", 100, 1, 3, text_rows=5 + 5 * 100),
    "maple": method("maple", 50, 4, 3, text_rows=5 + 5 * 50, image_rows=4 * 199),
    "vpt": method("vpt", 50, 4, 3, image_rows=4 * 205),
    "clip-adapter": on_features("clip-adapter"),
    "tip-adapter-f": on_features("tip-adapter-f"),
    "clap": on_features("clap"),
    "kmeans-4": kmeans(4),
    "kmeans-16": kmeans(16),
}
QUICK = ("coop-5", "coop-50", "image-1", "image-8")
QUICK_STEPS = 3
QUICK_PEERS = {"plain", "expert", "expert-bf16", "onnx", "openvino"}

#!/usr/bin/env python3
"""One case of bench/method_step.cc in PyTorch, as one line of JSON.

usage: method_step.py MODEL METHOD CLASSES BATCH STEPS PEER
METHOD: cocoop, maple, vpt, clip-adapter, tip-adapter-f or clap
PEER: plain         as the published code computes: 77 tokens, attention in steps
      expert        tokens to the end of text only, fused attention
      expert-bf16   the same in bf16
Learners behind the towers see the same cached features and fixed texts with every peer.
"""
import sys

import torch
import torch.nn.functional as F

import inputs
from clip import clip_of, replaced
from timed import report

SHOTS = 16


class Method:
    """A method at work: the matrices that it learns, by name, and the logits of its batch."""

    def __init__(self, clip, classes, images, peer):
        self.clip, self.peer, self.classes = clip, peer, classes
        self.width = clip.token_embedding.shape[1]
        self.image_width = len(clip.weights["vision_model.embeddings.class_embedding"])
        self.embed = len(clip.weights["text_projection.weight"])
        sentences = torch.tensor(inputs.sentence_tokens(classes))
        self.eot = torch.full((classes,), sentences.shape[1] - 1)
        if peer == "plain":
            sentences = F.pad(sentences, (0, clip.context_length - sentences.shape[1]))
        self.embedded = clip.token_embedding[sentences]
        self.batch = self.features(2, images)

    def features(self, offset, rows):
        return torch.tensor(inputs.unit_wave(offset, rows, self.embed)).to(self.clip.dtype)

    def pixels(self, images):
        size = self.clip.config["vision_config"]["image_size"]
        return torch.tensor(inputs.pixels(images, size)).to(self.clip.dtype)

    def texts(self, ctx=None, deep=()):
        """Unit features of the classes, with learned rows in place of the first words."""
        embedded = self.embedded if ctx is None else replaced(self.embedded, ctx, 1)
        return F.normalize(self.clip.text_features(embedded, self.eot, deep))

    def cosines(self, images, texts):
        return self.clip.logit_scale * images @ texts.T

    def penalty(self, learned):
        return 0


class CoCoOp(Method):
    def shapes(self):
        hidden = self.embed // 16
        return {"ctx": (4, self.width), "meta_net.linear1.weight": (hidden, self.embed),
                "meta_net.linear1.bias": (hidden,), "meta_net.linear2.weight": (self.width, hidden),
                "meta_net.linear2.bias": (self.width,)}

    def logits(self, learned):
        hidden = F.relu(F.linear(self.batch, learned["meta_net.linear1.weight"], learned["meta_net.linear1.bias"]))
        shifts = F.linear(hidden, learned["meta_net.linear2.weight"], learned["meta_net.linear2.bias"])
        return torch.stack([self.cosines(image, self.texts(learned["ctx"] + shift))
                            for image, shift in zip(self.batch, shifts)])


class MaPLe(Method):
    def __init__(self, clip, classes, images, peer):
        super().__init__(clip, classes, images, peer)
        self.batch = self.pixels(images)
        depth = min(9, len(clip.text.layers), len(clip.image.layers))
        self.projections = ["proj"] + [f"compound_prompt_projections.{i}" for i in range(depth - 1)]
        self.tokens = ["ctx"] + [f"compound_prompts_text.{i}" for i in range(depth - 1)]

    def shapes(self):
        return ({tokens: (2, self.width) for tokens in self.tokens}
                | {f"{p}.weight": (self.image_width, self.width) for p in self.projections}
                | {f"{p}.bias": (self.image_width,) for p in self.projections})

    def logits(self, learned):
        text = [learned[tokens] for tokens in self.tokens]
        vision = [F.linear(tokens, learned[f"{p}.weight"], learned[f"{p}.bias"])
                  for tokens, p in zip(text, self.projections)]
        images = F.normalize(self.clip.image_features(self.batch, vision[0], vision[1:]))
        return self.cosines(images, self.texts(text[0], text[1:]))


class OfFixedTexts(Method):
    def __init__(self, clip, classes, images, peer):
        super().__init__(clip, classes, images, peer)
        with torch.no_grad():
            self.fixed = self.texts()


class Vpt(OfFixedTexts):
    def __init__(self, clip, classes, images, peer):
        super().__init__(clip, classes, images, peer)
        self.batch = self.pixels(images)
        self.tokens = ["vision"] + [f"deep_vision.{i}" for i in range(len(clip.image.layers) - 1)]

    def shapes(self):
        return {tokens: (8, self.image_width) for tokens in self.tokens}

    def logits(self, learned):
        vision = [learned[tokens] for tokens in self.tokens]
        images = self.clip.image_features(self.batch, vision[0], vision[1:])
        return self.cosines(F.normalize(images), self.fixed)


class ClipAdapter(OfFixedTexts):
    def shapes(self):
        hidden = self.embed // 4
        return {"fc.0.weight": (hidden, self.embed), "fc.2.weight": (self.embed, hidden)}

    def logits(self, learned):
        adapted = F.relu(F.linear(F.relu(F.linear(self.batch, learned["fc.0.weight"])), learned["fc.2.weight"]))
        return self.cosines(F.normalize(0.2 * adapted + 0.8 * self.batch), self.fixed)


class TipAdapterF(OfFixedTexts):
    def __init__(self, clip, classes, images, peer):
        super().__init__(clip, classes, images, peer)
        self.values = F.one_hot(torch.arange(classes).repeat_interleave(SHOTS)).to(clip.dtype)

    def shapes(self):
        return {"keys": (self.classes * SHOTS, self.embed)}

    def logits(self, learned):
        affinity = torch.exp(-5.5 * (1 - self.batch @ learned["keys"].T))
        return self.cosines(self.batch, self.fixed) + 1.0 * affinity @ self.values


class Clap(OfFixedTexts):
    """Prototypes ten long beside their texts; held to them as firmly as zero-shot CLIP is right about the shots."""

    def __init__(self, clip, classes, images, peer):
        super().__init__(clip, classes, images, peer)
        labels = torch.arange(classes).repeat_interleave(SHOTS)
        probabilities = self.cosines(self.features(6, len(labels)), self.fixed).softmax(1)
        self.firmness = probabilities[torch.arange(len(labels)), labels].view(classes, SHOTS).mean(1)

    def shapes(self):
        return {"residual": (self.classes, self.embed)}

    def logits(self, learned):
        return self.cosines(self.batch, F.normalize(10 * self.fixed + learned["residual"]))

    def penalty(self, learned):
        return (self.firmness * learned["residual"].square().sum(1)).mean()


METHODS = {"cocoop": CoCoOp, "maple": MaPLe, "vpt": Vpt, "clip-adapter": ClipAdapter, "tip-adapter-f": TipAdapterF,
           "clap": Clap}


def step_of(method, images):
    shapes = method.shapes()
    learned = {name: torch.tensor(inputs.wave(rank, shapes[name], 0.02)).to(method.clip.dtype).requires_grad_()
               for rank, name in enumerate(sorted(shapes))}
    labels = torch.tensor(inputs.labels(method.classes, images))

    def step():
        for matrix in learned.values():
            matrix.grad = None
        loss = F.cross_entropy(method.logits(learned).float(), labels) + method.penalty(learned)
        loss.backward()
        return {"loss": loss.item()} | {name: float(matrix.grad.float().norm()) for name, matrix in learned.items()}

    return step


def main():
    folder, name, classes, images, steps, peer = sys.argv[1:]
    method = METHODS[name](clip_of(folder, peer), int(classes), int(images), peer)
    report(name, step_of(method, int(images)), int(steps))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Median seconds of adding one class to a thousand: its text through the tower, and a row more; one line of JSON.

usage: add_class.py PEER MODEL N_CTX TIMES
PEER: plain (77 tokens), expert (to the end, fused attention), expert-bf16. The name is tokens already.
"""
import json
import resource
import statistics
import sys
import time

import torch

import inputs
import texts
from clip import Clip


def sentence(number, n_ctx, vocabulary):
    """Ids of a class of tower_step's: start, context (any token), its own, end."""
    return [inputs.SOS, *[1] * n_ctx, *inputs.class_tokens(number + 1, vocabulary)[number].tolist()]


def main():
    peer, model, n_ctx, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    dtype = torch.bfloat16 if peer.endswith("bf16") else torch.float32
    clip = Clip(model, "plain" if peer == "plain" else "sdpa", dtype)
    length = clip.context_length if peer == "plain" else 0
    classes = texts.unit(torch.randn(1000, clip.weights["text_projection.weight"].shape[0])).to(dtype)
    taken = []
    with torch.inference_mode():
        for number in range(2 + times):
            start = time.perf_counter()
            ids = [sentence(number, n_ctx, len(clip.token_embedding))]
            row = texts.unit(clip.text_features(*texts.embedded(clip, ids, length)))
            torch.cat([classes, row])
            taken.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": statistics.median(taken[2:]), "peak_mb": round(peak)}))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes a CLIP of ViT-B/16's size with random weights (Hugging Face layout, fp16), to measure speed
and memory with. Seeded; needs numpy only. The vocabulary is made up: bytes, then unused merges.

usage: make_random_clip.py FOLDER [--seed 1]
"""
import argparse, json, pathlib, struct
import numpy as np

TEXT = dict(width=512, layers=12, heads=8, context=77, vocabulary=49408)
IMAGE = dict(width=768, layers=12, heads=12, patch=16, size=224)
EMBED = 512


def normal(rng, shape, std):
    return (std * rng.standard_normal(shape, dtype=np.float32)).astype(np.float16)


def tower(rng, prefix, width, layers):
    """Weights of the residual blocks, spread as CLIP initialises them."""
    attention, narrow = width ** -0.5, width ** -0.5 * (2 * layers) ** -0.5
    for l in range(layers):
        p = f"{prefix}.encoder.layers.{l}."
        for part in "qkv":
            yield f"{p}self_attn.{part}_proj.weight", normal(rng, (width, width), attention)
            yield f"{p}self_attn.{part}_proj.bias", np.zeros(width, np.float16)
        yield p + "self_attn.out_proj.weight", normal(rng, (width, width), narrow)
        yield p + "self_attn.out_proj.bias", np.zeros(width, np.float16)
        yield p + "mlp.fc1.weight", normal(rng, (4 * width, width), (2 * width) ** -0.5)
        yield p + "mlp.fc1.bias", np.zeros(4 * width, np.float16)
        yield p + "mlp.fc2.weight", normal(rng, (width, 4 * width), narrow)
        yield p + "mlp.fc2.bias", np.zeros(width, np.float16)
        for norm in ("layer_norm1", "layer_norm2"):
            yield f"{p}{norm}.weight", np.ones(width, np.float16)
            yield f"{p}{norm}.bias", np.zeros(width, np.float16)


def weights(rng):
    t, i = TEXT, IMAGE
    yield "logit_scale", np.array(np.log(100), np.float16)
    yield "text_model.embeddings.token_embedding.weight", normal(rng, (t["vocabulary"], t["width"]), 0.02)
    yield "text_model.embeddings.position_embedding.weight", normal(rng, (t["context"], t["width"]), 0.01)
    yield from tower(rng, "text_model", t["width"], t["layers"])
    yield "text_model.final_layer_norm.weight", np.ones(t["width"], np.float16)
    yield "text_model.final_layer_norm.bias", np.zeros(t["width"], np.float16)
    yield "text_projection.weight", normal(rng, (EMBED, t["width"]), t["width"] ** -0.5)
    patches = (i["size"] // i["patch"]) ** 2
    yield "vision_model.embeddings.class_embedding", normal(rng, i["width"], i["width"] ** -0.5)
    yield "vision_model.embeddings.patch_embedding.weight", normal(rng, (i["width"], 3, i["patch"], i["patch"]), 0.02)
    yield "vision_model.embeddings.position_embedding.weight", normal(rng, (1 + patches, i["width"]), i["width"] ** -0.5)
    yield from tower(rng, "vision_model", i["width"], i["layers"])
    for norm in ("pre_layrnorm", "post_layernorm"):
        yield f"vision_model.{norm}.weight", np.ones(i["width"], np.float16)
        yield f"vision_model.{norm}.bias", np.zeros(i["width"], np.float16)
    yield "visual_projection.weight", normal(rng, (EMBED, i["width"]), i["width"] ** -0.5)


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = dict(dtype="F16", shape=list(values.shape), data_offsets=[offset, offset + values.nbytes])
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())


def config():
    def part(t, **more):
        return dict(hidden_act="quick_gelu", hidden_size=t["width"], intermediate_size=4 * t["width"],
                    num_attention_heads=t["heads"], num_hidden_layers=t["layers"], layer_norm_eps=1e-5,
                    projection_dim=EMBED, **more)
    return dict(model_type="clip", projection_dim=EMBED,
                text_config=part(TEXT, max_position_embeddings=TEXT["context"], vocab_size=TEXT["vocabulary"]),
                vision_config=part(IMAGE, image_size=IMAGE["size"], patch_size=IMAGE["patch"], num_channels=3))


def vocabulary():
    """CLIP's format: 256 byte symbols, the same ending a word, merges, start and end."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in printable]
    symbols = [chr(b) for b in printable] + [chr(256 + n) for n in range(len(rest))]
    tokens = symbols + [s + "</w>" for s in symbols]
    pairs = [(a, b) for a in symbols for b in symbols][: TEXT["vocabulary"] - len(tokens) - 2]
    tokens += [a + b for a, b in pairs] + ["<|startoftext|>", "<|endoftext|>"]
    return {t: n for n, t in enumerate(tokens)}, ["#version: 0.2"] + [f"{a} {b}" for a, b in pairs]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(args.folder / "model.safetensors", dict(weights(np.random.default_rng(args.seed))))
    (args.folder / "config.json").write_text(json.dumps(config(), indent=1))
    vocab, merges = vocabulary()
    (args.folder / "vocab.json").write_text(json.dumps(vocab))
    (args.folder / "merges.txt").write_text("\n".join(merges) + "\n")


main()

#!/usr/bin/env python3
"""Takes from a full set of reference values the part that the repository carries in tests/goldens:
what needs no image tower, 2.5 MB instead of 50 MB. No number is computed here: all are copied.

* The Hugging Face checkpoint keeps its text tower; a stand-in of width 8 takes the image tower's
  place, so that the folder opens. Its features mean nothing.
* The files of training runs keep the cases that prompt texts alone, with the features that the
  published image tower gave instead of the images.
* A few-shot split keeps labels and their order, which decide what is drawn; paths become numbers.
* One checkpoint as CoOp's users have it, and small pictures of the preprocessing at 64 pixels.

usage: make_small_goldens.py FULL_SET FOLDER        e.g. ../shared/goldens tests/goldens
"""
import argparse, json, math, pathlib, shutil, struct

TEXT_CASES = ["ivlp_text_only"]  # of maple.safetensors; all of coop.safetensors are
CHECKPOINTS = ["coop_random16"]
PICTURES = ["cmyk.jpg", "exif_rotated.jpg", "gray.jpg", "palette.png", "photo.webp", "tiny9x7.png"]
SPLITS = ["caltech101", "dtd"]  # classes of 16 to 400 images, and of 60 each

ELEMENT_BYTES = {"F16": 2, "F32": 4, "I64": 8}
STAND_IN = dict(width=8, mlp=8, size=4)  # one layer, one head, one patch


def read_safetensors(path):
    """{name: (type, shape, bytes)} and the metadata."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    metadata = header.pop("__metadata__", {})
    tensors = {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])])
               for name, t in header.items()}
    return tensors, metadata


def write_safetensors(path, tensors, metadata):
    header, offset, chunks = {"__metadata__": metadata}, 0, []
    # The widest types first: every tensor then lies at a multiple of its element's size.
    for name in sorted(tensors, key=lambda n: (-ELEMENT_BYTES[tensors[n][0]], n)):
        dtype, shape, data = tensors[name]
        header[name] = dict(dtype=dtype, shape=shape, data_offsets=[offset, offset + len(data)])
        offset += len(data)
        chunks.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def stand_in_image_tower(embed):
    """Zeros, and ones for the weights of layer norms."""
    width, mlp, size = STAND_IN["width"], STAND_IN["mlp"], STAND_IN["size"]
    block = "vision_model.encoder.layers.0."
    shapes = {
        "vision_model.embeddings.class_embedding": [width],
        "vision_model.embeddings.patch_embedding.weight": [width, 3, size, size],
        "vision_model.embeddings.position_embedding.weight": [2, width],
        "visual_projection.weight": [embed, width],
    }
    linears = {f"self_attn.{part}_proj": [width, width] for part in ("q", "k", "v", "out")}
    linears |= {"mlp.fc1": [mlp, width], "mlp.fc2": [width, mlp]}
    for name, shape in linears.items():
        shapes |= {block + name + ".weight": shape, block + name + ".bias": shape[:1]}
    norms = ["vision_model.pre_layrnorm", "vision_model.post_layernorm",
             block + "layer_norm1", block + "layer_norm2"]
    for name in norms:
        shapes |= {name + ".weight": [width], name + ".bias": [width]}
    def filled(name, shape):
        value = 1 if name.removesuffix(".weight") in norms else 0
        return ("F16", shape, struct.pack("<e", value) * math.prod(shape))
    return {name: filled(name, shape) for name, shape in shapes.items()}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def make_checkpoint(source, target):
    tensors, metadata = read_safetensors(source / "model.safetensors")
    of_images = ("vision_model.", "visual_projection.")
    text = {name: tensor for name, tensor in tensors.items() if not name.startswith(of_images)}
    config = json.loads((source / "config.json").read_text())
    image_tower = stand_in_image_tower(config["projection_dim"])
    write_safetensors(target / "model.safetensors", text | image_tower, metadata)
    config["vision_config"] |= dict(
        hidden_size=STAND_IN["width"], intermediate_size=STAND_IN["mlp"], num_attention_heads=1,
        num_hidden_layers=1, image_size=STAND_IN["size"], patch_size=STAND_IN["size"])
    write_json(target / "config.json", config)
    preprocessor = json.loads((source / "preprocessor_config.json").read_text())
    preprocessor |= dict(size=STAND_IN["size"], crop_size=STAND_IN["size"])
    write_json(target / "preprocessor_config.json", preprocessor)
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(source / name, target / name)


def of_text_cases(entries):
    shared = ("labels", "classnames", "seed", "source")
    return {name: value for name, value in entries.items()
            if name in shared or name.split(".")[0] in TEXT_CASES}


def make_training_runs(source, target):
    coop, coop_metadata = read_safetensors(source / "coop.safetensors")
    maple, maple_metadata = read_safetensors(source / "maple.safetensors")
    assert coop["images"] == maple["images"], "the features of one file are not those of the other"
    write_safetensors(target / "maple.safetensors",
                      of_text_cases(maple) | {"zs.image_features": coop["zs.image_features"]},
                      of_text_cases(maple_metadata))
    del coop["images"]
    write_safetensors(target / "coop.safetensors", coop, coop_metadata)


def make_preprocess(source, target):
    tensors, metadata = read_safetensors(source / "preprocess.safetensors")
    kept = {f"64/{name}": tensors[f"64/{name}"] for name in PICTURES}
    write_safetensors(target / "preprocess.safetensors", kept, metadata)
    (target / "images").mkdir()
    for name in PICTURES:
        shutil.copyfile(source / "images" / name, target / "images" / name)


def make_few_shot(source, target):
    target.mkdir(parents=True)
    split = json.loads((source / "split.json").read_text())
    numbered = {subset: [[f"{subset}{position}", label, str(label)]
                         for position, (_, label, _) in enumerate(split[subset])]
                for subset in ("train", "val")}
    (target / "split.json").write_text(json.dumps(numbered, separators=(",", ":")) + "\n")
    for shots in source.glob("shot_*.json"):
        shutil.copyfile(shots, target / shots.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("full_set", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    args = parser.parse_args()
    for part in ("reference", "preprocess", "fewshot"):  # the README stays
        shutil.rmtree(args.folder / part, ignore_errors=True)
    source, target = args.full_set / "reference", args.folder / "reference"
    make_checkpoint(source / "checkpoints/hf", target / "checkpoints/hf")
    for case in CHECKPOINTS:
        shutil.copytree(source / "checkpoints/dassl" / case, target / "checkpoints/dassl" / case)
    make_training_runs(source, target)
    make_preprocess(args.full_set / "preprocess", args.folder / "preprocess")
    for name in SPLITS:
        make_few_shot(args.full_set / "fewshot" / name, args.folder / "fewshot" / name)


main()

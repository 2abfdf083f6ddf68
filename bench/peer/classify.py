#!/usr/bin/env python3
"""Names pictures by a PyTorch, ONNX Runtime or OpenVINO program, as `qprompt classify` does; one line of JSON.

usage: classify.py prepare MODEL CLASSES KEPT        what the programs below keep from one day to the next
       classify.py PEER MODEL CLASSES KEPT PICTURES  a file or a folder
PEER: plain         whole CLIP from its folder, class texts with 77 tokens, attention in steps
      expert        fused attention, class texts and the image tower's weights kept in its number format; expert-bf16
      onnx          class texts and the optimised image tower kept
      openvino      the same, its compiled form too; openvino-bf16
Class texts are computed by `plain` alone, as ours does: the others have them stored.
"""
import json
import pathlib
import sys

import numpy as np

from views import SIZE, evaluation_batches

BATCH = 8
TORCH = ("plain", "expert", "expert-bf16")


def class_texts(clip, folder, classes):
    """[classes, embed], unit rows"""
    import torch

    import texts

    ids = texts.tokens(folder, (f"a photo of a {name}." for name in classes))
    with torch.inference_mode():
        return texts.unit(clip.text_features(*texts.embedded(clip, ids, clip.context_length))).numpy()


def exported_tower(clip, kept, batch):
    import onnxruntime
    import openvino
    import torch

    class ImageTower(torch.nn.Module):
        def forward(self, pixels):
            return clip.image_features(pixels)

    exported = kept / "exported.onnx"
    with torch.inference_mode():
        torch.onnx.export(ImageTower(), (torch.zeros(batch, 3, SIZE, SIZE),), str(exported), input_names=["pixels"],
                          output_names=["features"], dynamo=False, opset_version=17)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(kept / f"tower-{batch}.onnx")
    onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])
    openvino.save_model(openvino.Core().read_model(exported), kept / f"tower-{batch}.xml", compress_to_fp16=False)
    exported.unlink()


def keep_image_weights(clip, model, folder, dtype):
    """A folder that Clip opens; of the text tower's embeddings one row, which nobody reads."""
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    weights = {name: value.to(dtype).contiguous() for name, value in clip.weights.items()
               if name.startswith(("vision_model", "visual_projection", "logit_scale"))}
    for name in ("token", "position"):
        name = f"text_model.embeddings.{name}_embedding.weight"
        weights[name] = clip.weights[name][:1].to(dtype).contiguous()
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text((pathlib.Path(model) / "config.json").read_text())


def prepare(model, classes, kept):
    import torch

    from clip import Clip

    kept.mkdir(parents=True, exist_ok=True)
    clip = Clip(model, "sdpa")
    np.save(kept / "texts.npy", class_texts(clip, model, classes))
    keep_image_weights(clip, model, kept / "expert", torch.float32)
    keep_image_weights(clip, model, kept / "expert-bf16", torch.bfloat16)
    for batch in (1, BATCH):
        exported_tower(clip, kept, batch)
        for peer in ("openvino", "openvino-bf16"):
            openvino_features(kept, batch, peer)  # fills the folder of compiled models
    (kept / "complete").touch()


def torch_features(clip):
    import torch

    def features(pixels):
        with torch.inference_mode():
            return clip.image_features(torch.from_numpy(pixels).to(clip.dtype)).float().numpy()

    return features


def onnx_features(kept, batch):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # it is optimised
    session = onnxruntime.InferenceSession(kept / f"tower-{batch}.onnx", options, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(None, {"pixels": pixels})[0]


def openvino_features(kept, batch, peer):
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "bf16" if peer.endswith("bf16") else "f32", "PERFORMANCE_HINT": "LATENCY",
                "CACHE_DIR": str(kept / "compiled")}
    compiled = openvino.Core().compile_model(kept / f"tower-{batch}.xml", "CPU", settings)
    return lambda pixels: compiled([pixels])[0]


def towers(peer, model, classes, kept, batch):
    """Class texts, and a function from pixels to features."""
    if peer in TORCH:
        import torch

        from clip import Clip

        dtype = torch.bfloat16 if peer.endswith("bf16") else torch.float32
        clip = Clip(model, "plain") if peer == "plain" else Clip(kept / peer, "sdpa", dtype)
        stored = peer != "plain"
        return np.load(kept / "texts.npy") if stored else class_texts(clip, model, classes), torch_features(clip)
    features = onnx_features(kept, batch) if peer == "onnx" else openvino_features(kept, batch, peer)
    return np.load(kept / "texts.npy"), features


def cosines(peer, model, classes, kept, paths):
    batch = 1 if len(paths) == 1 else BATCH
    class_texts, features = towers(peer, model, classes, kept, batch)
    rows = np.concatenate([features(pixels) for pixels in evaluation_batches(paths, batch)])[:len(paths)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True) @ class_texts.T


def main():
    peer, model, names, kept = sys.argv[1:5]
    classes, kept = pathlib.Path(names).read_text().splitlines(), pathlib.Path(kept)
    if peer == "prepare":
        return prepare(model, classes, kept)
    pictures = pathlib.Path(sys.argv[5])
    paths = sorted(pictures.rglob("*.jpg")) if pictures.is_dir() else [pictures]
    for path, row in zip(paths, rows := cosines(peer, model, classes, kept, paths)):
        print(f"{path}: {classes[row.argmax()]}", file=sys.stderr)
    print(json.dumps({"cosines": {str(path): row.tolist() for path, row in zip(paths, rows)}}))


if __name__ == "__main__":
    main()

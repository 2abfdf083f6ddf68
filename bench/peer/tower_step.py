#!/usr/bin/env python3
"""One case of bench/tower_step.cc by a peer, as one line of JSON.

usage: tower_step.py MODEL text CLASSES N_CTX STEPS PEER     a CoOp step, forward and backward
       tower_step.py MODEL image BATCH 0 STEPS PEER          the image tower's forward pass
       tower_step.py MODEL image-step BATCH N_CTX STEPS PEER forward and backward, with tokens before each of 9 layers
PEER: plain         as the published code computes: 77 tokens, attention in steps
      expert        tokens to the end of text only, fused attention
      expert-bf16   the same in bf16
      compile       the expert's, compiled;  compile-bf16
      onnx, onnx-int8      ONNX Runtime (image alone); dynamic int8
      openvino, openvino-bf16, openvino-int8   OpenVINO (image alone); int8 as NNCF quantizes
"""
import pathlib
import sys
import tempfile

import torch
import torch.nn.functional as F

import inputs
from clip import clip_of
from timed import report

PROMPTED_LAYERS = 9  # MaPLe's


def text_step(folder, classes, n_ctx, peer):
    clip = clip_of(folder, peer)
    width, embed = clip.token_embedding.shape[1], clip.weights["text_projection.weight"].shape[0]
    own = torch.tensor(inputs.class_tokens(classes, len(clip.token_embedding)))
    length = 1 + n_ctx + inputs.OWN_ROWS
    tokens = torch.zeros(classes, clip.context_length if peer == "plain" else length, dtype=torch.long)
    tokens[:, 0] = inputs.SOS
    tokens[:, 1 + n_ctx:length] = own
    embedded = clip.token_embedding[tokens]
    prefix, suffix = embedded[:, :1], embedded[:, 1 + n_ctx:]
    ctx = torch.tensor(inputs.context(n_ctx, width)).to(clip.dtype).requires_grad_()
    images = torch.tensor(inputs.unit_images(embed)).to(clip.dtype)
    labels = torch.tensor(inputs.labels(classes))
    eot = torch.full((classes,), length - 1)

    def forward(ctx):
        texts = clip.text_features(torch.cat([prefix, ctx.expand(classes, -1, -1), suffix], 1), eot)
        texts = texts / texts.norm(dim=1, keepdim=True)
        return F.cross_entropy((clip.logit_scale * images @ texts.T).float(), labels)

    loss_of = torch.compile(forward) if peer.startswith("compile") else forward

    def step():
        ctx.grad = None
        loss = loss_of(ctx)
        loss.backward()
        return {"loss": loss.item(), "ctx": float(ctx.grad.float().norm())}

    return step


def image_forward(folder, batch, peer):
    clip = clip_of(folder, peer)
    pixels = torch.tensor(inputs.pixels(batch, clip.config["vision_config"]["image_size"])).to(clip.dtype)
    run = torch.compile(clip.image_features) if peer.startswith("compile") else clip.image_features

    def step():
        with torch.inference_mode():
            return run(pixels)[0, :4].float().tolist()

    return step


def image_step(folder, batch, n_ctx, peer):
    clip = clip_of(folder, peer)
    width = clip.weights["vision_model.embeddings.class_embedding"].shape[0]
    pixels = torch.tensor(inputs.pixels(batch, clip.config["vision_config"]["image_size"])).to(clip.dtype)
    prompts = [torch.tensor(p).to(clip.dtype).requires_grad_()
               for p in inputs.vision_prompts(n_ctx, width, PROMPTED_LAYERS)]

    def forward(*prompts):
        return clip.image_features(pixels, prompts[0], prompts[1:])

    run = torch.compile(forward) if peer.startswith("compile") else forward
    gradient = None

    def step():
        nonlocal gradient
        for prompt in prompts:
            prompt.grad = None
        features = run(*prompts)
        if gradient is None:
            gradient = torch.tensor(inputs.feature_gradient(*features.shape)).to(clip.dtype)
        features.backward(gradient)
        return features[0, :2].float().tolist() + [float(prompts[0].grad.float().norm())]

    return step


class ImageTower(torch.nn.Module):
    """For exporters, which want a module."""

    def __init__(self, clip):
        super().__init__()
        self.clip = clip

    def forward(self, pixels):
        return self.clip.image_features(pixels)


def exported(folder, batch, into):
    clip = clip_of(folder, "expert")
    pixels = torch.tensor(inputs.pixels(batch, clip.config["vision_config"]["image_size"]))
    path = str(pathlib.Path(into) / "tower.onnx")
    with torch.inference_mode():
        torch.onnx.export(ImageTower(clip), (pixels,), path, input_names=["pixels"], output_names=["features"],
                          dynamo=False, opset_version=17)
    return path, pixels.numpy()


def onnx_forward(folder, batch, peer):
    import onnxruntime

    with tempfile.TemporaryDirectory() as into:
        path, pixels = exported(folder, batch, into)
        if peer.endswith("int8"):
            from onnxruntime.quantization import QuantType, quantize_dynamic
            from onnxruntime.quantization.shape_inference import quant_pre_process

            # Weights are told apart from other inputs only where constants are folded.
            quant_pre_process(path, path, skip_symbolic_shape=True)
            quantize_dynamic(path, path + ".int8", weight_type=QuantType.QInt8, per_channel=True,
                             op_types_to_quantize=["MatMul", "Gemm"])
            path += ".int8"
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"pixels": pixels})[0][0, :4].tolist()


def openvino_forward(folder, batch, peer):
    import openvino

    with tempfile.TemporaryDirectory() as into:
        path, pixels = exported(folder, batch, into)
        model = openvino.Core().read_model(path)
    settings = {"INFERENCE_PRECISION_HINT": "bf16" if peer.endswith("bf16") else "f32",
                "PERFORMANCE_HINT": "LATENCY"}
    if peer.endswith("int8"):
        import nncf

        model = nncf.quantize(model, nncf.Dataset([pixels]), model_type=nncf.ModelType.TRANSFORMER, subset_size=1)
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    return lambda: compiled([pixels])[0][0, :4].tolist()


def step_of(folder, kind, n, n_ctx, peer):
    if kind == "text":
        return text_step(folder, n, n_ctx, peer)
    if kind == "image-step":
        return image_step(folder, n, n_ctx, peer)
    if peer.startswith("onnx"):
        return onnx_forward(folder, n, peer)
    if peer.startswith("openvino"):
        return openvino_forward(folder, n, peer)
    return image_forward(folder, n, peer)


def main():
    folder, kind, n, n_ctx, steps, peer = sys.argv[1:]
    report(kind, step_of(folder, kind, int(n), int(n_ctx), peer), int(steps))


if __name__ == "__main__":
    main()

"""CLIP's two towers in PyTorch, from a Hugging Face folder: what the peers share.

`blocks="plain"` computes as CLIP's own code does (nn.MultiheadAttention's steps, LayerNorm, QuickGELU); "sdpa" takes
torch's fused attention.
"""
import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def replaced(x, tokens, at):
    """[n, t, width] with `tokens` [k, width] from `at` on in each sequence"""
    return torch.cat([x[:, :at], tokens.expand(len(x), -1, -1), x[:, at + len(tokens):]], 1)


class Tower:
    def __init__(self, weights, prefix, heads, attention):
        self.heads, self.attention = heads, attention
        self.layers, layer = [], 0
        while f"{prefix}.encoder.layers.{layer}.layer_norm1.weight" in weights:
            p = f"{prefix}.encoder.layers.{layer}."
            qkv = [torch.cat([weights[f"{p}self_attn.{part}_proj.{kind}"] for part in "qkv"])
                   for kind in ("weight", "bias")]
            names = ("layer_norm1.weight", "layer_norm1.bias", "self_attn.out_proj.weight", "self_attn.out_proj.bias",
                     "layer_norm2.weight", "layer_norm2.bias", "mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight",
                     "mlp.fc2.bias")
            self.layers.append((*qkv, *(weights[p + name] for name in names)))
            layer += 1

    def attend(self, q, k, v, mask):
        if self.attention == "sdpa":
            return F.scaled_dot_product_attention(q, k, v, is_causal=mask is not None)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores + mask
        return scores.softmax(-1) @ v

    def block(self, x, layer, mask):
        qkv_w, qkv_b, ln1_w, ln1_b, out_w, out_b, ln2_w, ln2_b, fc_w, fc_b, proj_w, proj_b = layer
        n, t, width = x.shape
        y = F.layer_norm(x, (width,), ln1_w, ln1_b)
        q, k, v = F.linear(y, qkv_w, qkv_b).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = self.attend(q, k, v, mask).transpose(1, 2).reshape(n, t, width)
        x = x + F.linear(y, out_w, out_b)
        y = F.linear(F.layer_norm(x, (width,), ln2_w, ln2_b), fc_w, fc_b)
        return x + F.linear(y * torch.sigmoid(1.702 * y), proj_w, proj_b)

    def __call__(self, x, mask=None, deep=(), at=0):
        """`deep`: tokens [n, width] that replace those from `at` on before blocks 1, 2, ..."""
        for number, layer in enumerate(self.layers):
            if 0 < number <= len(deep):
                x = replaced(x, deep[number - 1], at)
            x = self.block(x, layer, mask)
        return x


class Clip:
    def __init__(self, folder, attention="plain", dtype=torch.float32):
        folder = pathlib.Path(folder)
        self.config = json.loads((folder / "config.json").read_text())
        weights = {name: value.to(dtype) for name, value in load_file(folder / "model.safetensors").items()}
        self.weights, self.dtype = weights, dtype
        self.text = Tower(weights, "text_model", self.config["text_config"]["num_attention_heads"], attention)
        self.image = Tower(weights, "vision_model", self.config["vision_config"]["num_attention_heads"], attention)
        self.token_embedding = weights["text_model.embeddings.token_embedding.weight"]
        self.text_positions = weights["text_model.embeddings.position_embedding.weight"]
        self.context_length = len(self.text_positions)
        self.logit_scale = float(weights["logit_scale"].float().exp())

    def text_features(self, embedded, eot, deep=()):
        """[n_cls, tokens, width] without positions, and where each sequence's end of text is -> [n_cls, embed];
        deep prompts stand behind the start of text."""
        w, tokens = self.weights, embedded.shape[1]
        mask = torch.full((tokens, tokens), float("-inf"), dtype=self.dtype).triu(1)
        x = self.text(embedded + self.text_positions[:tokens], mask, deep, at=1)
        x = x[torch.arange(len(x)), eot]
        x = F.layer_norm(x, x.shape[-1:], w["text_model.final_layer_norm.weight"], w["text_model.final_layer_norm.bias"])
        return x @ w["text_projection.weight"].T

    def image_features(self, pixels, prompts=None, deep=()):
        """[n, 3, size, size] -> [n, embed]; prompts [n_ctx, width] stand behind the patches."""
        w, p = self.weights, "vision_model."
        x = F.conv2d(pixels, w[p + "embeddings.patch_embedding.weight"],
                     stride=self.config["vision_config"]["patch_size"]).flatten(2).transpose(1, 2)
        start = w[p + "embeddings.class_embedding"].expand(len(x), 1, -1)
        x = torch.cat([start, x], 1) + w[p + "embeddings.position_embedding.weight"]
        patches = x.shape[1]
        if prompts is not None:
            x = torch.cat([x, prompts.expand(len(x), -1, -1)], 1)
        x = F.layer_norm(x, x.shape[-1:], w[p + "pre_layrnorm.weight"], w[p + "pre_layrnorm.bias"])
        x = self.image(x, deep=deep, at=patches)[:, 0]
        x = F.layer_norm(x, x.shape[-1:], w[p + "post_layernorm.weight"], w[p + "post_layernorm.bias"])
        return x @ w["visual_projection.weight"].T


def clip_of(folder, peer):
    """As this peer computes: in steps or with fused attention, in fp32 or bf16."""
    dtype = torch.bfloat16 if peer.endswith("bf16") else torch.float32
    return Clip(folder, "plain" if peer == "plain" else "sdpa", dtype)

"""CLIP in plain PyTorch; modules are named so that the state dict is Hugging Face's CLIPModel."""

import json
import math
import struct

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def make_config(vocab_size, image_size=48, patch_size=8, width=128, layers=4, heads=4,
                text_width=128, text_layers=3, text_heads=4, context=32, embed=128):
    text = {
        "model_type": "clip_text_model", "hidden_act": "quick_gelu", "hidden_size": text_width,
        "intermediate_size": 4 * text_width, "num_attention_heads": text_heads,
        "num_hidden_layers": text_layers, "max_position_embeddings": context,
        "vocab_size": vocab_size, "layer_norm_eps": 1e-5, "projection_dim": embed,
        "bos_token_id": vocab_size - 2, "eos_token_id": vocab_size - 1, "pad_token_id": 0,
    }
    vision = {
        "model_type": "clip_vision_model", "hidden_act": "quick_gelu", "hidden_size": width,
        "intermediate_size": 4 * width, "num_attention_heads": heads,
        "num_hidden_layers": layers, "image_size": image_size, "patch_size": patch_size,
        "num_channels": 3, "layer_norm_eps": 1e-5, "projection_dim": embed,
    }
    return {"architectures": ["CLIPModel"], "model_type": "clip",
            "logit_scale_init_value": 2.6592, "projection_dim": embed, "torch_dtype": "float16",
            "text_config": text, "vision_config": vision}


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def split(self, x):
        """[b, n, width] -> [b, heads, n, width / heads]"""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x, mask, rows):
        q, k, v = (self.split(proj(y)) for proj, y in
                   ((self.q_proj, x[:, :rows]), (self.k_proj, x), (self.v_proj, x)))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores + mask
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = Mlp(width)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x, mask=None, rows=None):
        """The first `rows` rows of the result (all by default); every row of x is attended to."""
        x = x[:, :rows] + self.self_attn(self.layer_norm1(x), mask, rows)
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.layers = nn.ModuleList(Block(width, heads) for _ in range(layers))
        for block in self.layers:
            for proj in (block.self_attn.q_proj, block.self_attn.k_proj, block.self_attn.v_proj):
                nn.init.normal_(proj.weight, std=width ** -0.5)
            residual_std = width ** -0.5 * (2 * layers) ** -0.5
            nn.init.normal_(block.self_attn.out_proj.weight, std=residual_std)
            nn.init.normal_(block.mlp.fc1.weight, std=(2 * width) ** -0.5)
            nn.init.normal_(block.mlp.fc2.weight, std=residual_std)
            for name, parameter in block.named_parameters():
                if name.endswith("bias"):
                    nn.init.zeros_(parameter)

    def forward(self, x, mask=None, last_rows=None):
        for block in self.layers[:-1]:
            x = block(x, mask)
        return self.layers[-1](x, mask, last_rows)


class VisionEmbeddings(nn.Module):
    def __init__(self, width, patch, image):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(width) * width ** -0.5)
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding((image // patch) ** 2 + 1, width)
        nn.init.normal_(self.position_embedding.weight, std=width ** -0.5)

    def forward(self, pixels):
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(len(pixels), 1, -1)
        return torch.cat([first, patches], 1) + self.position_embedding.weight


class VisionModel(nn.Module):
    def __init__(self, width, layers, heads, patch, image):
        super().__init__()
        self.embeddings = VisionEmbeddings(width, patch, image)
        self.pre_layrnorm = nn.LayerNorm(width)  # spelled as Hugging Face spells it
        self.encoder = Encoder(width, layers, heads)
        self.post_layernorm = nn.LayerNorm(width)

    def forward(self, pixels):
        # Only the class token is read, so the last block works on no other row.
        x = self.encoder(self.pre_layrnorm(self.embeddings(pixels)), last_rows=1)
        return self.post_layernorm(x[:, 0])


class TextEmbeddings(nn.Module):
    def __init__(self, width, vocab, context):
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, width)
        self.position_embedding = nn.Embedding(context, width)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.position_embedding.weight, std=0.01)


class TextModel(nn.Module):
    def __init__(self, width, layers, heads, vocab, context):
        super().__init__()
        self.embeddings = TextEmbeddings(width, vocab, context)
        self.encoder = Encoder(width, layers, heads)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids, rows=None):
        """ids [b, n] -> [b, width]; `rows` [b, n, width], where given, replace the embeddings."""
        if rows is None:
            rows = self.embeddings.token_embedding(ids)
        n = ids.shape[1]
        mask = torch.full((n, n), float("-inf"), device=rows.device).triu(1)
        x = self.encoder(rows + self.embeddings.position_embedding.weight[:n], mask)
        return self.final_layer_norm(x[torch.arange(len(ids), device=ids.device), ids.argmax(-1)])


class Clip(nn.Module):
    def __init__(self, config):
        super().__init__()
        text, vision = config["text_config"], config["vision_config"]
        self.config = config
        self.logit_scale = nn.Parameter(torch.tensor(config["logit_scale_init_value"]))
        self.text_model = TextModel(text["hidden_size"], text["num_hidden_layers"],
                                    text["num_attention_heads"], text["vocab_size"],
                                    text["max_position_embeddings"])
        self.vision_model = VisionModel(vision["hidden_size"], vision["num_hidden_layers"],
                                        vision["num_attention_heads"], vision["patch_size"],
                                        vision["image_size"])
        embed = config["projection_dim"]
        self.visual_projection = nn.Linear(vision["hidden_size"], embed, bias=False)
        self.text_projection = nn.Linear(text["hidden_size"], embed, bias=False)
        nn.init.normal_(self.visual_projection.weight, std=vision["hidden_size"] ** -0.5)
        nn.init.normal_(self.text_projection.weight, std=text["hidden_size"] ** -0.5)

    def image_features(self, pixels):
        return F.normalize(self.visual_projection(self.vision_model(pixels)), dim=-1)

    def text_features(self, ids, rows=None):
        return F.normalize(self.text_projection(self.text_model(ids, rows)), dim=-1)


def pad(sequences):
    """Ragged ids -> [b, longest]; zeros after the end token, which the causal mask hides."""
    longest = max(map(len, sequences))
    return torch.tensor([s + [0] * (longest - len(s)) for s in sequences])


def normalise(pictures):
    """uint8 [b, h, w, 3] -> float [b, 3, h, w] as CLIP wants it."""
    x = torch.as_tensor(pictures).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(v, device=x.device).view(3, 1, 1) for v in (MEAN, STD))
    return (x - mean) / std


def save_model(model, folder):
    """config.json, preprocessor_config.json and model.safetensors (fp16, names in order)."""
    size = model.config["vision_config"]["image_size"]
    preprocessor = {
        "crop_size": size, "do_center_crop": True, "do_normalize": True, "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": MEAN, "image_std": STD,
        "resample": 3, "size": size,
    }
    for name, content in (("config", model.config), ("preprocessor_config", preprocessor)):
        text = json.dumps(content, indent=1) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in sorted(model.state_dict().items()):
        blob = tensor.cpu().half().numpy().astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    content = struct.pack("<Q", len(head)) + head + b"".join(blobs)
    (folder / "model.safetensors").write_bytes(content)


def load_model(folder):
    content = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, start, state = json.loads(content[8:8 + length]), 8 + length, {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            values = np.frombuffer(content[start + first:start + last], "<f2").astype(np.float32)
            state[name] = torch.from_numpy(values.reshape(entry["shape"]))
    model = Clip(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    model.load_state_dict(state)
    return model.eval()

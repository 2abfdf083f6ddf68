"""Prints the features that PyTorch gives for the tiny ResNet of tests/clip/tiny_resnet.cc: the
numbers of tests/clip/resnet_test.cc. Weights and images come from the same hash there and here.

    python3 tools/make_resnet_golden.py
"""

import numpy as np
import torch
import torch.nn.functional as F

WIDTH, BLOCKS, EMBED, IMAGE_SIZE, HEADS, IMAGES = 8, (2, 1, 1, 2), 16, 64, 4, 2


def hashed_numbers(name, count):
    """Numbers in [0, 1): FNV-1a of the name, a step for each index, mixed as MurmurHash3 ends."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    h = (state + np.arange(count, dtype=np.uint64) * 2654435769) % 2**32
    h = ((h ^ (h >> 16)) * 2246822507) % 2**32
    h = ((h ^ (h >> 13)) * 3266489909) % 2**32
    return (h ^ (h >> 16)) / 2**32


def weight(name, *shape):
    u = hashed_numbers(name, int(np.prod(shape)))
    if len(shape) > 1:
        values = (u - 0.5) * 2 * np.sqrt(3 / np.prod(shape[1:]))
    elif name.endswith("running_var") or name.endswith(".weight"):
        values = 0.5 + u
    else:
        values = 0.4 * (u - 0.5)
    halves = values.astype(np.float32).astype(np.float16).astype(np.float64)
    return torch.from_numpy(halves.reshape(shape))


def convolution(x, name, norm, out, kernel, stride=1):
    x = F.conv2d(x, weight(name + ".weight", out, x.shape[1], kernel, kernel), None, stride,
                 kernel // 2)
    mean, variance = weight(norm + ".running_mean", out), weight(norm + ".running_var", out)
    return F.batch_norm(x, mean, variance, weight(norm + ".weight", out),
                        weight(norm + ".bias", out))


def bottleneck(x, prefix, inner, stride, shortcut):
    y = F.relu(convolution(x, prefix + "conv1", prefix + "bn1", inner, 1))
    y = F.relu(convolution(y, prefix + "conv2", prefix + "bn2", inner, 3))
    y = convolution(F.avg_pool2d(y, stride), prefix + "conv3", prefix + "bn3", 4 * inner, 1)
    if shortcut:
        x = convolution(F.avg_pool2d(x, stride), prefix + "downsample.0", prefix + "downsample.1",
                        4 * inner, 1)
    return F.relu(x + y)


def attention_pool(x):
    channels, pool = x.shape[1], "visual.attnpool."
    pixels = x.flatten(2).permute(2, 0, 1)
    tokens = torch.cat([pixels.mean(0, keepdim=True), pixels])
    tokens = tokens + weight(pool + "positional_embedding", tokens.shape[0], channels)[:, None]
    projections = {name: weight(f"{pool}{name}_proj.weight", channels, channels) for name in "qkv"}
    biases = [weight(f"{pool}{name}_proj.bias", channels) for name in "qkv"]
    y, _ = F.multi_head_attention_forward(
        tokens[:1], tokens, tokens, channels, HEADS, in_proj_weight=None,
        in_proj_bias=torch.cat(biases), bias_k=None, bias_v=None, add_zero_attn=False, dropout_p=0,
        out_proj_weight=weight(pool + "c_proj.weight", EMBED, channels),
        out_proj_bias=weight(pool + "c_proj.bias", EMBED), training=False, need_weights=False,
        use_separate_proj_weight=True, q_proj_weight=projections["q"],
        k_proj_weight=projections["k"], v_proj_weight=projections["v"])
    return y[0]


def features(images):
    x = F.relu(convolution(images, "visual.conv1", "visual.bn1", WIDTH // 2, 3, stride=2))
    x = F.relu(convolution(x, "visual.conv2", "visual.bn2", WIDTH // 2, 3))
    x = F.relu(convolution(x, "visual.conv3", "visual.bn3", WIDTH, 3))
    x = F.avg_pool2d(x, 2)
    for stage, blocks in enumerate(BLOCKS):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            x = bottleneck(x, f"visual.layer{stage + 1}.{block}.", WIDTH << stage, stride,
                           shortcut=block == 0)
    return attention_pool(x)


def make_images():
    """Noise on squares of 8 pixels of one colour each."""
    shape, cells = (IMAGES, 3, IMAGE_SIZE, IMAGE_SIZE), IMAGE_SIZE // 8
    colours = hashed_numbers("colours", IMAGES * 3 * cells**2).reshape(IMAGES, 3, cells, cells)
    noise = hashed_numbers("noise", int(np.prod(shape))).reshape(shape)
    values = 6 * np.kron(colours, np.ones((8, 8))) + noise - 3.5
    return torch.from_numpy(values.astype(np.float32).astype(np.float64))


def main():
    for row in features(make_images()):
        print(", ".join(f"{value:.9g}" for value in row.tolist()))


if __name__ == "__main__":
    main()

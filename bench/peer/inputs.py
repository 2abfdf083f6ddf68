"""The inputs of bench/tower_step.cc, which are formulas of their positions: both sides compute the same."""
import numpy as np

SOS, EOT = 49406, 49407
OWN_ROWS = 5  # of a class: four tokens and the end of text
BATCH_IMAGES = 32


def wave(offset, shape, size):
    """size * sqrt(2) * sin(offset + 0.7 k) at place k"""
    k = np.arange(np.prod(shape), dtype=np.float64)
    return (size * np.sqrt(2) * np.sin(offset + 0.7 * k)).astype(np.float32).reshape(shape)


def class_tokens(classes, vocabulary):
    """[classes, OWN_ROWS]"""
    c, i = np.meshgrid(np.arange(classes), np.arange(OWN_ROWS - 1), indexing="ij")
    own = (1000 + 37 * c + 1009 * i) % (vocabulary - 2)
    return np.concatenate([own, np.full((classes, 1), EOT)], 1)


def context(n_ctx, width):
    return wave(1, (n_ctx, width), 0.02)


def unit_images(embed):
    rows = wave(2, (BATCH_IMAGES, embed), 1)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def labels(classes):
    return np.arange(BATCH_IMAGES) % classes


def pixels(batch, size):
    return wave(3, (batch, 3, size, size), 1)


def vision_prompts(n_ctx, width, layers):
    return [wave(4 + layer, (n_ctx, width), 0.02) for layer in range(layers)]


def feature_gradient(batch, embed):
    return wave(5, (batch, embed), 1)

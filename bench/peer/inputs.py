"""The inputs of bench/*_step.cc, which are formulas of their positions: both sides compute the same."""
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


def unit_wave(offset, rows, embed):
    values = wave(offset, (rows, embed), 1)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def unit_images(embed, images=BATCH_IMAGES):
    return unit_wave(2, images, embed)


def labels(classes, images=BATCH_IMAGES):
    return np.arange(images) % classes


def pixels(batch, size):
    return wave(3, (batch, 3, size, size), 1)


def vision_prompts(n_ctx, width, layers):
    return [wave(4 + layer, (n_ctx, width), 0.02) for layer in range(layers)]


def feature_gradient(batch, embed):
    return wave(5, (batch, embed), 1)


def letter_tokens(letters):
    """Of words of one letter: in every vocabulary of CLIP's bytes that end a word stand behind those that do not."""
    return [256 + ord(letter) - ord("!") for letter in letters]


def sentence_tokens(classes):
    """[classes, tokens]: bench/method_step.cc's four words, a class's three letters and a full stop"""
    names = ["".join(chr(ord("a") + c // 26 ** place % 26) for place in range(3)) for c in range(classes)]
    return np.array([[SOS, *letter_tokens(f"apoa{name}."), EOT] for name in names])


def normal_values(count):
    """Box and Muller's, of two sequences that fill (0, 1) evenly, as bench/kmeans_step.cc has them"""
    k = np.arange(1, count + 1, dtype=np.float64)
    radius = np.sqrt(-2 * np.log(k * ((1 + 5 ** 0.5) / 2) % 1))
    return (0.02 * radius * np.cos(2 * np.pi * (k * 2 ** 0.5 % 1))).astype(np.float32)

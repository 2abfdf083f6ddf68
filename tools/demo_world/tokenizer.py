"""A byte-level BPE vocabulary in CLIP's format, small enough to be learned from a word list."""

import json
import re
from collections import Counter

START, END = "<|startoftext|>", "<|endoftext|>"
PATTERN = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")  # captions are ASCII


def byte_symbols():
    """The 256 byte symbols in CLIP's order: printable bytes as themselves, the rest from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + n) for n in range(len(others))]


def merge_pair(symbols, pair):
    merged, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) == pair:
            merged.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            merged.append(symbols[i])
            i += 1
    return merged


def learn_merges(words):
    """Merges, the most frequent pair first, until every word is one token."""
    split = [[*word[:-1], word[-1] + "</w>"] for word in words]
    merges = []
    while any(len(symbols) > 1 for symbols in split):
        pairs = Counter(pair for symbols in split for pair in zip(symbols, symbols[1:]))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        split = [merge_pair(symbols, best) for symbols in split]
    return merges


class Tokenizer:
    def __init__(self, merges):
        symbols = byte_symbols()
        tokens = symbols + [s + "</w>" for s in symbols] + ["".join(m) for m in merges]
        self.merges = merges
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.ids = {token: i for i, token in enumerate(tokens + [START, END])}
        if len(self.ids) != len(tokens) + 2:
            raise ValueError("two merges give the same token")
        self.cache = {}

    @classmethod
    def load(cls, folder):
        lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")[1:]
        return cls([tuple(line.split()) for line in lines if line])

    def save(self, folder):
        lines = ["#version: 0.2"] + [" ".join(pair) for pair in self.merges]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "vocab.json").write_text(json.dumps(self.ids), encoding="utf-8")

    def encode_word(self, word):
        if word not in self.cache:
            symbols = [*word[:-1], word[-1] + "</w>"]
            while True:
                pairs = [p for p in zip(symbols, symbols[1:]) if p in self.ranks]
                if not pairs:
                    break
                symbols = merge_pair(symbols, min(pairs, key=self.ranks.get))
            self.cache[word] = [self.ids[s] for s in symbols]
        return self.cache[word]

    def encode(self, text):
        """Token ids with start and end, not padded."""
        ids = [self.ids[START]]
        for word in PATTERN.findall(text.lower()):
            ids += self.encode_word(word)
        return ids + [self.ids[END]]

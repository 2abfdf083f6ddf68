"""Sentences as the text tower takes them."""
import torch
from transformers import CLIPTokenizerFast


def tokens(folder, sentences):
    """Ids of each with start and end, of different lengths."""
    return CLIPTokenizerFast.from_pretrained(folder)(list(sentences))["input_ids"]


def embedded(clip, ids, length=0):
    """[texts, length, width] without positions, filled up behind their ends, and where these are; 0: as the longest."""
    padded = torch.zeros(len(ids), length or max(map(len, ids)), dtype=torch.long)
    for row, text in zip(padded, ids):
        row[:len(text)] = torch.tensor(text)
    return clip.token_embedding[padded], torch.tensor([len(text) - 1 for text in ids])


def unit(features):
    return features / features.norm(dim=-1, keepdim=True)

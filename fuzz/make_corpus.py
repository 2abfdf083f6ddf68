#!/usr/bin/env python3
"""Writes fuzz/corpus: small right inputs that the fuzzers begin with. Needs Pillow.

usage: fuzz/make_corpus.py     (HEIC and AVIF: copied from tests/data/pictures)
"""
import gzip
import io
import json
import pathlib
import pickle
import shutil
import struct
import zipfile

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"


def write(name, content):
    path = CORPUS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def part(disposition, content):
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n"


write("multipart/fields", part('name="top"', "3") + part("name=classes", "a\nb") + "--b--\r\n")
write("multipart/file", "before\r\n" + part('name="image:a %22b%22"; filename="a;b.jpg"', "\r\n--b\r") + "--b--")


def gradient(mode="RGB", width=9, height=7):
    picture = Image.new("RGB", (width, height))
    picture.putdata([(x * 28, y * 36, (x + y) * 17) for y in range(height) for x in range(width)])
    return picture.convert(mode)


def save(name, picture, **options):
    stream = io.BytesIO()
    extension = name.rsplit(".", 1)[1]
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(extension, extension.upper())
    picture.save(stream, kind, **options)
    write(name, stream.getvalue())


def exif(orientation):
    tags = Image.Exif()
    tags[0x112] = orientation
    return tags.tobytes()


def images():
    save("jpeg/baseline.jpg", gradient(), quality=50)
    save("jpeg/progressive.jpg", gradient(), quality=50, progressive=True)
    save("jpeg/gray.jpg", gradient("L"), quality=50)
    save("jpeg/cmyk.jpg", gradient("CMYK"), quality=50)
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
        picture = gradient("L").convert("I;16") if mode == "I;16" else gradient(mode)
        save(f"png/{mode.replace(';', '').lower()}.png", picture)
    save("png/stored.png", gradient(), compress_level=0, exif=exif(6))
    for mode in ("1", "L", "P", "RGB"):
        save(f"bmp/{mode.lower()}.bmp", gradient(mode))
        save(f"gif/{mode.lower()}.gif", gradient("P" if mode == "RGB" else mode))
    save("gif/transparent.gif", gradient("P"), transparency=3)
    save("webp/lossless.webp", gradient(), lossless=True)
    save("webp/lossy.webp", gradient(), quality=30, exif=exif(3))
    save("webp/alpha.webp", gradient("RGBA"))
    for compression in ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg"):
        save(f"tiff/{compression}.tif", gradient(), compression=compression)
    for mode in ("1", "L", "P", "CMYK", "LAB", "YCbCr"):
        picture = Image.new("LAB", (9, 7), (90, 120, 140)) if mode == "LAB" else gradient(mode)
        save(f"tiff/{mode.lower()}.tif", picture)
    save("tiff/group4.tif", gradient("1"), compression="group4")
    for name in ("two_halves.heic", "two_halves.avif"):
        write(f"heif/{name}", (ROOT / "tests/data/pictures" / name).read_bytes())
    save("exif/6.jpg", gradient(width=1, height=1), quality=10, exif=exif(6))
    save("exif/8.png", gradient(width=1, height=1), exif=exif(8))
    save("exif/3.webp", gradient(width=1, height=1), exif=exif(3))


def text_of(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def global_of(module, name):
    return f"c{module}\n{name}\n".encode()


def tensor(key, shape, strides, elements):
    def numbers(values):
        return b"(" + b"".join(b"K" + bytes([n]) for n in values) + b"t"

    storage = (b"((" + text_of("storage") + global_of("torch", "FloatStorage") + text_of(key) +
               text_of("cpu") + b"K" + bytes([elements]) + b"tQ")
    return (global_of("torch._utils", "_rebuild_tensor_v2") + storage + b"K\x00" + numbers(shape) +
            numbers(strides) + b"\x89" + global_of("collections", "OrderedDict") + b")RtR")


def pickles():
    tensors = {"visual.proj": tensor("0", (2, 3), (3, 1), 6), "ctx": tensor("1", (2, 2), (1, 2), 4)}
    items = b"".join(text_of(name) + value for name, value in tensors.items())
    state_dict = global_of("collections", "OrderedDict") + b")R(" + items + b"u"
    plain = b"\x80\x02" + state_dict + b"."
    nested = (b"\x80\x02}(" + text_of("state_dict") + state_dict + text_of("epoch") +
              b"K\x05" + text_of("rate") + b"G" + struct.pack(">d", 0.1) + b"u.")
    write("pickle/state_dict.pkl", plain)
    write("pickle/nested.pkl", nested)
    for protocol in (2, 4, 5):
        value = {"a": [1, -2, 2 ** 40, None, True, 1.5], "b": ("x", b"y", {"z"}), 3: bytearray(b"w")}
        write(f"pickle/protocol_{protocol}.pkl", pickle.dumps(value, protocol))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        entries = {"data.pkl": plain, "byteorder": "little", "data/0": struct.pack("<6f", *range(6)),
                   "data/1": struct.pack("<4f", *range(4))}
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo("a/" + name), content)
    write("torch_archive/small.pt", stream.getvalue())


def safetensors():
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for kind, size in (("F32", 4), ("F16", 2), ("BF16", 2), ("I64", 8)):
        header[kind] = {"dtype": kind, "shape": [2, 2], "data_offsets": [len(data), len(data) + 4 * size]}
        data += bytes(range(4 * size))
    text = json.dumps(header).encode()
    write("safetensors/small.safetensors", struct.pack("<Q", len(text)) + text + data)


def prompts():
    for method in ("coop", "cocoop", "maple"):
        content = (ROOT / "tests/cli/version_0.1" / method / "prompt.qprompt").read_bytes()
        if len(content) < 2000:
            write(f"prompt_file/{method}.qprompt", content)

    def matrix(name, bits, data):
        return bytes([len(name)]) + name + bytes([2, 3, bits]) + data

    settings = b"\0\0"  # CoOp's defaults
    codes = matrix(b"ctx", 2, struct.pack("<4e", -1, 0, 1, 2) + b"\xe4\x00")
    half = matrix(b"half", 16, struct.pack("<6e", *range(6)))
    single = matrix(b"single", 32, struct.pack("<6f", *(n + 0.1 for n in range(6))))
    for version, identity, exif_mark in ((1, b"", b""), (2, b"identity", b""), (3, b"identity", b"\1"),
                                         (4, b"identity", b"\2"), (5, b"identity", b"\2")):
        seen = b"\2\3cat\x10\3dog\1" if version >= 4 else b""
        method = b"\6\0" if version >= 4 else settings  # Tip-Adapter's defaults
        temperature = struct.pack("<d", 1.5) if version >= 5 else b""
        part = b"\x00" + seen + method + bytes([3]) + codes + half + single
        partners = b"\1" + temperature + b"\x00\0" + settings + b"\1" + codes if version >= 5 else b""
        body = (b"QPRM" + bytes([version]) + b"backbone" + identity + exif_mark + temperature + part +
                partners)
        write(f"prompt_file/version_{version}.qprompt", body + b"\0\0\0\0")


def byte_symbols():
    """The character that stands for each byte in CLIP's vocabularies."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]


def texts():
    write("csv/commas.csv", "path,label,split\na.jpg,cat,train\nb.jpg,\"a \"\"dog\"\"\",test\n")
    write("csv/semicolons.csv", "image;class;n\r\na.jpg;cat;1\r\nb.jpg;dog;2\r\n")
    write("csv/plain.csv", "a.jpg 0\nb.jpg 10\n")
    write("csv/rows.jsonl", '{"file_name": "a.jpg", "label": "cat"}\n{"file_name": "b.jpg", "label": 3}\n')
    write("json/split.json", '{"train": [["a.jpg", 0, "cat"], ["b.jpg", 1, "dog"]], "val": [], "test": []}')
    write("json/values.json", '{"a": [1, -2.5e3, true, null, "\\u00e9\\ud83d\\ude00"], "b": {"c": []}}')
    write("names/list.txt", "red_fox\n caf\u00e9 \n\ufb01sh \u201cbig\u201d\n\uff34\uff36\n")
    write("names/utf16.txt", "\ufeffcat\nd\u00f6g\n".encode("utf-16-le"))
    write("names/ids.txt", "n02108915\n7\n# bird\r\nbird\r\nBird\r\n")
    write("tokenizer/words.txt", "A photo of a cat, aaa's  CAT\u00c9 12 &amp;amp; &eacute; <x> <X> y")
    merges = "#version: 0.2\nc a\nca t</w>\na a\n"
    write("vocabulary/merges.txt", merges)
    write("vocabulary/merges.txt.gz", gzip.compress(merges.encode(), mtime=0))
    tokens = [symbol + end for symbol in byte_symbols() for end in ("", "</w>")]
    tokens += ["ca", "cat</w>", "<|startoftext|>", "<|endoftext|>"]
    model = {"type": "BPE", "end_of_word_suffix": "</w>", "merges": ["c a", ["ca", "t</w>"]],
             "vocab": {token: i for i, token in enumerate(tokens)}}
    added = [{"id": 600, "content": "<x>", "normalized": False}]
    write("vocabulary/tokenizer.json", json.dumps({"added_tokens": added, "model": model}, ensure_ascii=False, separators=(",", ":")))
    demo = ROOT / "assets/demo/model"
    hugging_face = [json.dumps(json.loads((demo / name).read_text()))
                    for name in ("config.json", "preprocessor_config.json")]
    write("config/hugging_face", "\f".join(hugging_face))
    write("config/open_clip", json.dumps({
        "model_cfg": {"embed_dim": 64, "quick_gelu": True,
                      "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
                      "text_cfg": {"context_length": 16, "vocab_size": 600, "width": 64, "heads": 2,
                                   "layers": 2}},
        "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "resize_mode": "squash",
                           "interpolation": "bicubic"}}))


if __name__ == "__main__":
    shutil.rmtree(CORPUS, ignore_errors=True)
    for make in (images, pickles, safetensors, prompts, texts):
        make()

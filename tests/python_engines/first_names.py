"""A stranger's first program: python first_names.py FOLDER_OF_CLASS_FOLDERS."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import qprompt

assert shutil.which("c++") is None and shutil.which("gcc") is None, "a compiler is in PATH"
folder = Path(sys.argv[1])
model = qprompt.load(qprompt.demo_folder() / "model")
prompt = qprompt.fit_folder(model, folder, epochs=5)
pictures = sorted(folder.rglob("*.webp"))[:3]
for picture, name in zip(pictures, prompt.classifier().predict(pictures)):
    print(picture, name)

system = r"/(ld-linux|libc|libm|libdl|librt|libpthread|libutil|libresolv|libstdc\+\+|libgcc_s)[-.]"
loaded = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
python = (sys.prefix, sys.base_prefix, str(Path(qprompt.__file__).parents[1]))
strange = [
    path
    for path in sorted(loaded)
    if not re.search(system, path) and not path.startswith(python)
]
print("loaded from the system beside the C and C++ libraries:", strange or "nothing")

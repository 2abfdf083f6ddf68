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

# Of the system's libraries it needs those of C and C++ alone.
system = r"/(ld-linux|libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s)[-.]"
loaded = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
ours = (sys.prefix, sys.base_prefix, str(Path(qprompt.__file__).parents[1]))
strange = [path for path in loaded if not re.search(system, path) and not path.startswith(ours)]
# Those of Python's own modules, such as that of ctypes, are not ours.
assert not [path for path in strange if "qprompt" in path or "dnnl" in path], strange
print("of the system beside the C and C++ libraries:", ", ".join(sorted(strange)) or "nothing")

#!/usr/bin/env bash
# Ours and the peers' side by side on this machine: pairs in turn, medians and spread, results compared; a table on
# stdout and build/bench/results.json. Peers come from PyPI into build/bench-venv, once.
# usage: bench/run.sh [--quick] [--only CASE]...       --quick: the main cases, one pair each, within five minutes
# A quiet machine is needed: other work on the cores makes threads wait for each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh release tower_step method_step kmeans_step qprompt_cli
venv=build/bench-venv
if [ ! -f "$venv/complete" ]; then
  rm -rf "$venv" && python3 -m venv "$venv"
  # PyTorch without the libraries of GPUs, where its own index can be reached; else PyPI's.
  "$venv/bin/pip" install -q --disable-pip-version-check --index-url https://download.pytorch.org/whl/cpu torch \
    2>/dev/null || "$venv/bin/pip" install -q --disable-pip-version-check torch
  "$venv/bin/pip" install -q --disable-pip-version-check numpy safetensors onnx onnxruntime openvino nncf \
    scikit-learn pillow transformers setuptools
  touch "$venv/complete"
fi
unset OPENBLAS_CORETYPE  # where it is set, it halves OpenBLAS, which a peer uses

model=build/bench/vit-b16
[ -f "$model/model.safetensors" ] || "$venv/bin/python" tools/make_random_clip.py "$model"
exec "$venv/bin/python" bench/compare.py --model "$model" "$@"

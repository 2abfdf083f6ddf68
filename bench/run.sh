#!/usr/bin/env bash
# Ours and the peers' side by side on this machine: pairs in turn, medians and spread, results compared. Steps of the
# towers (bench/compare.py), then whole work as people do it (bench/jobs.py): tables on stdout, build/bench/results.json
# and build/bench/jobs.json. Peers come from PyPI into build/bench-venv, once.
# usage: bench/run.sh [--quick] [--only CASE]... [--pairs N] [--python PYTHON]
#   --quick: the main cases, one pair and three steps each, within five minutes once everything is set up
#   --python: one in which qprompt is installed
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

# A case goes to the program that knows it; a program none of whose cases is asked for does not run.
steps=() jobs=() asked=()
whole_jobs=" $("$venv/bin/python" bench/jobs.py --list) "
while [ $# -gt 0 ]; do
  case "$1 ${2:-}" in
    --only\ *)
      if [[ $whole_jobs == *" $2 "* ]]; then
        jobs+=(--only "$2") asked+=(jobs)
      else
        steps+=(--only "$2") asked+=(steps)
      fi
      shift ;;
    --pairs\ *) steps+=(--pairs "$2") jobs+=(--pairs "$2"); shift ;;
    --python\ *) jobs+=(--python "$2"); shift ;;
    *) steps+=("$1") jobs+=("$1") ;;
  esac
  shift
done
is_asked() { [ ${#asked[@]} -eq 0 ] || [[ " ${asked[*]} " == *" $1 "* ]]; }

status=0
if is_asked steps; then "$venv/bin/python" bench/compare.py --model "$model" "${steps[@]}" || status=$?; fi
if is_asked jobs; then "$venv/bin/python" bench/jobs.py --model "$model" "${jobs[@]}" || status=$?; fi
exit $status

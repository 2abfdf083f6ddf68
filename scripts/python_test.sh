#!/usr/bin/env bash
# Builds the Python wheel and tests what it installs, in a virtual environment of its own; --all also beside PyTorch, with
# Ray and Spark, and in an environment that has no compiler. usage: scripts/python_test.sh [--all] [ARGUMENTS OF PYTEST]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all=
if [ "${1:-}" = --all ]; then
  all=yes
  shift
fi
scripts/python_wheel.sh >/dev/null
wheel=$(ls "$PWD"/build/wheels/*.whl)

# venv DIR PACKAGE...: made once; the wheel is always the one just built.
venv() {
  local folder=$1
  shift
  if [ ! -f "$folder/complete" ]; then
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q "$@"
    touch "$folder/complete"
  fi
  "$folder/bin/pip" install -q --no-deps --force-reinstall "$wheel"
}

export OMP_WAIT_POLICY=passive  # tests run beside others: who waits must not keep them from the cores
venv build/python-test numpy pandas scikit-learn Pillow tqdm mypy pytest
build/python-test/bin/python -m pytest -q -p no:cacheprovider tests/python "$@"
if [ -z "$all" ]; then exit; fi

scripts/install_dependencies.sh --engines
venv build/python-engines numpy pandas pytest "ray[data]" pyspark pyarrow
# PyPI's torch brings gigabytes for GPUs; Debian's is for the CPU, and belongs to Debian's Python.
torch=$PWD/build/python-torch
if [ "$(python3 -c 'import sys; print(sys.version_info[:2])')" = "$(/usr/bin/python3 -c 'import sys; print(sys.version_info[:2])')" ]; then
  [ -x "$torch/bin/pip" ] || /usr/bin/python3 -m venv --system-site-packages "$torch"
  "$torch/bin/pip" install -q --no-deps --force-reinstall "$wheel"
  export QPROMPT_TORCH_PYTHON=$torch/bin/python
fi
build/python-engines/bin/python -m pytest -q -p no:cacheprovider tests/python_engines
scripts/python_fresh.sh "$wheel"

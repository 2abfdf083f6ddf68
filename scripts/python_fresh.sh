#!/usr/bin/env bash
# A stranger's path, timed: the wheel into a fresh virtual environment, with no compiler in PATH, to the first names of
# pictures. usage: scripts/python_fresh.sh WHEEL
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wheel=$1
python=$(python3 -c 'import sys; print(sys._base_executable)')
fresh=$PWD/build/python-fresh
rm -rf "$fresh"
milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

began=$(milliseconds)
PATH= "$python" -m venv "$fresh"
PATH="$fresh/bin" pip install -q "$wheel"
installed=$(milliseconds)
PATH="$fresh/bin" python tests/python_engines/first_names.py assets/demo/pictures
named=$(milliseconds)
echo "python_fresh: installed in $((installed - began)) ms, first names $((named - installed)) ms later"

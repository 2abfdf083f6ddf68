#!/usr/bin/env bash
# A stranger's path: the wheel into a fresh virtual environment, where PATH has no compiler, to the first names of pictures;
# what it took is printed, and what was loaded from the system beside the C and C++ libraries is an error.
# usage: scripts/python_fresh.sh WHEEL
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wheel=$1
python=$(python3 -c 'import sys; print(sys._base_executable)')
folder=build/python-fresh
rm -rf "$folder"
bare() { env -i HOME="$HOME" PATH="$PWD/$folder/bin" "$@"; }

began=$(date +%s.%N)
"$python" -m venv "$folder"
env -i HOME="$HOME" PATH="$PWD/$folder/bin" ${PIP_CERT:+PIP_CERT="$PIP_CERT"} "$folder/bin/pip" install -q "$wheel"
installed=$(date +%s.%N)
bare python tests/python_engines/first_names.py assets/demo/pictures
ended=$(date +%s.%N)
echo "python_fresh: installed in $(bc <<<"$installed - $began") s, first names after $(bc <<<"$ended - $installed") s more"

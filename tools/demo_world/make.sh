#!/bin/sh
# Renders, trains and writes assets/demo, so that it can be repeated to the byte on the same machine.
set -e
export PYTHONHASHSEED=0 CUBLAS_WORKSPACE_CONFIG=:4096:8 OMP_WAIT_POLICY=passive
exec python3 "$(dirname "$0")/make.py" --seed 1 "$@"

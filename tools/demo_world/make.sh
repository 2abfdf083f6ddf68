#!/bin/sh
# Renders, trains and writes assets/demo. Waiting threads sleep, so that a busy machine is no harm.
set -e
export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive PYTHONHASHSEED=0
exec nice -n 10 /usr/bin/python3 "$(dirname "$0")/make.py" --seed 1 "$@"

#!/usr/bin/env bash
# The readers' tests under the address and undefined-behaviour sanitizers, and those of many callers at
# once under the thread sanitizer. Builds only what these need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A thread that spins keeps the others of a sanitized program from the cores.
export OMP_WAIT_POLICY=passive
export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp halt_on_error=0"

# run PRESET STAGE...
run() {
  local preset=$1 stage
  shift
  scripts/build.sh "$preset" "${@/#/test_}"
  for stage in "$@"; do
    echo "$preset: $stage"
    "${launch[@]}" "build/$preset/tests/$stage/test_$stage" --gtest_brief=1
  done
}

launch=()
run asan core formats tokenizer data kernels checkpoint clip artifact features adapter tune run report experiment server
# The thread sanitizer's map of memory does not fit every way the kernel places programs.
if setarch --addr-no-randomize true 2>/dev/null; then launch=(setarch --addr-no-randomize); fi
run tsan core features concurrency
echo "sanitize.sh: passed"

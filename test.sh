#!/usr/bin/env bash
# Builds everything and runs all tests; on a fresh Debian 12 it first installs what is missing.
# usage: ./test.sh [--asan] [ARGUMENTS OF CTEST]        e.g. ./test.sh -R Codebook
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

preset=release
if [ "${1:-}" = --asan ]; then
  preset=asan
  shift
fi

scripts/build.sh "$preset"
if ctest --preset "$preset" --parallel "$(nproc)" --no-tests=error "$@"; then
  echo "test.sh: passed (preset $preset)"
else
  echo "test.sh: FAILED (preset $preset); details: build/$preset/Testing/Temporary/LastTest.log" >&2
  exit 1
fi

#!/usr/bin/env bash
# Builds everything and runs all tests; on a fresh Debian 12 it first installs what is missing. Where clang is
# installed, every fuzzer (scripts/fuzz.sh) has a short run too.
# usage: ./test.sh [--all] [--asan] [ARGUMENTS OF CTEST]        e.g. ./test.sh -R Codebook
#   --all: also the Python package, the server against its OpenAPI document, and the Debian packages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

preset=release all=
while :; do
  case ${1:-} in
    --all) all=yes ;;
    --asan) preset=asan ;;
    *) break ;;
  esac
  shift
done

scripts/install_dependencies.sh --test
scripts/build.sh "$preset"
if [ $# = 0 ]; then
  if command -v clang++ >/dev/null; then
    scripts/fuzz.sh --all
  else
    echo "test.sh: no clang++, so no fuzzers (scripts/install_dependencies.sh --lint installs it)"
  fi
fi
if ! ctest --preset "$preset" --parallel "$(nproc)" --no-tests=error "$@"; then
  echo "test.sh: FAILED (preset $preset); details: build/$preset/Testing/Temporary/LastTest.log" >&2
  exit 1
fi
if [ -n "$all" ]; then
  scripts/contract_test.sh
  scripts/python_test.sh
  scripts/check_packages.sh
fi
echo "test.sh: passed (preset $preset)"

#!/usr/bin/env bash
# Gives a reader of files damaged inputs, with clang's libFuzzer under the address and undefined-behaviour
# sanitizers. New inputs of interest are kept in build/fuzz/corpus/NAME; an input that is a find is kept in
# build/fuzz/finds, its path is printed and the exit status is not 0.
# usage: scripts/fuzz.sh NAME SECONDS [FLAGS OF LIBFUZZER]     NAME: a folder of fuzz/corpus
#        scripts/fuzz.sh --all [RUNS]                          each for so many inputs, the same every time
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# fuzz NAME FLAGS...
fuzz() {
  local name=$1
  shift
  "build/fuzz/fuzz/fuzz_$name" -rss_limit_mb=2560 -malloc_limit_mb=2048 -timeout=20 \
    -artifact_prefix="build/fuzz/finds/$name-" "$@"
}

names=$(ls fuzz/corpus)
if [ "${1:-}" != --all ] && { [ $# -lt 2 ] || ! grep -qxF -- "$1" <<<"$names"; }; then
  echo "usage: scripts/fuzz.sh NAME SECONDS [FLAGS OF LIBFUZZER], NAME one of:" $names >&2
  exit 2
fi
scripts/install_dependencies.sh --lint
mkdir -p build/fuzz/finds

if [ "$1" = --all ]; then
  scripts/build.sh fuzz fuzzers
  for name in $names; do
    log=build/fuzz/finds/$name.log new=build/fuzz/new/$name  # where new inputs of interest go
    rm -rf "$new" && mkdir -p "$new"
    fuzz "$name" -runs="${2:-2000}" -seed=1 "$new" "fuzz/corpus/$name" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  done
  echo "fuzz.sh: passed (" $names ")"
else
  name=$1 seconds=$2
  shift 2
  scripts/build.sh fuzz "fuzz_$name"
  mkdir -p "build/fuzz/corpus/$name"
  fuzz "$name" -max_total_time="$seconds" "$@" "build/fuzz/corpus/$name" "fuzz/corpus/$name"
fi

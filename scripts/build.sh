#!/usr/bin/env bash
# Installs what the build needs, configures once, builds. usage: scripts/build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=$1
shift
scripts/install_dependencies.sh

if [ ! -f "build/$preset/build.ninja" ]; then
  mkdir -p "build/$preset"
  log=build/$preset/configure.log
  echo "Configuring build/$preset"
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
ninja -C "build/$preset" "$@"

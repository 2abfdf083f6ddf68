#!/usr/bin/env bash
# Builds the last commit's packages here and once more in another folder: both have the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v apt-get >/dev/null || { echo "check_reproducible.sh: skipped, no apt here"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

scripts/release.sh build/dist
mkdir -p "$work/elsewhere/sources"
git archive HEAD | tar -x -C "$work/elsewhere/sources"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) "$work/elsewhere/sources/scripts/release.sh" "$work/dist" >/dev/null
(cd "$work/dist" && sha256sum -- *.deb) >"$work/debs"
(cd build/dist && sha256sum --check "$work/debs") || { echo "check_reproducible.sh: FAILED" >&2; exit 1; }
echo "check_reproducible.sh: passed"

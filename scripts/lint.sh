#!/usr/bin/env bash
# Checks the format of all sources, and looks with clang-tidy at those that were changed lately.
# usage: scripts/lint.sh [SINCE]     e.g. scripts/lint.sh '2 weeks ago'; default: '1 day ago'
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh --lint
git ls-files '*.h' '*.cc' | xargs clang-format --dry-run --Werror

cmake --preset lint >/dev/null
mapfile -t changed < <(git log --since="${1:-1 day ago}" --name-only --pretty= -- 'qprompt/*.cc' 'cli/*.cc' 'server/*.cc' 'c/*.cc' |
  sort -u | while read -r file; do if [ -e "$file" ]; then echo "$file"; fi; done)
echo "lint.sh: clang-tidy of ${#changed[@]} changed files"
if [ ${#changed[@]} != 0 ]; then
  printf '%s\n' "${changed[@]}" |
    xargs -P "$(nproc)" -n 4 clang-tidy -p build/lint --quiet --warnings-as-errors='*' \
        --extra-arg=-Wno-unknown-warning-option
fi
echo "lint.sh: passed"

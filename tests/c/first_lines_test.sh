#!/usr/bin/env bash
# The lines that docs/c.md begins with, compiled and run. usage: first_lines_test.sh CHECKOUT CC LIBRARY
set -euo pipefail
checkout=$1 cc=$2 folder=$(dirname "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '/^```c$/,/^```$/p' "$checkout/docs/c.md" | sed '1d;$d' >"$work/photo.c"
"$cc" -std=c11 -Wall -Wextra -Werror "$work/photo.c" -o "$work/photo" -I"$checkout/c" -L"$folder" -lqprompt \
  -Wl,-rpath,"$folder"
cd "$work"
if ./photo 2>error; then echo "an answer without a model" >&2; exit 1; fi
grep -q '^model' error
ln -s "$checkout/assets/demo/model" model
cp "$checkout/assets/demo/pictures/val/black_moon/00.webp" photo.jpg
answer=$(./photo)
[ "$answer" = "red fox" ] || [ "$answer" = "snow owl" ]

#!/usr/bin/env bash
# Requests to `qprompt serve` over loopback, a new picture each, against the image tower alone at batch 8: for 1,
# 8 and 64 connections the rate, the median and the slowest of a hundred, and the server's memory.
# usage: bench/server/load.sh MODEL PICTURE.jpg [SECONDS]      of each number of connections; default: 30
#        CONNECTIONS="64" ... 1200                             a soak of 20 minutes
# Needs wrk (Debian) and a release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

model=$1 seconds=${3:-30} port=${PORT:-8917}
PICTURE=$(realpath "$2")
export PICTURE CLASSES=${CLASSES:-$'cat\ndog\nfish\ncar'}
folder=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
  rm -rf "$folder"
}
trap finish EXIT

steps=$(( seconds > 60 ? 8 : 5 ))
tower=$(build/release/bench/tower_step "$model" image 8 0 "$steps")
build/release/cli/qprompt --quiet serve --model "$model" --prompts "$folder" --port "$port" 2>"$folder/log" &
server=$!
until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do sleep 0.2; done
curl -sf -F "image=@$PICTURE" -F "classes=$CLASSES" "http://127.0.0.1:$port/v1/classify" >/dev/null  # packs weights

resident() { awk '/VmRSS/ {printf "%d", $2 / 1024}' "/proc/$server/status"; }
echo "$tower"
for connections in ${CONNECTIONS:-1 8 64}; do
  before=$(resident)
  result=$(wrk -t1 -c"$connections" -d"${seconds}s" --timeout 60s -s bench/server/pictures.lua \
    "http://127.0.0.1:$port" | sed -n 's/^RESULT //p')
  echo "{\"connections\": $connections, \"result\": $result, \"mib_before\": $before, \"mib_after\": $(resident)}"
done

#!/usr/bin/env bash
# Asks `qprompt serve` what openapi.json says it may be asked, and much that it may not: schemathesis makes the
# requests and compares every answer with the document. Builds what it needs; schemathesis comes from PyPI.
# usage: scripts/contract_test.sh [EXAMPLES]       of each operation; default: 40
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh --test
scripts/build.sh release qprompt_cli
tools=$PWD/build/contract-venv
if [ ! -x "$tools/bin/schemathesis" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5
fi

folder=$(mktemp -d) server=
finish() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
  rm -rf "$folder"
}
trap finish EXIT

program=build/release/cli/qprompt
"$program" --quiet serve --model assets/demo/model --prompts "$folder/prompts" --port 0 2>"$folder/log" &
server=$!
until url=$(grep -om1 'http://[^,/]*' "$folder/log"); do
  kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
# A prompt that the document's examples name, so that requests find one.
pictures=assets/demo/pictures/test parts=()
for class in purple_heart black_moon; do
  for picture in $(ls "$pictures/$class" | head -4); do parts+=(-F "image:$class=@$pictures/$class/$picture"); done
done
curl -sf -F name=flowers -F 'settings={"epochs":2}' "${parts[@]}" "$url/v1/learn" >/dev/null
curl -sf "$url/v1/learn/1/events" | grep -q '^event: done'

# What is no picture or no prompt file cannot be told by a schema: it may be refused.
log=$folder/schemathesis.log
if (cd "$folder" && "$tools/bin/schemathesis" run "$url/openapi.json" --max-examples "${1:-40}" --seed 1 \
    --exclude-checks positive_data_acceptance --suppress-health-check=all) >"$log" 2>&1; then
  kill -0 "$server"
  echo "contract_test.sh: passed ($(grep -oE '[0-9]+ generated' "$log" | tail -1) requests)"
else
  cat "$log" >&2
  exit 1
fi

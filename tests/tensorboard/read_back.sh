#!/usr/bin/env bash
# usage: read_back.sh WRITER WORK    ends with 77 where TensorBoard's package cannot be installed
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
writer=$1 work=$2

skip() {
  echo "read_back.sh: skipped: $1"
  exit 77
}

install() {
  rm -rf "$work/python"
  python3 -m venv "$work/python" &&
    "$work/python/bin/pip" install --quiet --no-deps --disable-pip-version-check --retries 1 --timeout 20 \
      --requirement "$here/requirements.txt" &&
    cp "$here/requirements.txt" "$work/python/installed.txt"
}

command -v python3 >/dev/null || skip "no python3"
if ! cmp --quiet "$here/requirements.txt" "$work/python/installed.txt"; then
  install || skip "TensorBoard's package cannot be installed"
fi
rm -rf "$work/events"
"$writer" "$work/events"
"$work/python/bin/python" "$here/read_back.py" "$work/events"

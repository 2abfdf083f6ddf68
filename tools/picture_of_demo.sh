#!/usr/bin/env bash
# Remakes docs/images/demo.png, the upper part of the demo's page. Needs Debian's chromium and fonts-inter.
# usage: tools/picture_of_demo.sh [FOLDER OF A FINISHED DEMO]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ $# = 0 ]; then
  ./demo.sh --output qprompt-demo
  set -- qprompt-demo
fi
mkdir -p docs/images
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,1465 \
  --screenshot=docs/images/demo.png "file://$(realpath "$1")/report.html"

#!/usr/bin/env bash
# Remakes docs/images/demo.png: the demo's page, down to the pictures it classifies.
# Needs Debian's chromium and fonts-inter.
# usage: tools/picture_of_demo.sh [FOLDER OF A FINISHED DEMO]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ $# = 0 ]; then
  ./demo.sh --output qprompt-demo
  set -- qprompt-demo
fi
mkdir -p docs/images
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,1775 \
  --screenshot=docs/images/demo.png "file://$(realpath "$1")/report.html"

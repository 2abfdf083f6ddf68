#!/usr/bin/env bash
# The main job on the embedded model and pictures, in under two minutes; on a fresh Debian 12 it first
# installs what is missing and builds the program. usage: ./demo.sh [ARGUMENTS OF qprompt demo]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

scripts/build.sh release qprompt_cli
exec build/release/cli/qprompt demo "$@"

#!/usr/bin/env bash
# Every flag that help shows stands in its command's page, and nothing in a page is against man's grammar.
# usage: man_pages_test.sh SHARE PROGRAM
set -euo pipefail
pages=$1/man/man1 program=$2
failed=0
fail() { echo "$1" >&2; failed=1; }

# The words behind "Subcommands:" of a command.
commands_in() { "$program" "$@" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][^ ]*\) .*/\1/p'; }
flags_in() { "$program" "$@" --help-all | grep -oE '^  -[^ ]*' | grep -oE -- '--?[A-Za-z][A-Za-z0-9-]*'; }

check_command() {
  local page=$pages/$1.1 flag
  shift
  [ -s "$page" ] || { fail "$page: not there"; return; }
  for flag in $(flags_in "$@"); do
    grep -qF -- "\\fB${flag//-/\\-}\\fR" "$page" || fail "$page: no $flag of '$*'"
  done
}

check_command qprompt
for command in $(commands_in); do
  check_command "qprompt-$command" "$command"
  for inner in $(commands_in "$command"); do check_command "qprompt-$command" "$command" "$inner"; done
done
[ "$(ls "$pages" | wc -l)" = $(($(commands_in | wc -l) + 1)) ] || fail "$pages: not one page a command"

if command -v mandoc >/dev/null; then
  # A date would be another one in every build.
  complaints=$(mandoc -Tlint -W warning "$pages"/*.1 | grep -v 'missing date' || true)
  [ -z "$complaints" ] || fail "$complaints"
fi
if command -v man >/dev/null; then
  for page in "$pages"/*.1; do
    complaints=$(man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null)
    [ -z "$complaints" ] || fail "$complaints"
  done
fi
exit $failed

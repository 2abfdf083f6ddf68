#!/usr/bin/env bash
# What bash completes. usage: bash_completion_test.sh SHARE
set -eu
source "$1/bash-completion/completions/qprompt"
failed=0

# expect WORDS...: what is completed of the words before "=>", the last of them unfinished, is what is behind.
expect() {
  local expected=
  COMP_WORDS=()
  while [ "$1" != "=>" ]; do COMP_WORDS+=("$1"); shift; done
  shift
  expected=$*
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _qprompt
  if [ "${COMPREPLY[*]}" != "$expected" ]; then
    echo "${COMP_WORDS[*]}: '${COMPREPLY[*]}', expected '$expected'" >&2
    failed=1
  fi
}

expect qprompt cl '=>' classify
expect qprompt help cl '=>' classify
expect qprompt data '' '=>' list check split
expect qprompt --q '=>' --quiet
expect qprompt train --epo '=>' --epochs
expect qprompt train --qui '=>' --quiet
expect qprompt data check --thr '=>' --threads
expect qprompt train --precision '' '=>' fp32 bf16 auto int8
expect qprompt train --precision = b '=>' bf16
expect qprompt train --epochs 3 --precision f '=>' fp32
expect qprompt train --preset qm '=>' qmaple-base2new
expect qprompt train --method coc '=>' cocoop
expect qprompt evaluate --classes '' '=>' all base new
expect qprompt train --data '' '=>'                       # a path: bash's own
expect qprompt classify --nothing '=>'
complete -p qprompt | grep -qF -- '-o default -F _qprompt qprompt' || { echo "no files" >&2; failed=1; }
exit $failed

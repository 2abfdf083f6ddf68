#!/usr/bin/env zsh
# What zsh completes, in a terminal of its own. usage: zsh_completion_test.zsh SHARE
zmodload zsh/zpty
fpath_of_test=$1/zsh/site-functions
failed=0

# expect LINE TEXT: a tab behind the line makes the line, or a list below it, that holds the text.
expect() {
  local shown= more
  zpty shell "TERM=dumb zsh -f -i"
  zpty -w shell "PROMPT=; fpath=($fpath_of_test \$fpath); autoload -U compinit; compinit -u -D; setopt no_beep; zstyle ':completion:*' list-prompt ''; print re''ady"
  while [[ $shown != *ready* ]] && zpty -r shell more; do shown+=$more; done
  zpty -w -n shell "$1"$'\t\t'
  shown=
  repeat 300; do
    sleep 0.1
    while zpty -r -t shell more; do shown+=$more; done
    if [[ $shown == *$2* ]]; then break; fi
  done
  zpty -d shell
  if [[ $shown != *$2* ]]; then print -u2 -r -- "$1: '$shown', expected '$2' in it"; failed=1; fi
}

expect 'qprompt cla' 'classify '
expect 'qprompt data ch' 'check '
expect 'qprompt train --epo' '--epochs'
expect 'qprompt train --precision ' 'bf16'
expect 'qprompt evaluate --classes b' 'base '
expect 'qprompt train --preset qm' 'qmaple-base2new'
expect 'qprompt data check --thr' '--threads'
exit $failed

#!/usr/bin/env fish
# What fish completes. usage: fish_completion_test.fish SHARE
source $argv[1]/fish/vendor_completions.d/qprompt.fish
set -g failed 0

# expect LINE WORDS: the words that complete the line, without their descriptions.
function expect
    set -l found (complete -C $argv[1] | string replace -r '\t.*' '' | sort | string join ' ')
    if test "$found" != "$argv[2]"
        echo "$argv[1]: '$found', expected '$argv[2]'" >&2
        set -g failed 1
    end
end

expect 'qprompt cl' classify
expect 'qprompt data ' 'check list split'
expect 'qprompt train --epo' --epochs
expect 'qprompt train --precision ' 'auto bf16 fp32 int8'
expect 'qprompt train --precision=b' '--precision=bf16'
expect 'qprompt train --preset qm' qmaple-base2new
expect 'qprompt data check --thr' --threads
expect 'qprompt train --data /et' /etc/
exit $failed

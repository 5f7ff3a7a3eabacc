#!/usr/bin/env bash
# names.sh - a file's name alone finds it: no two files of one name in what people write.
# Folders of a model, and the corpora, have the names that others gave them; README.md, pip's
# requirements.txt and Python's __init__.py belong to their folder.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

written() { # test of find...
  find core ext include sql tests examples -type f \
    -not -path 'tests/golden/models/*' -not -path 'tests/golden/tokenizers/*' \
    -not -path 'tests/fuzz/corpus/*' -not -path '*/__pycache__/*' \
    -not -name README.md -not -name requirements.txt -not -name __init__.py "$@"
}

twice=$(written -printf '%f\n' | sort | uniq -d)
[[ -n $twice ]] || exit 0
while read -r name; do written -name "$name"; done <<<"$twice"
exit 1

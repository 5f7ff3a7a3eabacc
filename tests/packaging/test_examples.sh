#!/usr/bin/env bash
# test_examples.sh - the examples that need nothing but the extension run, and print what they say.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

python=/usr/bin/python3
passed=0 failed=0

check() { # sentence, expected, actual
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
  fi
}

if ! "$python" -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null; then
  echo "skip - $python cannot load extensions of SQLite"
elif [[ -d models/default ]]; then
  check 'Python: what it prints' "$(cat examples/python/ask_papers.out)" \
    "$(BIOBERT_MODEL=$PWD/models/default "$python" examples/python/ask_papers.py 2>&1)"
else
  echo "skip - what Python's example prints: there is no models/default ('make model')"
  BIOBERT_MODEL=$PWD/tests/golden/models/st_mean "$python" examples/python/ask_papers.py >/dev/null 2>&1
  check 'Python: it runs' 0 $?
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

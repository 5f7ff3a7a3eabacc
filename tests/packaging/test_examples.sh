#!/usr/bin/env bash
# test_examples.sh - the examples that need nothing but the extension run, and print what they say; and so does the
# notebook, where PyPI has what runs one.
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

# A notebook runs in an environment of its own, with nbclient and a kernel.
notebook_environment() {
  local venv=build/packages/notebook
  [[ -e $venv/complete ]] && return
  mkdir -p build/packages
  "$python" -m venv --clear "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check nbclient ipykernel &&
    touch "$venv/complete"
}

check_notebook() { # notebook, model, whether what it shows is compared
  local output status last
  output=$(BIOBERT_MODEL=$2 COMPARE=$3 IPYTHONDIR=$PWD/build/packages/notebook/ipython \
    build/packages/notebook/bin/python tests/packaging/run_notebook.py "$1" 2>&1)
  status=$?
  last=$(tail -n 1 <<<"$output")
  check "$1 runs" 0 "$status"
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  fi
  if ((status)); then echo "$output"; fi
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

notebook=examples/notebook/explore_library.ipynb
if ! "$python" -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null; then
  echo "skip - $notebook: $python cannot load extensions of SQLite"
elif ! notebook_environment >/dev/null 2>&1; then
  echo "skip - $notebook: pip cannot install nbclient and ipykernel, or there is no python3-venv"
elif [[ -d models/default ]]; then
  check_notebook "$notebook" "$PWD/models/default" 1
else
  echo "skip - what $notebook shows: there is no models/default ('make model')"
  check_notebook "$notebook" "$PWD/tests/golden/models/st_mean" 0
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

# shellcheck shell=bash
# cli.sh - what the tests of the command share; read by each of them.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

build=${BUILD:-build/release}
command=$PWD/$build/biobert
model=$PWD/tests/golden/models/st_mean
export BIOBERT_MODEL=$model LC_ALL=C.UTF-8
unset NO_COLOR
scratch=$(mktemp -d) || exit 1
trap 'rm -rf -- "$scratch"' EXIT
passed=0 failed=0

check() { # sentence, actual, expected
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$3" "$2"
  fi
}

contains() { # sentence, actual, what is in it
  if [[ $2 == *"$3"* ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected in it: %s\n  actual:         %s\n' "$1" "$3" "$2"
  fi
}

lacks() { # sentence, actual, what is not in it
  if [[ $2 != *"$3"* ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  not expected in it: %q\n  actual: %q\n' "$1" "$3" "$2"
  fi
}

status() { # sentence, exit status, command line...
  local sentence=$1 expected=$2
  shift 2
  "$command" "$@" >"$scratch/out" 2>"$scratch/err"
  check "$sentence" "$?" "$expected"
}

# The stock shell, without and with the extension. PRELOAD: the sanitizers' runtimes, which have to
# be there before it starts.
sql() { LD_PRELOAD=${PRELOAD:-} sqlite3 -batch -init /dev/null "$@"; }
sql_with() { sql -cmd ".load $build/biobert" "$@"; }

# Records of a PubMed search: number, first number, what the abstracts say.
records() {
  awk -v count="$1" -v first="${2:-1}" -v text="${3:-aspirin after stroke}" 'BEGIN {
    for (i = first; i < first + count; i++)
      printf "PMID- %d\nTI  - Title %d of a trial\nAB  - Patient %d took %s.\nFAU - Lee, Ann\nJT  - Stroke\nDP  - 2001 May\n\n",
        i, i, i, text }'
}

report() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

#!/usr/bin/env bash
# valgrind.sh - most functions once, in the stock shell, under valgrind: no invalid access, no value
# that was never set, nothing lost. It runs on any build, and sees the libraries too that no sanitizer
# was built into. AVX-512 is hidden from the program, so the AVX2 kernels run.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1

build=${BUILD:-build/release}
if ! command -v valgrind >/dev/null; then
  echo 'skip - there is no valgrind here: apt-get install valgrind'
  echo '0 passed, 0 failed'
  [[ -z ${CI:-} ]]
  exit
fi

export HOME=$PWD/$build/home BIOBERT_MODEL=tests/golden/models/st_mean
export XDG_CACHE_HOME=$HOME/cache XDG_DATA_HOME=$HOME/data
rm -rf -- "$HOME"
mkdir -p "$XDG_CACHE_HOME"

log=$build/valgrind.log
# Worker threads live as long as the process: what they hold is "possibly lost" (their stacks'
# control blocks), never "definitely".
valgrind --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect \
  --show-leak-kinds=definite,indirect --log-file="$log" \
  sqlite3 -batch -bail -init /dev/null :memory: -cmd ".load $build/biobert" >"$build/valgrind.out" 2>&1 \
  <tests/valgrind.sql
status=$?

errors=$(grep -oE 'ERROR SUMMARY: [0-9]+ errors' "$log" | grep -oE '[0-9]+' | tail -n 1)
if ((status == 0)) && [[ $errors == 0 ]]; then
  echo 'valgrind: 0 errors'
  echo '1 passed, 0 failed'
  exit
fi
printf 'valgrind: %s errors, exit status %d; what the shell said, then %s:\n' "${errors:-no}" \
  "$status" "$log"
tail -n 5 "$build/valgrind.out"
cat -- "$log"
echo '0 passed, 1 failed'
exit 1

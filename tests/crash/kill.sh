#!/usr/bin/env bash
# kill.sh - SIGKILL at random moments of a sync: the file is intact, every batch that was reported is
# there, and the next sync goes on and ends. ROUNDS=200 bash tests/crash/kill.sh
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1
build=${BUILD:-build/release} rounds=${ROUNDS:-20}
export BIOBERT_MODEL=tests/golden/models/st_mean
scratch=$(mktemp -d) || exit 1
trap 'rm -rf -- "$scratch"' EXIT
file=$scratch/kill.db passed=0 failed=0 seed=${SEED:-$RANDOM}
RANDOM=$seed

sql() { sqlite3 -batch -init /dev/null -cmd ".load $build/biobert" "$file" "$@" 2>&1; }

check() { # what, actual, expected
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: round %d, seed %d: %s: %s, expected %s\n' "$round" "$seed" "$1" "$2" "$3"
  fi
}

fill="WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 2000)
  INSERT INTO papers SELECT x, 'gene ' || x, 'heart failure ' || x * 7 FROM c;"
round=0
sql "PRAGMA journal_mode = $([[ $((seed % 2)) == 0 ]] && echo wal || echo delete);
  CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, body TEXT); $fill
  CREATE VIRTUAL TABLE s USING biobert(title, body, content='papers');" >/dev/null

killed=0
for ((round = 1; round <= rounds; round++)); do
  : >"$scratch/rows"
  stdbuf -oL sqlite3 -batch -init /dev/null -cmd ".load $build/biobert" "$file" \
    "SELECT done, total, failed FROM biobert_sync('s', 16)" >"$scratch/rows" 2>"$scratch/errors" &
  process=$!
  sleep "0.$(printf '%03d' $((RANDOM % 400)))"
  if kill -KILL "$process" 2>/dev/null; then killed=$((killed + 1)); fi
  wait "$process" 2>/dev/null
  check 'errors' "$(cat "$scratch/errors")" ''
  check 'integrity' "$(sql 'PRAGMA integrity_check')" ok
  check 'the check of the index' "$(sql "INSERT INTO s(s) VALUES('integrity-check')")" ''
  # What was reported is not to be done again.
  last=$(tail -n 1 "$scratch/rows")
  if [[ $last =~ ^([0-9]+)\|([0-9]+)\|0$ ]]; then
    left=$(sql "SELECT total FROM biobert_sync('s') LIMIT 1")
    check 'no batch is lost' "$((left <= BASH_REMATCH[2] - BASH_REMATCH[1]))" 1
  fi
  # Now and then there is work again.
  if ((round % 5 == 0)); then sql "UPDATE papers SET title = title || ' cell' WHERE id % 3 = $((RANDOM % 3))"; fi
done
sql "SELECT count(*) FROM biobert_sync('s')" >/dev/null
check 'the next sync ends the work' "$(sql "SELECT rows, pending, stale, failed FROM biobert_status('s')")" '2000|0|0|0'
check 'and finds it' "$(sql "SELECT count(*) FROM s WHERE s MATCH 'gene' AND mode = 'semantic'")" 2000
printf '%d rounds, %d killed\n' "$rounds" "$killed"
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

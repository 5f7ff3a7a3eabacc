#!/usr/bin/env bash
# test_signals.sh - an import that is killed or interrupted at any moment loses nothing and does nothing
# twice; other programs use the file meanwhile. KILLS=100 bash tests/cli/test_signals.sh
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
kills=${KILLS:-10} seed=${SEED:-$RANDOM}
RANDOM=$seed
db=$scratch/library.db papers=600
records "$papers" >"$scratch/a.nbib"

# Killed.
killed=0 sound=0
for ((round = 1; round <= kills; round++)); do
  "$command" import -q "$db" "$scratch/a.nbib" >/dev/null 2>&1 &
  process=$!
  sleep "0.$(printf '%03d' $((RANDOM % 300)))"
  if kill -KILL "$process" 2>/dev/null; then killed=$((killed + 1)); fi
  wait "$process" 2>/dev/null
  # Killed before the file was there: there is nothing to look at.
  if [[ ! -s $db || $(sql "$db" 'PRAGMA integrity_check' 2>&1) == ok ]]; then sound=$((sound + 1)); fi
  # Work for the next round.
  if ((round % 3 == 0)); then sql "$db" "UPDATE papers SET abstract = abstract || ' again' WHERE pmid % 2 = 0" 2>/dev/null; fi
done
check "the file is sound after each of $killed kills (SEED=$seed)" "$sound" "$kills"
"$command" import -q "$db" "$scratch/a.nbib" >/dev/null
check 'the last run ends' "$?" 0
check 'no paper is lost and none is there twice' \
  "$(sql "$db" 'SELECT count(*), count(DISTINCT pmid), count(DISTINCT title) FROM papers')" "$papers|$papers|$papers"
check 'each is embedded' \
  "$(sql_with "$db" "SELECT rows, pending, stale, failed, passages FROM biobert_status('papers_search')")" \
  "$papers|0|0|0|$papers"
check 'the index is sound' "$(sql_with "$db" "INSERT INTO papers_search(papers_search) VALUES('integrity-check')" 2>&1)" ''
check 'and nothing is left to do' "$("$command" import -q "$db" "$scratch/a.nbib" --json)" \
  "{\"file\":\"$scratch/a.nbib\",\"new\":0,\"changed\":0,\"same\":$papers,\"deleted\":0,\"unreadable\":0,\"embedded\":0}"

# Ctrl-C in the middle of the work: when the first batch is there, there are many to come. Where the
# machine is so quick that the work has ended by then, there is more work.
slow=$scratch/slow.db
interrupt_import() { # records; leaves status and what was kept
  local process found i
  rm -f "$slow"*
  records "$1" >"$scratch/slow.nbib"
  setsid "$command" import -q "$slow" "$scratch/slow.nbib" >"$scratch/out" 2>"$scratch/err" &
  process=$!
  for ((i = 0; i < 600; i++)); do
    found=$(sql "$slow" 'SELECT count(*) FROM papers_search_docs' 2>/dev/null)
    if [[ ${found:-0} -gt 0 ]] || ! kill -0 "$process" 2>/dev/null; then break; fi
    sleep 0.05
  done
  kill -INT "$process" 2>/dev/null
  wait "$process"
  status=$?
  kept=$(sql_with "$slow" "SELECT passages FROM biobert_status('papers_search')")
}
for many in 2500 10000 40000; do
  interrupt_import "$many"
  if ((status != 0)); then break; fi
done
check 'Ctrl-C ends with status 3' "$status" 3
contains 'and says how to go on' "$(cat "$scratch/err")" 'stopped; what was done is kept: the same command again goes on'
check 'what was done is kept' "$((kept > 0 && kept < many))" 1
check 'the same command again goes on' \
  "$("$command" import -q "$slow" "$scratch/slow.nbib" --json | sed 's/.*embedded"://')" "$((many - kept))}"

# The doctor finds nothing wrong by being stopped, and stops: here in a view without an end.
sql "$scratch/endless.db" "CREATE VIEW papers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, 'a' AS title FROM n"
setsid "$command" doctor "$scratch/endless.db" >"$scratch/out" 2>"$scratch/err" &
process=$!
for ((i = 0; i < 200; i++)); do
  if grep -q 'file: ' "$scratch/out" || ! kill -0 "$process" 2>/dev/null; then break; fi
  sleep 0.05
done
sleep 0.3
kill -INT "$process"
wait "$process"
check 'a doctor that is stopped ends with status 3' "$?" 3
check 'says so, and finds no fault' "$(cat "$scratch/err") $(grep -c wrong "$scratch/out")" 'biobert: stopped: the rest was not looked at 0'

# Another program that writes: it waits no longer than a batch, and the import ends.
records 2500 >"$scratch/b.nbib"
shared=$scratch/shared.db
for journal in delete wal; do
  rm -f "$shared"*
  sql "$shared" "PRAGMA journal_mode = $journal; CREATE TABLE notes(text)" >/dev/null
  "$command" import -q "$shared" "$scratch/b.nbib" >"$scratch/out" 2>&1 &
  process=$! notes=0 refused=0
  while kill -0 "$process" 2>/dev/null; do
    if sql -cmd '.timeout 5000' "$shared" "INSERT INTO notes VALUES('note')" 2>/dev/null; then
      notes=$((notes + 1))
    else
      refused=$((refused + 1))
    fi
    sleep 0.1
  done
  wait "$process"
  check "$journal: the import ends beside a program that writes" "$?" 0
  check "$journal: which is not refused" "$refused" 0
  check "$journal: what both wrote is there" \
    "$(sql "$shared" "SELECT (SELECT count(*) FROM papers), (SELECT count(*) FROM notes)")" "2500|$notes"
done

# One that writes so often that it has written again before a batch is ready.
cat >"$scratch/write.sh" <<'END'
while echo "INSERT INTO notes VALUES('note');"; do sleep 0.01; done 2>/dev/null |
  sqlite3 -batch -init /dev/null -cmd '.timeout 5000' "$1" 2>&1
END
for journal in delete wal; do
  rm -f "$shared"*
  sql "$shared" "PRAGMA journal_mode = $journal; CREATE TABLE notes(text); CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2500) INSERT INTO papers SELECT i, 'aspirin ' || i FROM n" >/dev/null
  setsid bash "$scratch/write.sh" "$shared" >"$scratch/writer" &
  writer=$!
  status "$journal: an index is filled beside a program that writes all the time" 0 index -q "$shared" --table papers
  kill -- "-$writer" 2>/dev/null
  wait "$writer" 2>/dev/null
  check "$journal: which has written too, and was not refused" \
    "$(sql "$shared" 'SELECT count(*) > 0 FROM notes') $(cat "$scratch/writer")" '1 '
  check "$journal: and all is there" "$(sql "$shared" 'SELECT count(*) FROM papers_search_docs')" 2500
done

# A program that keeps its lock for a while is waited for; a search does not even wait.
mkfifo "$scratch/pipe"
sql "$db" <"$scratch/pipe" &
holder=$!
exec 3>"$scratch/pipe"
echo 'BEGIN IMMEDIATE; SELECT 1;' >&3
sleep 0.3
status 'a search beside a lock' 0 search "$db" aspirin
(
  sleep 1
  echo 'COMMIT;' >&3
) &
records 1 9001 >"$scratch/c.nbib"
status 'an import waits for a lock' 0 import -q "$db" "$scratch/c.nbib"
exec 3>&-
wait "$holder"

report

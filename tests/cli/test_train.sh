#!/usr/bin/env bash
# test_train.sh - biobert train: rows of a database to the folder of a model, which the next command
# can use; going on; what is refused.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
small=tests/golden/models/relations
"$command" import -q "$db" examples/literature/library.nbib >/dev/null 2>&1
query="SELECT abstract, iif(id % 2, 'odd', 'even') FROM papers WHERE abstract IS NOT NULL"
train() { "$command" train "$db" "$@" --model "$small" --batch 200; }

# A classifier.
train classify "$scratch/ages" --query "$query AND id % 4" --evaluate "$query AND NOT id % 4" --epochs 2 \
  >"$scratch/out" 2>"$scratch/err"
check 'training ends well' $? 0
check 'a line an epoch' "$(grep -c '^epoch ' "$scratch/out")" 2
contains 'with its metric' "$(head -n 1 "$scratch/out")" 'macro_f1'
contains 'and where the model is' "$(tail -n 1 "$scratch/out")" "$scratch/ages: written"
contains 'the card says what was learnt from' "$(cat "$scratch/ages/README.md")" "iif(id % 2"
status 'the same again' 0 train "$db" classify "$scratch/ages" --query "$query AND id % 4" \
  --evaluate "$query AND NOT id % 4" --epochs 2 --model "$small" --batch 200
contains 'trains nothing' "$(cat "$scratch/out")" 'finished already'
status 'other rows' 3 train "$db" classify "$scratch/ages" --query "$query" --model "$small"
contains 'are refused, with what to do' "$(cat "$scratch/err")" 'remove it, or name another output'
check 'JSON: a line an epoch' "$(train classify "$scratch/json" --query "$query" --epochs 1 --json 2>/dev/null |
  grep -c '^{"step": *[0-9]')" 1

# Masked words, of the papers that are there.
status 'mlm needs no query' 0 train "$db" mlm "$scratch/adapted" --model tests/golden/models/mlm_cased --steps 2
contains 'it says what it learns from' "$(cat "$scratch/err")" 'learns from: SELECT'
check 'other programs may write meanwhile' "$(sqlite3 "$db" 'PRAGMA integrity_check')" ok

sql "$scratch/titles.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title); INSERT INTO papers(title) VALUES('aspirin in trials'), ('a gene of cells');
  CREATE TABLE texts(id INTEGER PRIMARY KEY, abstract); INSERT INTO texts(abstract) VALUES('aspirin in trials'), ('a gene of cells');
  CREATE TABLE numbers(n)"
for table in papers texts; do
  status "one column of text is learnt from: $table" 0 train "$scratch/titles.db" mlm "$scratch/$table" -t "$table" --model tests/golden/models/mlm_cased --steps 1
done
status 'a table without any' 2 train "$scratch/titles.db" mlm "$scratch/x" -t numbers
contains 'and what to give' "$(cat "$scratch/err")" "--query 'SELECT text FROM"
status 'rows with a NULL are left out' 0 train "$db" classify "$scratch/nulls" --query "$query UNION ALL SELECT 'a text', NULL" --model "$small" --steps 1
contains 'and counted' "$(cat "$scratch/err")" '1 rows with a NULL are left out'
status 'a name that is no model' 3 train "$db" mlm "$scratch/x" --model "$scratch/nomodel"
status 'nor a teacher' 3 train "$db" distil "$scratch/x" --query 'SELECT title FROM papers' --teacher "$scratch/nomodel"
status 'held-out rows of no table' 3 train "$db" classify "$scratch/x" --query "$query" --evaluate 'SELECT nosuch'
contains 'which' "$(cat "$scratch/err")" 'nosuch'

# Stopped.
"$command" train "$db" classify "$scratch/long" --query "$query" --model "$small" --batch 200 --epochs 100000 \
  >"$scratch/out" 2>"$scratch/err" &
process=$!
for ((i = 0; i < 600; i++)); do
  [[ -e $scratch/long.biobert-training/run.json ]] && break
  sleep 0.05
done
kill -INT "$process"
wait "$process"
check 'Ctrl-C ends it' "$?" 3
contains 'and says how to go on' "$(cat "$scratch/err")" 'the same command goes on where it stopped'
contains 'what was done is there' "$(ls "$scratch/long.biobert-training")" 'run.json'

# Used wrongly.
status 'rows are missing' 2 train "$db" classify "$scratch/x"
contains 'what is missing' "$(cat "$scratch/err")" "--query 'SELECT"
status 'no such task' 3 train "$db" translate "$scratch/x" --query "$query"
contains 'which there are' "$(cat "$scratch/err")" 'mlm, classify'
status 'no such file' 3 train "$scratch/nosuch.db" mlm "$scratch/x"
status 'no such column' 3 train "$db" mlm "$scratch/x" --query 'SELECT nosuch FROM papers'
contains 'which' "$(cat "$scratch/err")" 'nosuch'
status 'no number' 3 train "$db" mlm "$scratch/x" --epochs many --model "$small"
contains 'what a number is' "$(cat "$scratch/err")" 'JSON'
status 'no folder' 2 train "$db" mlm
check 'nothing is left of these' "$(ls -d "$scratch"/x* 2>/dev/null)" ''

report

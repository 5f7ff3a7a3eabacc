#!/usr/bin/env bash
# test_screen.sh - `biobert screen`: a reviewer's keys, what is kept of them, exports and simulation.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
records 12 1 'aspirin after stroke' >"$scratch/a.nbib"
records 28 101 'a kinase inhibitor in cells' >"$scratch/b.nbib"
"$command" import -q "$db" "$scratch/a.nbib" "$scratch/b.nbib" >/dev/null 2>&1
run() { "$command" "$@" 2>"$scratch/err"; }
keys() { # what is typed, then the command line
  local typed=$1
  shift
  printf '%s' "$typed" | "$command" screen "$db" "$@" >"$scratch/out" 2>"$scratch/err"
  code=$?
}
decisions() { sql "$db" "SELECT group_concat(ifnull(included, '-'), '') FROM (SELECT included FROM screening ORDER BY position)"; }

# At a terminal a key counts at once, and is asked for.
if command -v script >/dev/null; then
  shown=$(printf 'ieq' | TERM=xterm script -qec "'$command' screen '$db' --labels typed" /dev/null)
  contains 'a terminal is asked for a key' "$shown" 'i include, e exclude, s skip, u undo, q stop: '
  check 'and each is taken' "$(sql "$db" "SELECT group_concat(included, '') FROM typed")" 10
fi

# For programs: nothing is judged, nothing is made.
check 'the papers to read next' "$(run screen "$db" --json -n 3 | wc -l)" 3
check 'as CSV too' "$(run screen "$db" --csv | head -1)" id,position,score,probability,title
check 'no table is made by looking' "$(sql "$db" "SELECT count(*) FROM sqlite_schema WHERE name = 'screening'")" 0
contains 'the query comes first' "$(run screen "$db" --json -n 1 --query 'aspirin after stroke' --features words)" '"id":'

# A reviewer.
keys 'ie' --query 'aspirin after stroke' --features words
check 'the end of the keys is the end' "$code" 0
check 'two decisions are kept' "$(decisions)" 10
contains 'that is said' "$(cat "$scratch/err")" "2 decisions are kept in the table 'screening'"
contains 'a paper is shown' "$(cat "$scratch/out")" 'of a trial'
contains 'with its authors and year' "$(cat "$scratch/out")" 'Lee, Ann · Stroke · 2001'
keys 'i s x e uu q'
check 'skip, a key that is none, undo twice' "$(decisions)" 101
contains 'what keys there are is said' "$(cat "$scratch/err")" 'i include, e exclude, s skip, u undo, q stop'
keys 'uuuu'
check 'undo goes back to the first' "$(decisions)" ''
contains 'and says when there is nothing left' "$(cat "$scratch/err")" 'there is nothing to undo'
keys 'iiiieeeeeeq' --query 'aspirin after stroke' --features words
check 'a batch is learnt from' "$(decisions)" 1111000000
contains 'how far it is' "$(cat "$scratch/err")" '0 of 40 papers read, 0 included; p = 1: go on'
status 'once more' 0 screen "$db" --json
contains 'the probability is known now' "$(head -1 "$scratch/out")" '"probability":0.'
check 'what is judged is not shown again' \
  "$(run screen "$db" --json -n 100 | wc -l)" 30
check 'each decision has its time' "$(sql "$db" "SELECT count(*) FROM screening WHERE decided_at GLOB '20*T*:*:*Z'")" 10
contains '--sql says what is run' "$(printf i | run screen "$db" --sql --labels sqled)" "biobert_screen('papers_search', 'sqled', '{}')"

# Killed at any moment: what was typed before is there.
{ printf 'ieie'; sleep 3; } | "$command" screen "$db" --labels killed >/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 100; i++)); do
  [[ $(sql "$db" "SELECT count(*) FROM killed" 2>/dev/null) == 4 ]] && break
  sleep 0.05
done
kill -KILL "$pid"
wait 2>/dev/null
check 'decisions outlive a kill' "$(sql "$db" "SELECT group_concat(included, '') FROM (SELECT included FROM killed ORDER BY position)")" 1010
check 'and the file is sound' "$(sql "$db" 'PRAGMA integrity_check')" ok

# Exports.
run screen "$db" --export asreview-csv "$scratch/out.csv"
check 'a CSV of ASReview' "$(head -1 "$scratch/out.csv" | tr -d '\r')" title,abstract,authors,journal,year,doi,pmid,pmcid,url,included
check 'its labels' "$(sql :memory: -cmd ".mode csv" -cmd ".import $scratch/out.csv t" "SELECT sum(included = '1'), sum(included = '0'), sum(included = '') FROM t" | tr -d '\r')" 4,6,30
run screen "$db" --export ris >"$scratch/out.ris"
check 'RIS with the notes of ASReview' "$(grep -c '^N1  - ASReview_relevant' "$scratch/out.ris"),$(grep -c '^N1  - ASReview_irrelevant' "$scratch/out.ris"),$(grep -c '^N1  - ASReview_not_seen' "$scratch/out.ris")" 4,6,30
lacks 'which an export of records has not' "$(run export "$db" -f ris)" ASReview
status 'a format that is none' 2 screen "$db" --export bibtex
status 'a file without a format' 2 screen "$db" "$scratch/x"

# Simulation.
sql "$db" "CREATE TABLE truth AS SELECT id, pmid < 100 FROM papers; ALTER TABLE papers ADD COLUMN relevant; UPDATE papers SET relevant = pmid < 100"
status 'a simulation' 0 screen "$db" --simulate truth --features words
contains 'of how many' "$(cat "$scratch/out")" '40 papers, 12 included; mean of 3 starts'
contains 'work saved' "$(cat "$scratch/out")" 'WSS@95'
contains 'a curve' "$(cat "$scratch/out")" '####'
check 'a row a start' "$(run screen "$db" --simulate truth --starts 2 --json | wc -l)" 2
check 'a column is as good as a table' "$(run screen "$db" --simulate relevant --json)" "$(run screen "$db" --simulate truth --json)"
status 'labels that are none' 3 screen "$db" --simulate pmid
status 'a table that is none' 3 screen "$db" --simulate nothing
contains 'is said' "$(cat "$scratch/err")" "'nothing' is no table of labels (paper, 1 or 0) and no column of 'papers'"

# What could go wrong.
sql "$db" 'CREATE TABLE mine(a)'
status 'a table that is not ours' 3 screen "$db" --labels mine
contains 'is left alone' "$(cat "$scratch/err")" "the table 'mine' of $db holds something else: --labels NAME"
status 'an option that is none' 2 screen "$db" --batch 0
status 'features that are none' 3 screen "$db" --json --features letters
status 'features that are none, of a simulation' 3 screen "$db" --simulate truth --features letters
if [[ -e /dev/full ]]; then
  printf 'ieieq' | "$command" screen "$db" --labels unseen >/dev/full 2>"$scratch/err"
  check 'a paper that cannot be shown is not judged' "$?,$(sql "$db" 'SELECT count(*) FROM unseen')" 3,0
  contains 'and the reason is said' "$(cat "$scratch/err")" 'No space left on device'
fi
for bad in '--starts 0' '--limit none' "--export ris --simulate truth"; do
  # shellcheck disable=SC2086 # words of a command line
  status "what is none: $bad" 2 screen "$db" $bad
done
contains 'of two things one is to be chosen' "$(cat "$scratch/err")" '--export and --simulate are two things'
for line in '--json' '--export ris' '--simulate truth' ''; do
  # shellcheck disable=SC2086 # words of a command line
  status "screen of no library: $line" 3 screen "$scratch/none.db" $line
  # shellcheck disable=SC2086
  status "with an index that is not there: $line" 3 screen "$db" --index none $line
done
for line in '--json' '--export ris' '--export asreview-csv'; do
  # shellcheck disable=SC2086
  status "decisions in a table that is not ours: $line" 3 screen "$db" --labels mine $line
done
status 'more decisions than a batch may have are as many as it may have' 0 screen "$db" --batch 1000000 --json -n 1
sql "$db" "CREATE TABLE none(paper, label); CREATE TABLE words(paper, label); INSERT INTO words VALUES(1, 'yes');
  CREATE TABLE gone(paper, label); INSERT INTO gone VALUES(9999, 1)"
status 'labels in words' 3 screen "$db" --simulate words
contains 'are said, with their paper' "$(cat "$scratch/err")" 'the label of paper 1 is not 1 or 0'
for table in none gone; do
  status "no paper has a label: $table" 1 screen "$db" --simulate "$table"
  contains 'which is said' "$(cat "$scratch/err")" "no paper of 'papers_search' has a label there"
done

# Papers without titles, and a table without a column for them.
sql "$scratch/bare.db" "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);
  INSERT INTO notes(body) VALUES('aspirin after stroke'), ('a kinase in cells'), (''), ('aspirin again'), ('another kinase'), ('a third one')"
status 'a table of bare texts is made searchable' 0 index "$scratch/bare.db" -q -t notes --text body
contains 'its papers to read next have no titles' "$(run screen "$scratch/bare.db" --json -n 1)" '"title":null'
printf 'iq' | run screen "$scratch/bare.db" --query aspirin >"$scratch/out"
contains 'and are shown without' "$(cat "$scratch/out")" '(no title)'
check 'they are exported with what they have' "$(run screen "$scratch/bare.db" --export asreview-csv | head -n 2 | tr -d '\r')" $'abstract,included\naspirin after stroke,1'
printf 'ieq' | run screen "$scratch/bare.db" --batch 2 --labels early >"$scratch/out"
contains 'how likely one is stands alone' "$(cat "$scratch/out")" $'\n  '"$(grep -o '[0-9]* % likely' "$scratch/out" | head -1)"
printf 'seeeeeq' | run screen "$scratch/bare.db" --labels later >/dev/null
contains 'what was passed over comes once more' "$(cat "$scratch/err")" 'all others are judged: what was passed over comes once more'
sql "$scratch/bare.db" 'DELETE FROM notes'
status 'of no papers nothing is written' 1 screen "$scratch/bare.db" --export asreview-csv "$scratch/nothing.csv"

# A paper that somebody deletes while it waits to be shown.
{
  printf 'e'
  for ((i = 0; i < 100; i++)); do
    [[ $(sql "$db" 'SELECT count(*) FROM waited' 2>/dev/null) == 1 ]] && break
    sleep 0.05
  done
  sql "$db" 'DELETE FROM papers WHERE id NOT IN (SELECT paper FROM waited) AND id % 2'
  printf 'eeeeeeeeq'
} | run screen "$db" --labels waited >/dev/null
check 'is passed by' "$(sql "$db" 'SELECT count(*) FROM waited WHERE paper NOT IN (SELECT id FROM papers)')" 0
check 'and the others are judged' "$(sql "$db" 'SELECT count(*) FROM waited')" 9

keys "$(printf 'e%.0s' {1..60})"
check 'all are read' "$code" 0
keys i
check 'then there is nothing left' "$code" 1
contains 'and it is said to stop' "$(cat "$scratch/err")" 'all papers have been read: stop'

report

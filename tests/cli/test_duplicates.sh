#!/usr/bin/env bash
# test_duplicates.sh - `biobert duplicates`: groups, which paper is kept, what is said, and that
# nothing is changed.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
run() { "$command" "$@" 2>"$scratch/err"; }

# Ready vectors: what is near is known.
sql_with "$db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract, journal, year INT, doi, pmid INT, v BLOB);
  INSERT INTO papers VALUES
    (1, 'Aspirin and stroke', 'Patients took aspirin.', NULL, 2001, '10.1000/a', NULL, biobert_vector('[1,0,0]')),
    (2, 'Aspirin and stroke.', 'Patients took aspirin.', 'Stroke', 2001, '10.1000/A', 12, biobert_vector('[9,1,0]')),
    (3, 'Gene therapy', 'Haemophilia.', 'Gut' || char(27) || '[31m', 1999, NULL, NULL, biobert_vector('[0,1,0]')),
    (4, 'Gene therapy', 'Haemophilia.', 'Gut', 1999, NULL, NULL, biobert_vector('[0,1,0]')),
    (5, 'Kinase', 'The kinase binds DNA.', NULL, 2010, NULL, NULL, biobert_vector('[0,0,1]'));
  CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers', content_rowid='id', vectors='v');
  INSERT INTO papers_search(papers_search) VALUES('sync')"
before=$(sql "$db" .dump | cksum)

text=$(run duplicates "$db")
contains 'the fullest record is the one to keep' "$text" 'keep   Aspirin and stroke.'
contains 'the other is shown below it' "$text" '       Aspirin and stroke'
contains 'with what they agree in' "$text" 'like 2 (same doi, title, year)'
contains 'of two as full the first is kept' "$text" 'like 3 (same title, year)'
contains 'how many there are is said' "$(cat "$scratch/err")" '4 papers are 2; nothing was changed'
lacks 'control characters of a title are not shown' "$text" $'\x1b'
lacks 'a paper that is alone is not shown' "$text" Kinase

json=$(run duplicates "$db" --json)
check 'a row a paper' "$(wc -l <<<"$json")" 4
contains 'JSON has the group and what to keep' "$json" '{"group":1,"keep":1,"id":2,'
contains 'and what they agree in' "$json" '"other":2,"reason":"doi, title, year","title":"Aspirin and stroke"'
check 'CSV has a header' "$(run duplicates "$db" --csv | head -1)" \
  group,keep,id,similarity,other,reason,title,authors,journal,year,doi,pmid
run duplicates "$db" --sql >"$scratch/script.sql"
check 'the statement runs in the stock shell' "$(sql_with "$db" <"$scratch/script.sql" 2>&1 | cut -d '|' -f 1-3)" \
  "$(run duplicates "$db" --csv | tail -n +2 | tr -d '\r' | cut -d , -f 1-3 | tr , '|')"
check 'nothing was changed' "$(sql "$db" .dump | cksum)" "$before"

status 'a threshold of 1: equal vectors' 0 duplicates "$db" -i papers_search -t 1
sql "$db" 'DELETE FROM papers WHERE id = 4'
status 'a threshold that none reaches' 1 duplicates "$db" -t 1 --quiet
check 'with no remark where none is wanted' "$(cat "$scratch/err")" ''
for bad in x 2 -1 1e0 '0.9) --' . 0.9.1 ''; do
  status "a threshold of '$bad'" 2 duplicates "$db" "--threshold=$bad"
done
status 'no threshold above it' 0 duplicates "$db" --threshold 0
sql_with "$scratch/bare.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract, v BLOB);
  INSERT INTO papers VALUES(1, NULL, 'Aspirin.', biobert_vector('[1,0]')), (2, '', 'Aspirin.', biobert_vector('[1,0]'));
  CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers', content_rowid='id', vectors='v');
  INSERT INTO papers_search(papers_search) VALUES('sync')"
check 'papers without titles are shown too' "$(run duplicates "$scratch/bare.db" | grep -c '(no title)')" 2
chmod a-w "$db"
status 'a library that is only read' 0 duplicates "$db"
status 'no index of this name' 3 duplicates "$db" --index none
status 'no library' 3 duplicates "$scratch/none.db"
status 'no library is named' 2 duplicates

report

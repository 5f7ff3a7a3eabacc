#!/usr/bin/env bash
# test_formats.sh - an index of each format there has been is read, searched and written; one of a format that is
# yet to come is refused in every use, with both numbers, and loses nothing by it.
#
# tests/index/format_N.db is a file of format N, made when it was the newest (in the shell, PRAGMA page_size = 512):
#   CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, year INTEGER, v BLOB);
#   INSERT INTO papers VALUES (1, 'Aspirin and stroke', 1991, biobert_vector('[1,0,0]')),
#     (2, 'Gene therapy', 2001, biobert_vector('[0,1,0]')), (3, 'Aspirin and genes', 2015, biobert_vector('[0.8,0.6,0]')),
#     (4, 'Insulin', 1922, biobert_vector('[0,0,1]'));
#   CREATE VIRTUAL TABLE papers_search USING biobert(title, year UNINDEXED, content='papers', vectors='v', dimension=3);
#   INSERT INTO papers_search(papers_search) VALUES('sync');
#   CREATE VIRTUAL TABLE notes USING biobert(note, search='lexical');
#   INSERT INTO notes(rowid, note) VALUES (7, 'read this again'), (8, 'cite in the introduction');
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"

newest=$(sed -n 's/^enum { NEWEST_FORMAT = \([0-9]*\),.*/\1/p' ext/search/shadow_tables.h)
db=$scratch/library.db
ask() { sql_with "$db" "$@" 2>&1; }
versions() { sqlite3 -batch -init /dev/null "$db" <sql/upgrade/versions.sql | tr -s ' ' | sed '1,2d; s/ $//'; }
answers() {
  ask "SELECT rowid FROM papers_search(biobert_vector('[1,0.1,0]'), 3)" \
    "SELECT rowid FROM papers_search WHERE words MATCH 'aspirin NOT stroke'" "SELECT rowid FROM notes('cite')" | tr '\n' ' '
}
forge() { sqlite3 "$db" "UPDATE papers_search_config SET v = $1 WHERE k = 'format_version'"; }

check 'versions.sql knows the newest format' "$(sed -n 's/^WITH newest(number) AS (VALUES (\(.*\))),/\1/p' sql/upgrade/versions.sql)" "$newest"
check 'there is a file of every format' "$(find tests/index -name 'format_*.db' | wc -l)" "$newest"

for ((format = 1; format <= newest; format++)); do
  cp "tests/index/format_$format.db" "$db"
  sum=$(sha256sum <"$db")
  what=$( ((format < newest)) && echo 'older: sql/upgrade/README.md says what to do' || echo current)
  check "format $format: its versions" "$(versions)" "papers_search $format $what"$'\n'"notes $format $what"
  check "format $format: it is searched, by vectors and by words" "$(answers)" '1 3 2 3 8 '
  check "format $format: its state" "$(ask "SELECT rows, pending, stale, format_version FROM biobert_status('papers_search')")" "4|0|0|$format"
  check "format $format: by reading it does not change" "$(sha256sum <"$db")" "$sum"
  check "format $format: it is sound" "$(ask "INSERT INTO papers_search(papers_search) VALUES('integrity-check')")" ''
  check "format $format: it is written" "$(ask "INSERT INTO papers VALUES (5, 'Statins', 1994, biobert_vector('[1,0.2,0]'))" \
    "INSERT INTO papers_search(papers_search) VALUES('sync')" "INSERT INTO papers_search(papers_search) VALUES('integrity-check')" \
    "SELECT rowid FROM papers_search(biobert_vector('[1,0.2,0]'), 1)")" 5
done

cp "tests/index/format_$newest.db" "$db"
forge $((newest + 1))
refusal="format $((newest + 1)) was written by a newer biobert: this one reads up to $newest"
for use in "SELECT * FROM papers_search" "SELECT * FROM papers_search('aspirin')" "SELECT * FROM biobert_sync('papers_search')" \
  "SELECT * FROM biobert_status('papers_search')" "SELECT * FROM biobert_map('papers_search')" \
  "INSERT INTO papers_search(papers_search) VALUES('sync')" "INSERT INTO papers_search(papers_search) VALUES('rebuild')" \
  "INSERT INTO papers_search(papers_search) VALUES('integrity-check')" "UPDATE papers_search SET year = 1" \
  "DELETE FROM papers_search" "ALTER TABLE papers_search RENAME TO other"; do
  contains "a newer format is refused: $use" "$(ask "$use")" "$refusal"
done
contains 'and by the command' "$("$command" search "$db" aspirin --index papers_search 2>&1)" "$refusal"
check 'versions.sql says so, of this index alone' "$(versions)" \
  "papers_search $((newest + 1)) newer than this versions.sql"$'\n'"notes $newest current"
check 'what is beside it is used' "$(ask "SELECT count(*) FROM papers" "SELECT rowid FROM notes('cite')" | tr '\n' ' ')" '4 8 '
forge "$newest"
check 'nothing was lost' "$(answers)" '1 3 2 3 8 '
forge $((newest + 1))
check 'it can be dropped' "$(ask 'DROP TABLE papers_search' "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'papers_search%'")" 0

for number in 0 -1 "'one'" NULL 1001; do
  cp "tests/index/format_$newest.db" "$db"
  forge "$number"
  contains "$number is no format: damage" "$(ask "SELECT * FROM papers_search")" 'damaged'
  check 'which can be dropped too' "$(ask 'DROP TABLE papers_search')" ''
done

report

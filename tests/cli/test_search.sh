#!/usr/bin/env bash
# test_search.sh - `biobert search`, `similar` and `index`: what is found, how it is shown, and that
# nothing in a file or an argument does more than it should.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
"$command" import -q "$db" examples/literature/library.nbib >/dev/null 2>&1
run() { "$command" "$@" 2>"$scratch/err"; }
value() { sql :memory: "SELECT json_extract('${1//\'/\'\'}', '\$.$2')"; }

# Rows for programs. The model is small and random: words decide.
row=$(run search "$db" 'hierarchical navigable graphs' -n 1 --json)
check 'a row is one line of JSON' "$(wc -l <<<"$row")" 1
check 'the title' "$(value "$row" title)" \
  'Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small World Graphs'
check 'the journal' "$(value "$row" journal)" 'IEEE Transactions on Pattern Analysis and Machine Intelligence'
check 'the year' "$(value "$row" year)" 2020
check 'the authors' "$(value "$row" authors)" 'Malkov, Yu A; Yashunin, D A'
check 'the link' "$(value "$row" link)" https://doi.org/10.1109/tpami.2018.2889473
passage=$(value "$row" passage)
contains 'the sentence is one of the passage' "$passage" "$(value "$row" sentence)"
check 'the PMID has the link before the DOI' \
  "$(value "$(run search "$db" --words '"biomedical text mining"' --json)" link)" https://pubmed.ncbi.nlm.nih.gov/31501885/
check 'as many as are asked for' "$(run search "$db" 'language model' -n 3 --json | wc -l)" 3
check 'ten without a number' "$(run search "$db" 'language model' --json | wc -l)" 10
check 'CSV has a header and rows' "$(run search "$db" 'language model' -n 2 --csv | head -1)" \
  position,id,rank,title,authors,journal,year,doi,pmid,pmcid,sentence,passage,link

# Text for people.
text=$(run search "$db" 'hierarchical navigable graphs' -n 1 --open)
contains 'the title is shown' "$text" '  1  Efficient and Robust Approximate Nearest Neighbor Search'
contains 'and the first author' "$text" 'Malkov, Yu A et al.'
contains 'and the link' "$text" 'https://doi.org/10.1109/tpami.2018.2889473'
lacks 'no escape sequences where there is no terminal' "$text" $'\x1b'
check 'no line is longer than 80 columns' "$(run search "$db" 'language' | awk 'length($0) > 80 + 20' | wc -l)" 0

# Filters.
check 'a condition of SQL' "$(run search "$db" 'language' --where 'year < 2000' --json | wc -l)" 1
check 'a comment in it ends with it' "$(run search "$db" 'language' --where 'year < 2000 -- old' --json | wc -l)" 1
check 'words that must occur' "$(value "$(run search "$db" 'language' --words 'suffix' --json)" year)" 1980
status 'nothing found' 1 search "$db" --words xyzzy
status 'a condition that is none' 3 search "$db" language --where 'year >'
status 'a column that is none' 3 search "$db" language --where 'yeer > 2000'
contains 'is said with those that there are' "$(cat "$scratch/err")" \
  "no such column: yeer; the columns of 'papers' are: id, pmid, "
status 'a question of nothing' 2 search "$db" ' '
status 'no second statement' 3 search "$db" language --where '1); DELETE FROM papers; --'
status 'no writing by a condition' 3 search "$db" language --where "1) UNION SELECT 1 FROM papers; DROP TABLE papers; --"
check 'the papers are all there' "$(sql "$db" 'SELECT count(*) FROM papers')" 22
status 'words that are no syntax' 3 search "$db" language --words '"open'

# Papers like one.
key=$(sql "$db" "SELECT id FROM papers WHERE pmid = 31501885")
by_key=$(run similar "$db" "$key" -n 3 --json)
check 'three like it' "$(wc -l <<<"$by_key")" 3
lacks 'it is not among them' "$by_key" '"pmid":31501885'
check 'by its PMID' "$(run similar "$db" 31501885 -n 3 --json)" "$by_key"
check 'by its DOI' "$(run similar "$db" 10.1093/BIOINFORMATICS/btz682 -n 3 --json)" "$by_key"
check '--like is the same' "$(run search "$db" --like "$key" -n 3 --json)" "$by_key"
status 'no such paper' 1 similar "$db" 10.1000/none
status 'a question and a paper' 2 search "$db" language --like 1

# --sql prints what runs in the stock shell, and the answer as comments.
run search "$db" 'hierarchical navigable graphs' -n 2 --sql >"$scratch/script.sql"
check 'the statement runs in the stock shell' \
  "$(sql_with "$db" <"$scratch/script.sql" 2>&1 | cut -d '|' -f 1)" \
  "$(run search "$db" 'hierarchical navigable graphs' -n 2 --json | sed 's/.*"id":\([0-9]*\),.*/\1/')"

# What a record may do to a terminal.
escape() { printf '%b' "$1" | od -An -v -tx1 | tr -d ' \n'; }
title=$(escape 'Red \033[31malert\033[0m \033]0;title\007and \302\23331mmore\302\205 \342\200\256evil')
abstract=$(escape 'Zyzzyva bell \007 ring\033]8;;http://x\033\\ link \377 bad.')
sql "$scratch/escapes.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract);
  INSERT INTO papers VALUES(7, CAST(X'$title' AS TEXT), CAST(X'$abstract' AS TEXT))"
"$command" index -q "$scratch/escapes.db" >/dev/null
shown=$(run search "$scratch/escapes.db" zyzzyva)
for bad in $'\x1b' $'\a' $'\u202e' $'\u009b' '31m' ']0;' ']8;;'; do
  lacks 'control characters of a record are not shown' "$shown" "$bad"
done
contains 'its words are' "$shown" 'Red alert and more evil'
check 'JSON is JSON' "$(sql :memory: "SELECT json_valid('$(run search "$scratch/escapes.db" zyzzyva --json)')")" 1
if command -v script >/dev/null; then
  on_terminal() { script -qec "$*" /dev/null; }
  shown=$(on_terminal "TERM=xterm $command search $scratch/escapes.db zyzzyva")
  contains 'a terminal shows the question in bold' "$shown" $'\x1b[1mZyzzyva\x1b[0m'
  for bad in $'\a' $'\u202e' $'\u009b' '[31m' ']0;' ']8;;'; do
    lacks 'control characters of a record are not shown on a terminal' "$shown" "$bad"
  done
  lacks 'NO_COLOR' "$(on_terminal "TERM=xterm NO_COLOR=1 $command search $scratch/escapes.db zyzzyva")" $'\x1b'
  lacks 'a terminal that can do nothing' "$(on_terminal "TERM=dumb $command search $scratch/escapes.db zyzzyva")" $'\x1b'
else
  echo 'skip - there is no script(1) here: apt-get install bsdutils'
fi

# Other tables.
other=$scratch/other.db
name='pap"ers'"'"'; --'
sql "$other" "CREATE TABLE \"pap\"\"ers'; --\"(\"index\" INTEGER PRIMARY KEY, title TEXT, \"the abstract\" TEXT, year);
  CREATE TABLE settings(key, value); CREATE TABLE names(name TEXT, age);
  INSERT INTO \"pap\"\"ers'; --\" VALUES(5, 'Gene therapy', 'Factor IX in haemophilia', 2015), (6, 'Stroke', NULL, 2001);"
status 'no index yet' 3 search "$other" gene
contains 'what to type' "$(cat "$scratch/err")" "biobert index $other"
status 'a table with a strange name is found' 0 index "$other"
contains 'and said' "$(cat "$scratch/err")" "the table '$name' looks like the literature"
check 'and searched' "$(value "$(run search "$other" gene -n 1 --json)" id)" 5
status 'an index that is there already' 0 index "$other"
status 'no such table' 3 index "$other" --table nothing
status 'no such column' 3 index "$other" --table names --text nothing
status 'no text by its name' 3 index "$other" --table settings
status 'columns that are named' 0 index "$other" --table settings --text 'key, value'
check 'two indexes' "$(run search "$other" gene --index "${name}_search" --json | wc -l)" 2
status 'no such index' 3 search "$other" gene --index nothing
sql "$scratch/empty.db" 'VACUUM'
status 'an empty library' 3 search "$scratch/empty.db" gene
status 'an empty library has nothing to index' 3 index "$scratch/empty.db"

# Files.
status 'no such file' 3 search "$scratch/none.db" gene
contains 'how it is made' "$(cat "$scratch/err")" "there is no file '$scratch/none.db'; 'biobert import"
check 'and it was not made' "$(ls "$scratch/none.db" 2>/dev/null)" ''
echo 'some text, and no database at all, long enough to be a header of one ...........................' >"$scratch/text.db"
status 'no database' 3 search "$scratch/text.db" gene
status 'a folder' 3 search "$scratch" gene
if [[ $(id -u) != 0 ]]; then
  mkdir "$scratch/locked" && cp "$db" "$scratch/locked/library.db"
  chmod 444 "$scratch/locked/library.db" && chmod 555 "$scratch/locked"
  status 'a write-protected file is searched' 0 search "$scratch/locked/library.db" gene
  status 'and not written' 3 import "$scratch/locked/library.db" examples/literature/library.nbib
  chmod 755 "$scratch/locked"
fi

# Serving, by a Datasette that says what it was given.
mkdir -p "$scratch/datasette"
# shellcheck disable=SC2016 # expanded by the script that is written
printf '#!/bin/sh\nprintf "%%s " "$@"\nexit "${ENDS:-0}"\n' >"$scratch/datasette/datasette"
chmod 755 "$scratch/datasette/datasette"
serve() { PATH=$scratch/datasette:$PATH "$command" serve "$@" 2>"$scratch/err"; }
check 'serve starts Datasette with the library' "$(serve "$db" -p 8123)" "serve --port 8123 -- $db "
contains 'and says where it is' "$(cat "$scratch/err")" 'http://127.0.0.1:8123/-/library'
check 'its failure is a failure' "$(ENDS=1 serve "$db" >"$scratch/out"; echo $?)" 3
check 'a port is a number' "$(serve "$db" -p x >"$scratch/out"; echo $?)" 2
status 'serve of no library' 3 serve "$scratch/none.db"
sql "$scratch/plain.db" 'CREATE TABLE t(title, abstract)'
check 'serve without an index' "$(serve "$scratch/plain.db"; echo $?)" 3
contains 'says what makes one' "$(cat "$scratch/err")" 'biobert index'
PATH=$scratch "$command" serve "$db" >"$scratch/out" 2>"$scratch/err"
contains 'without Datasette it says what to install' "$(cat "$scratch/err")" "pip install 'biobert-sqlite[datasette]'"

# A reader that goes away.
run search "$db" language -n 20 | head -n 1 >/dev/null
check 'a reader that goes away is no failure' "${PIPESTATUS[0]}" 0
lacks 'and not said' "$(cat "$scratch/err")" 'biobert:'
if [[ -e /dev/full ]]; then
  "$command" search "$db" language >/dev/full 2>"$scratch/err"
  check 'a full disk is one' "$?" 3
  "$command" search "$db" language -n 22 --json >/dev/full 2>"$scratch/err"
  check 'a full disk is one in the middle of the answer' "$?" 3
  contains 'which is said' "$(cat "$scratch/err")" 'cannot write the answer: No space left on device'
fi

report

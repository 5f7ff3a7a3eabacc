#!/usr/bin/env bash
# test_export.sh - `biobert export`: what it writes other programs read, and import reads back equal.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
cat >"$scratch/hard.nbib" <<'E2'
PMID- 11
TI  - Braces {and} back\slash, 100% of $5 & #1_a^b~c "quoted"
AB  - BACKGROUND: A first section.
      RESULTS: With a comma, a "quote" and a semicolon; too.
FAU - O'Brien, Ann-Marie
FAU - van der Berg, Jan
CN  - The Heart Consortium
JT  - Journal of Tests & Trials
DP  - 2001 May 17
VI  - 12
IP  - 3
PG  - 100-9
IS  - 1234-5678
OT  - heart failure
OT  - beta-blockers
LA  - eng
LID - 10.1000/A_b(1) [doi]
PMC - PMC123

PMID- 12
TI  - Grüße aus Brünn: α-synuclein and 東京
DP  - 1999

E2
"$command" import -q "$db" examples/literature/library.nbib "$scratch/hard.nbib" >/dev/null 2>&1
run() { "$command" "$@" 2>"$scratch/err"; }
papers=24

# There and back. The columns that a format has no place for are left out of the comparison.
columns='pmid, pmcid, doi, title, abstract, authors, journal, year, date, volume, issue, pages, issn, keywords, language'
content() { sql "$1" "SELECT $columns FROM papers ORDER BY title"; }
for format in nbib ris bibtex csv; do
  run export "$db" -q --format "$format" -o "$scratch/library.$format"
  check "$format is written" "$?" 0
  rm -f "$scratch/back.db"
  "$command" import -q "$scratch/back.db" "$scratch/library.$format" >"$scratch/out" 2>&1
  check "$format is read" "$?" 0
  check "$format: what comes back is what went" "$(content "$scratch/back.db")" "$(content "$db")"
  check "$format: to standard output too" "$(run export "$db" -q -f "$format" | sha256sum | cut -d ' ' -f 1)" \
    "$(sha256sum <"$scratch/library.$format" | cut -d ' ' -f 1)"
done

# JSON, as SQLite's own reader has it.
run export "$db" -q -f json -o "$scratch/library.json"
check 'JSON has every paper' "$(sql :memory: "SELECT count(*) FROM json_each(readfile('$scratch/library.json'))")" "$papers"
check 'and its values' "$(sql :memory: "SELECT json_extract(value, '\$.title') FROM json_each(readfile('$scratch/library.json'))
  WHERE json_extract(value, '\$.pmid') = 11")" "$(sql "$db" 'SELECT title FROM papers WHERE pmid = 11')"
run export "$db" -q -f csv -o "$scratch/library.csv"
check 'CSV is what the shell reads' "$(sql :memory: ".import --csv $scratch/library.csv x" 'SELECT count(*), sum(length(title)) FROM x')" \
  "$(sql "$db" 'SELECT count(*), sum(length(title)) FROM papers')"
check 'a condition' "$(run export "$db" -q -f json --where 'year < 1990' | grep -c '"title"')" 1
status 'nothing to write' 1 export "$db" -f json --where 'year = 1'
status 'a condition that is none' 3 export "$db" -f json --where 'year ='
status 'a folder that is not there' 3 export "$db" -f json -o "$scratch/none/x.json"
check 'half a file is not left' "$(ls "$scratch"/*.partial 2>/dev/null)" ''

# Where it goes to standard output, and that cannot take it.
sql "$scratch/long.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract);
  WITH n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
  INSERT INTO papers SELECT i, 'Title ' || i, 'Abstract of it' FROM n"
run export "$scratch/long.db" -q -f json | head -n 1 >/dev/null
check 'a reader that goes away is no failure' "${PIPESTATUS[0]}" 0
check 'and not said' "$(cat "$scratch/err")" ''
if [[ -e /dev/full ]]; then
  "$command" export "$scratch/long.db" -q -f csv >/dev/full 2>"$scratch/err"
  check 'a full disk is one' "$?" 3
  contains 'and said' "$(cat "$scratch/err")" 'standard output cannot be written: No space left on device'
fi
plain=$(run export "$db" -q -f csv)
check 'SQL is not written into what is exported' "$(run export "$db" -q -f csv --sql)" "$plain"
contains 'but on standard error' "$(cat "$scratch/err")" 'SELECT '
check '--json says what was written where' "$(run export "$db" -q -f ris -o "$scratch/said.ris" --json)" \
  "{\"file\":\"$scratch/said.ris\",\"papers\":$papers}"

status 'a column that is none' 3 export "$db" -f csv --where 'yeer > 2000'
contains 'is said with those that there are' "$(cat "$scratch/err")" 'no such column: yeer; the columns'

# Vectors: the shell's readfile() gives the bytes.
vectors=$(sql_with "$db" 'SELECT count(*) FROM papers_search WHERE vector IS NOT NULL')
dimension=$(sql_with "$db" "SELECT dimension FROM biobert_status('papers_search')")
first=$(sql_with "$db" 'SELECT hex(vector) FROM papers_search WHERE vector IS NOT NULL ORDER BY rowid LIMIT 1')
for format in npy fvecs parquet; do
  run export "$db" -q -f "$format" -o "$scratch/v.$format"
  check "$format is written" "$?" 0
done
bytes() { sql :memory: "SELECT hex(substr(readfile('$1'), $2, $3))"; }
check 'npy: the mark' "$(bytes "$scratch/v.npy" 1 8)" 934E554D50590100
contains 'npy: the shape' "$(head -c 128 "$scratch/v.npy" | tr -d '\0')" "'shape': ($vectors, $dimension)"
check 'npy: the size' "$(wc -c <"$scratch/v.npy")" $((128 + 4 * vectors * dimension))
check 'npy: the first vector' "$(bytes "$scratch/v.npy" 129 $((4 * dimension)))" "$first"
check 'npy: the ids beside it' "$(wc -c <"$scratch/v.ids.npy")" $((128 + 8 * vectors))
check 'fvecs: the size' "$(wc -c <"$scratch/v.fvecs")" $((4 * vectors * (dimension + 1)))
check 'fvecs: the first vector' "$(bytes "$scratch/v.fvecs" 5 $((4 * dimension)))" "$first"
check 'fvecs: the ids beside it' "$(cat "$scratch/v.ids.txt")" "$(sql "$db" 'SELECT id FROM papers ORDER BY id')"
check 'parquet: the mark at both ends' "$(head -c 4 "$scratch/v.parquet")$(tail -c 4 "$scratch/v.parquet")" PAR1PAR1
if python3 -c 'import pyarrow' 2>/dev/null; then
  check 'parquet, read by pyarrow' "$(python3 - "$scratch/v.parquet" <<'E2'
import sys, pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
print(table.num_rows, table.schema.field("pmid").type, len(table["vector"][0]), table["doi"].null_count)
E2
  )" "$papers int64 $dimension $(sql "$db" 'SELECT count(*) FROM papers WHERE doi IS NULL')"
else
  echo 'skip - there is no pyarrow here: pip install pyarrow'
fi
sql "$scratch/plain.db" "CREATE TABLE papers(title, abstract); INSERT INTO papers VALUES('a', 'b')"
status 'vectors without an index' 3 export "$scratch/plain.db" -f npy -o "$scratch/n.npy"
contains 'what to type' "$(cat "$scratch/err")" 'biobert index'
check 'nothing is left of it' "$(ls "$scratch"/n.* 2>/dev/null)" ''

report

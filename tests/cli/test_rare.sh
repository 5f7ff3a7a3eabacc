#!/usr/bin/env bash
# test_rare.sh - what people seldom do with the command: libraries made by hand, names that need quotes, values that
# no paper has, a model that is broken or not there, answers that cannot be written.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
run() { "$command" "$@" 2>"$scratch/err"; }

# A table made by hand: long texts, no title, no abstract, addresses that need escapes.
long=$(printf 'Die Grüße der Ärzte wurden gezählt und täglich geprüft, wie es üblich war. %.0s' 1 2 3 4 5)
words=$(printf 'Ä%0200d ' 1 2)
sql "$db" "CREATE TABLE \"my \"\"papers\"\"\"(id INTEGER PRIMARY KEY, Title TEXT, Abstract TEXT, authors, year REAL, doi, pmid, pmcid, url, score REAL, data);
  INSERT INTO \"my \"\"papers\"\"\"(id, Title, Abstract, authors, year, doi, score) VALUES
    (1, 'Aspirin', '$long Aspirin reduced the risk of stroke. $long', 'Lee, A; Roe, B', 2001, '10.1000/a<b> c%d', 1.5),
    (2, NULL, 'Aspirin without a title', '', NULL, NULL, 9e999),
    (3, 'Aspirin alone', NULL, NULL, 1999, NULL, NULL),
    (4, 'Aspirin in PMC', '', 'Doe', 2000, NULL, -2),
    (5, 'Words', '$words. Aspirin was given. $words.', 'Doe', 2000, NULL, 0);
  UPDATE \"my \"\"papers\"\"\" SET pmcid = 'PMC12' WHERE id = 4; UPDATE \"my \"\"papers\"\"\" SET url = 'http://a.b/?x=1' WHERE id = 3;
  UPDATE \"my \"\"papers\"\"\" SET data = x'0102' WHERE id = 1;"
contains 'doctor says that there is no index' "$(run doctor "$db")" 'there is none; type: biobert index'
check 'an index of a table whose name needs quotes' "$(run index "$db" -q --text 'Title , Abstract' --id id --json | sed 's/.*"embedded"/"embedded"/')" '"embedded":5,"failed":0}'
check 'the same command again goes on, with its columns' \
  "$(run index "$db" -q --text 'Title,Abstract' --id id --json | sed 's/.*"embedded"/"embedded"/')" '"embedded":0,"failed":0}'
contains 'a search quotes a sentence' "$(run search "$db" 'risk of stroke' --open)" 'Die Grüße'
contains 'within its neighbours, which are cut between words' "$(run search "$db" 'aspirin was given' -n 5)" 'Aspirin was given.'
answer=$(run search "$db" aspirin --open)
contains 'a DOI becomes an address' "$answer" 'https://doi.org/10.1000/a%3Cb%3E%20c%25d'
contains 'a PMCID too' "$answer" 'https://pmc.ncbi.nlm.nih.gov/articles/PMC12/'
contains 'an address is shown as it is' "$answer" 'http://a.b/?x=1'
contains 'a paper without a title is shown' "$answer" '(no title)'
contains 'words alone' "$(run search "$db" --words 'aspirin AND alone')" 'Aspirin alone'
contains 'papers like one, with words' "$(run search "$db" --like 1 --words aspirin)" 'Aspirin'
check 'a statement beside CSV is on standard error' "$(run search "$db" aspirin --csv --sql | head -n 1 | cut -d , -f 1-2)" 'position,id'
contains 'and is one' "$(cat "$scratch/err")" 'SELECT'
run similar "$db" 10.1000/A\<B\>\ C%D >"$scratch/out"
check 'a paper by its DOI, in any case' "$?" 0
status 'a paper that is not there' 1 similar "$db" 99
status 'an index has its columns of text from the beginning' 3 index "$db" -q --text Title
sql_with "$db" "CREATE VIRTUAL TABLE [other index] USING biobert([title], content='\"my \"\"papers\"\"\"', content_rowid=id, search=lexical);
  INSERT INTO [other index]([other index]) VALUES('sync');"
run search "$db" aspirin >"$scratch/out"
contains 'with several indexes the first is used, and said' "$(cat "$scratch/err")" 'the first of'
contains 'another one is named' "$(run search "$db" aspirin --index 'OTHER INDEX')" 'Aspirin'
status 'one that is not there' 3 search "$db" aspirin --index none
contains 'doctor looks at each' "$(run doctor "$db")" 'other index is sound'

# Columns of text and columns to filter by.
sql "$scratch/columns.db" "CREATE TABLE yearly(id INTEGER PRIMARY KEY, title, yearly_summary, year, journal);
  INSERT INTO yearly VALUES(1, 'T', 'gene therapy', 2001, 'J');
  CREATE TABLE capital(id INTEGER PRIMARY KEY, title, Year); INSERT INTO capital VALUES(1, 'gene', 2001);
  CREATE TABLE keyed(id INTEGER PRIMARY KEY, title); INSERT INTO keyed VALUES(7, 'gene');
  CREATE TABLE abstracts(number INTEGER, part TEXT, abstract TEXT, PRIMARY KEY(number, part)); INSERT INTO abstracts VALUES(1, 'a', 'gene therapy')"
columns() { sql "$scratch/columns.db" "SELECT substr(sql, instr(sql, '(')) FROM sqlite_schema WHERE name = '$1_search'"; }
status 'a column of text whose name begins with that of a filter' 0 index "$scratch/columns.db" -q -t yearly --text yearly_summary
check 'does not take its place' "$(columns yearly)" \
  "(\"yearly_summary\", \"year\" UNINDEXED, \"journal\" UNINDEXED, content='\"yearly\"', content_rowid='id')"
status 'a column of text that would be a filter, in other letters' 0 index "$scratch/columns.db" -q -t capital --text ' title , year '
check 'is there once' "$(columns capital)" "(\"title\", \"year\", content='\"capital\"', content_rowid='id')"
status 'a table with abstracts alone' 0 index "$scratch/columns.db" -t abstracts
contains 'whose text is said' "$(cat "$scratch/err")" 'the text to search is abstract (other columns: --text)'
check 'and whose key is the rowid, of two columns that it has' "$(columns abstracts)" "(\"abstract\", content='\"abstracts\"')"
status 'a key that is said to be the rowid' 0 index "$scratch/columns.db" -q -t keyed --text title --id rowid
sql "$scratch/no_index.db" 'CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract)'
status 'an index by its name where there is none' 3 search "$scratch/no_index.db" gene --index papers_search
contains 'and what makes one' "$(cat "$scratch/err")" 'has no index to search: type: biobert index'
sql "$scratch/columns.db" "CREATE VIRTUAL TABLE another USING fts5(a); CREATE TABLE texts(code TEXT PRIMARY KEY, abstract); INSERT INTO texts VALUES('x', 'gene therapy')"
status 'a key of text is no key of an index' 0 index "$scratch/columns.db" -q -t texts
check 'the rowid is' "$(columns texts)" "(\"abstract\", content='\"texts\"')"
contains 'a table of another module is no index' "$(run search "$scratch/columns.db" gene --index yearly_search)" 'gene therapy'
run similar "$scratch/columns.db" 10.1000/x --index texts_search >"$scratch/out"
check 'where there is no column of DOIs there is none of them' "$?" 1
sql "$scratch/titles.db" "CREATE TABLE t(id INTEGER PRIMARY KEY, title); INSERT INTO t VALUES(1, 'gene')"
status 'a table with titles alone looks like literature' 0 index "$scratch/titles.db"
sql "$scratch/links.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract, doi, pmid, url);
  INSERT INTO papers VALUES(1, 'Gene', NULL, '10.1/{[x]}', '', NULL), (2, 'Gene two', '', NULL, NULL, '')"
"$command" index -q "$scratch/links.db" >/dev/null
answer=$(run search "$scratch/links.db" gene --open)
contains 'brackets of a DOI are escaped in its address' "$answer" 'https://doi.org/10.1/%7B%5Bx%5D%7D'
check 'an empty address is none' "$(grep -c '://' <<<"$answer")" 1
sql "$scratch/wide.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, $(seq -s ', ' -f 'c%.0f' 1990))"
status 'a table of two thousand columns as Parquet' 3 export "$scratch/wide.db" -q -f parquet -o "$scratch/wide.parquet"
for format in csv json ris parquet; do
  status "$format of a condition that fails on a row" 3 export "$db" -q -f "$format" --where 'abs(-9223372036854775808) > 0' -o "$scratch/fails.$format"
  check 'leaves no file' "$(ls "$scratch/fails.$format" 2>/dev/null)" ''
done
mkdir "$scratch/dot.d" && status 'vectors in a folder with a dot' 0 export "$db" -q -f fvecs -o "$scratch/dot.d/vectors"
check 'have their ids beside them' "$(ls "$scratch/dot.d")" $'vectors\nvectors.ids.txt'

# Exports of values that no paper has.
"$command" import -q "$scratch/odd.db" examples/literature/library.nbib >/dev/null 2>&1
sql "$scratch/odd.db" "UPDATE papers SET date = '2001-13-01', keywords = 'a; ; b', doi = '10.1/{x}', abstract = 'one' || char(13, 10) || 'two' WHERE id = 1;
  UPDATE papers SET date = '2001-00', keywords = '' WHERE id = 2; UPDATE papers SET date = '20' WHERE id = 3; UPDATE papers SET year = 9e999, date = NULL WHERE id = 4;"
contains 'a month that is none is left out of nbib' "$(run export "$scratch/odd.db" -q -f nbib --where 'id = 1')" $'DP  - 2001\n'
contains 'as a month 0 is' "$(run export "$scratch/odd.db" -q -f nbib --where 'id = 2')" $'DP  - 2001\n'
contains 'a date of two digits is written as it is' "$(run export "$scratch/odd.db" -q -f nbib --where 'id = 3')" $'DP  - 20\n'
lacks 'no line has a return in nbib' "$(run export "$scratch/odd.db" -q -f nbib)" $'\r'
lacks 'nor in ris' "$(run export "$scratch/odd.db" -q -f ris --where 'id = 1')" $'one\r'
lacks 'a DOI that would end its field is left out of BibTeX' "$(run export "$scratch/odd.db" -q -f bibtex --where 'id = 1')" '10.1/{x}'
contains 'a search has no infinity in its JSON' "$(run search "$scratch/odd.db" --like 5 -n 40 --json --where 'id = 4')" '"year":null'
contains 'and leaves it out of CSV' "$(run search "$scratch/odd.db" --like 5 -n 40 --csv --where 'id = 4')" ',,'
check 'JSON has no infinity' "$(run export "$db" -q -f json | tr -d ' \n' | grep -o '"score":null' | wc -l)" 2
for format in csv ris nbib bibtex parquet; do status "$format of such a table" 0 export "$db" -q -f "$format" -o "$scratch/rare.$format"; done
status 'vectors into a file without a dot in its name' 0 export "$db" -q -f fvecs -o "$scratch/vectors"
status 'vectors need a file' 2 export "$db" -q -f npy
status 'a file that is a folder' 3 export "$db" -q -f csv -o "$scratch"
for format in json ris npy parquet; do
  status "$format of no library" 3 export "$scratch/none.db" -q -f "$format" -o "$scratch/x.$format"
  status "$format of a condition that is none" 3 export "$db" -q -f "$format" --where 'x(' -o "$scratch/x.$format"
done
status 'a table that is not there' 3 export "$db" -q -f csv -t none
if [[ -e /dev/full ]]; then
  full() { # sentence, command line...
    "$command" "${@:2}" >/dev/full 2>"$scratch/err"
    check "$1" "$?" 3
  }
  full 'an answer that cannot be written' search "$db" aspirin
  for form in --json --csv; do full "as $form too" search "$db" aspirin "$form"; done
  for line in --help --version manual 'completion bash' 'completion zsh' models 'models --json' "doctor $db" \
    "doctor $db --json" "index $db -q -t my" "similar $db 1 --sql"; do
    # shellcheck disable=SC2086 # words of a command line
    full "nor can: $line" $line
  done
  for format in csv json ris nbib bibtex; do
    full "an export that cannot be written: $format" export "$db" -q -f "$format"
    contains 'is said with the reason' "$(cat "$scratch/err")" 'No space left on device'
  done
  for format in npy fvecs parquet json; do
    ln -sf /dev/full "$scratch/full.$format.partial"
    status "a file on a full disk: $format" 3 export "$db" -q -f "$format" -o "$scratch/full.$format"
    check 'is not there' "$(ls "$scratch/full.$format" 2>/dev/null)" ''
  done
  ln -sf /dev/full "$scratch/ids.ids.txt"
  status 'the ids of vectors on a full disk' 3 export "$db" -q -f fvecs -o "$scratch/ids.fvecs"
  contains 'which are named' "$(cat "$scratch/err")" 'ids.ids.txt cannot be written'
  check 'and their vectors are not left' "$(ls "$scratch/ids.fvecs" 2>/dev/null)" ''
fi
"$command" search "$db" aspirin 2>/dev/null | true
check 'a reader that goes away is no error' "${PIPESTATUS[0]}" 0

# Bytes that are no text, and what would move a terminal's cursor: each is a title of its own.
bytes=(C3 C3A4 E4 E0A080 E08080 EDA080 E282AC E282 EF BFBD F09F9880 F08F8080 F4908080 F09F98 F5808080 C1BF 00 07 7F C285
  1B5B33316D 1B5B3331 1B5B 1B5B3F7F 1B2823 1B58 1B581B 1B581B58 1B 1B5D303B7807 1B5D303B781B5C 1B5D30 1B50781B5C 1B2842 1B28 C29B33316D E280AE E2808E E2808F D89C
  E281A6 E2808B E280A8 E280A9 0A 0D 09 22 5C 2C EFBBBF EFBFBF CC88 E4B8AD)
{
  echo 'CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract, journal);'
  for ((i = 0; i < ${#bytes[@]}; i++)); do
    echo "INSERT INTO papers(title, abstract, journal) VALUES('Aspirin ' || CAST(x'${bytes[i]}' AS TEXT) || ' z', 'Aspirin ' || CAST(x'${bytes[i]}78' AS TEXT),
      'J' || CAST(x'${bytes[i]}' AS TEXT));"
  done
} | sql "$scratch/bytes.db"
status 'they are embedded' 0 index "$scratch/bytes.db" -q
answer=$(run search "$scratch/bytes.db" aspirin -n 100)
lacks 'no escape comes through' "$answer" $'\x1b'
lacks 'no bell' "$answer" $'\a'
lacks 'nothing that turns the writing' "$answer" $'\xe2\x80\xae'
check 'JSON is JSON' "$(run search "$scratch/bytes.db" aspirin -n 100 --json >"$scratch/rows"
  sql :memory: "SELECT count(*) FROM (SELECT 1) WHERE json_valid('[' || rtrim(replace(CAST(readfile('$scratch/rows') AS TEXT), char(10), ','), ',') || ']')")" 1
status 'CSV too is written' 0 search "$scratch/bytes.db" aspirin -n 100 --csv
if command -v script >/dev/null; then
  shown=$(TERM=xterm script -qec "stty cols 30; '$command' search '$scratch/bytes.db' aspirin -n 100" /dev/null </dev/null)
  lacks 'nor does a narrow terminal get one' "$shown" $'\x1b[31'
  contains 'which has styles' "$shown" $'\x1b['
  lacks 'a terminal of five columns gets none either' \
    "$(NO_COLOR='' TERM=xterm script -qec "stty cols 5; '$command' search '$scratch/bytes.db' aspirin -n 100" /dev/null </dev/null)" $'\x1b[31'
  lacks 'one that does not say what it is has no styles' \
    "$(env -u TERM script -qec "unset TERM; '$command' search '$scratch/bytes.db' aspirin" /dev/null </dev/null)" $'\x1b'
  lacks 'a dumb one has none' "$(TERM=dumb script -qec "'$command' search '$scratch/bytes.db' aspirin" /dev/null </dev/null)" $'\x1b'
  lacks 'nor one where they are not wanted' "$(NO_COLOR=1 TERM=xterm script -qec "'$command' search '$scratch/bytes.db' aspirin --csv" /dev/null </dev/null)" $'\x1b'
  records 400 5001 >"$scratch/many.nbib"
  TERM=xterm script -qec "'$command' import '$scratch/many.db' '$scratch/many.nbib'" /dev/null </dev/null >"$scratch/out"
  check 'an import on a terminal' "$(sql "$scratch/many.db" 'SELECT count(*) FROM papers')" 400
fi

# Libraries that are none.
for line in index doctor; do status "$line of no library" 3 "$line" "$scratch/none.db"; done
status 'similar of no library' 3 similar "$scratch/none.db" 1
mkfifo "$scratch/fifo"
status 'a pipe is no library' 3 index "$scratch/fifo"
status 'a folder is none' 3 doctor "$scratch"
: >"$scratch/empty.db"
status 'an empty file has nothing to export' 3 export "$scratch/empty.db" -f csv
status 'nor to search' 3 search "$scratch/empty.db" x
sql "$scratch/other.db" 'CREATE TABLE papers(x); CREATE TABLE numbers(n)'
status 'a table papers of another make takes no import' 3 import "$scratch/other.db" examples/literature/library.nbib
contains 'and the next step is said' "$(cat "$scratch/err")" 'import into another file'
status 'no table that looks like literature' 3 index "$scratch/other.db"
status 'one that is named, without texts' 3 index "$scratch/other.db" -t numbers
status 'a column that it lacks' 3 index "$scratch/other.db" -t numbers --text title
status 'a key that it lacks' 3 index "$scratch/other.db" -t numbers --text n --id key
cp "$db" "$scratch/damaged.db"
sql "$scratch/damaged.db" "UPDATE \"my \"\"papers\"\"_search_chunks\" SET ids = zeroblob(2056)"
run doctor "$scratch/damaged.db" >"$scratch/out"
check 'a damaged index is found' "$?" 3
contains 'and what mends it' "$(cat "$scratch/out")" '--rebuild'
status 'as a search finds it' 3 search "$scratch/damaged.db" aspirin
status 'it is made anew' 0 index "$scratch/damaged.db" -q --rebuild -t 'my "papers"'
printf 'SQLite format 3\0%05000d' 0 >"$scratch/broken.db"
status 'a broken file' 3 search "$scratch/broken.db" x
status 'doctor says so' 3 doctor "$scratch/broken.db"

# Imports of what is hardly one.
for ((i = 0; i < 8; i++)); do printf '@article{a%d, title = {T\n' "$i"; done >"$scratch/broken.bib"
status 'records that cannot be read' 3 import "$scratch/new.db" "$scratch/broken.bib"
{ records 1; records 1 1 'another text'; } >"$scratch/twice.nbib"
check 'two records of one paper are one' "$(run import "$scratch/new.db" "$scratch/twice.nbib" --json | grep -o '"new":1')" '"new":1'
printf '@string{a = {b}}\n' >"$scratch/none.bib"
contains 'a file of no records' "$(run import "$scratch/new.db" "$scratch/none.bib")" 'no records'
mkdir -p "$scratch/mixed" && records 1 88 >"$scratch/mixed/a.nbib"
for ((i = 0; i < 7; i++)); do echo "notes of the day $i" >"$scratch/mixed/notes$i.txt"; done
ln -s . "$scratch/mixed/again"
for ((i = 0; i < 20; i++)); do mkdir -p "$scratch/mixed/folder$i"; records 1 $((100 + i)) >"$scratch/mixed/folder$i/b.nbib"; done
check 'a folder with other files in it, and a link to itself' "$(run import "$scratch/mixed.db" "$scratch/mixed" | grep -c ': 1 new')" 21
contains 'the others are counted, and the first ones named' "$(cat "$scratch/err")" '7 files of the folders are no literature and were left out: '
contains 'not all of them' "$(cat "$scratch/err")" ', ...'
sql "$scratch/mixed.db" "UPDATE papers SET abstract = x'00', title = x'00' WHERE pmid = 88"
run index "$scratch/mixed.db" >"$scratch/out"
contains 'a paper that is no text is said' "$(cat "$scratch/err")" 'could not be embedded'
contains 'and doctor says why' "$(run doctor "$scratch/mixed.db")" 'failed: papers_search, row '
deep=$scratch/deep && for ((i = 0; i < 600; i++)); do deep+=/d; done
mkdir -p "$deep" && records 1 77 >"$deep/a.nbib"
run import "$scratch/new.db" "$scratch/deep" >"$scratch/out"
check 'folders are walked so deep, and no deeper' "$?" 1

# Without a model, and with a broken one.
export BIOBERT_MODEL='' HOME=$scratch/nobody XDG_DATA_HOME=''
mkdir -p "$HOME/program" && cp "$command" "$HOME/program/biobert"
alone=$HOME/program/biobert
"$alone" import "$scratch/words.db" examples/literature/library.nbib >"$scratch/out" 2>"$scratch/err"
check 'without a model papers are taken up' "$?" 0
contains 'and the model is asked for' "$(cat "$scratch/err")" 'biobert model get'
records 1 4 >"$scratch/one.nbib" && records 1 5 >"$scratch/two.nbib"
"$alone" import "$scratch/words.db" "$scratch/one.nbib" "$scratch/two.nbib" >"$scratch/out" 2>"$scratch/err"
check 'and of several files is asked for once' "$(grep -c 'biobert model get' "$scratch/err")" 1
"$alone" index "$scratch/words.db" >"$scratch/out" 2>"$scratch/err"
check 'an index has to wait for it' "$?" 0
"$alone" search "$scratch/words.db" gene >"$scratch/out" 2>"$scratch/err"
contains 'a search says that it is by words' "$(cat "$scratch/err")" 'words only'
"$alone" models >"$scratch/out" 2>"$scratch/err"
check 'there are no models' "$?" 1
"$alone" doctor >"$scratch/out" 2>"$scratch/err"
check 'which is what doctor says' "$?" 3
export BIOBERT_MODEL=$scratch/none
for line in models "search $db aspirin" "index $db -q -t my" "doctor $db"; do
  # shellcheck disable=SC2086 # words of a command line
  status "a model that is broken: $line" 3 $line
done
export BIOBERT_MODEL=$model
contains 'models as JSON' "$(run models --json)" '"dimension":32'

# Command lines.
status 'an option twice' 2 search "$db" aspirin -n 1 -n 2
status 'an option without its value' 2 search "$db" aspirin --limit
status 'a value behind a sign' 0 search "$db" aspirin --limit=1
status 'a value behind the letter' 0 search "$db" aspirin -n1
status 'a number that is none' 2 search "$db" aspirin -n x
status 'a key that is none' 2 search "$db" --like x
status 'a limit of nothing' 2 similar "$db" 1 -n 0
status 'a letter that is none' 2 search "$db" aspirin -x
status 'letters together' 2 search "$db" aspirin -qx
status 'a dash is a text' 2 search "$db" aspirin -
status 'two forms of one answer' 2 search "$db" aspirin --json --csv
status 'a command that has another name' 2 find "$db" aspirin
status 'a command that is none' 2 nothing

report

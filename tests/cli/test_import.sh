#!/usr/bin/env bash
# test_import.sh - `biobert import`: files go into a library once, and what changed is embedded.
# RECORDS=5000 makes the export larger that is imported again.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
nbib=$PWD/examples/literature/library.nbib

line() { # file, new, changed, same, deleted, unreadable, embedded
  printf '{"file":"%s","new":%d,"changed":%d,"same":%d,"deleted":%d,"unreadable":%d,"embedded":%d}' "$@"
}
import() { "$command" import "$@" 2>"$scratch/err"; }
papers=$(grep -c '^TI ' "$nbib")

# As a new user does.
check 'a first import says what is new' "$(import "$db" "$nbib")" "$nbib: $papers new, $papers embedded"
contains 'and what to type next' "$(cat "$scratch/err")" "biobert search $db"
lacks 'and no options of other commands' "$(cat "$scratch/err")" '--text'
check 'the table has the papers' "$(sql "$db" 'SELECT count(*), count(abstract), count(doi) FROM papers')" \
  "$papers|$papers|$papers"
check 'the index has a vector of each' \
  "$(sql_with "$db" 'SELECT count(*) FROM papers_search WHERE vector IS NOT NULL')" "$papers"
check 'the file is sound' "$(sql "$db" 'PRAGMA integrity_check')" ok

# The same again.
before=$(sql "$db" .dump | sha256sum)
check 'the same file again changes nothing' "$(import "$db" "$nbib" --json)" \
  "$(line "$nbib" 0 0 "$papers" 0 0 0)"
check 'not a byte of the tables' "$(sql "$db" .dump | sha256sum)" "$before"

# An export that is a bit newer.
count=${RECORDS:-200} changes=20
records "$count" >"$scratch/old.nbib"
{
  records "$changes" 1 'ibuprofen after stroke'
  records $((count - changes)) $((changes + 1))
} >"$scratch/new.nbib"
check 'a second file' "$(import "$db" "$scratch/old.nbib" --json)" \
  "$(line "$scratch/old.nbib" "$count" 0 0 0 0 "$count")"
check 'of an updated export what changed is embedded' "$(import "$db" "$scratch/new.nbib" --json)" \
  "$(line "$scratch/new.nbib" 0 "$changes" $((count - changes)) 0 0 "$changes")"
sed 's/Stroke/Lancet/' "$scratch/new.nbib" | head -n 7 >"$scratch/journal.nbib"
check 'another journal is a change that embeds nothing' "$(import "$db" "$scratch/journal.nbib" --json)" \
  "$(line "$scratch/journal.nbib" 0 1 0 0 0 0)"

# The SQL that is run, in the stock shell.
"$command" import -q --sql "$scratch/first.db" "$nbib" >"$scratch/script.sql" 2>/dev/null
lacks 'a statement ends once' "$(cat "$scratch/script.sql")" ';;'
sql -cmd ".load $build/biobert" -cmd ".load $build/biobert_import" "$scratch/second.db" <"$scratch/script.sql" >/dev/null
check 'what --sql prints does the same' "$(sql "$scratch/second.db" 'SELECT * FROM papers' | sha256sum)" \
  "$(sql "$scratch/first.db" 'SELECT * FROM papers' | sha256sum)"

# On a terminal.
if command -v script >/dev/null; then
  records 3000 >"$scratch/many.nbib"
  for width in 50 100; do
    shown=$(script -qec "stty cols $width; TERM=xterm $command import $scratch/terminal$width.db $scratch/many.nbib" /dev/null)
    check "progress fits into $width columns" \
      "$(tr '\r' '\n' <<<"$shown" | sed 's/\x1b\[K//g' | awk -v width="$width" '/^embedding/ && length($0) >= width' | wc -l)" 0
    contains 'and is there' "$shown" "of 3000 papers, "
  done
  contains 'with a bar where that fits' "$shown" 'embedding ['
else
  echo 'skip - there is no script(1) here: apt-get install bsdutils'
fi

# Folders, and files that are none.
mkdir -p "$scratch/folder/inner"
ln -s . "$scratch/folder/link" # two links to their own folder lead to it in 2^depth ways
ln -s ../inner "$scratch/folder/inner/link"
ln -s .. "$scratch/folder/inner/up"
records 3 9001 >"$scratch/folder/inner/a.nbib"
records 2 9101 >"$scratch/folder/b.txt"
records 2 9201 >"$scratch/folder/.hidden.nbib"
echo 'no literature at all' >"$scratch/folder/notes.md"
check 'folders are walked' "$(import "$db" "$scratch/folder" --json)" \
  "$(line "$scratch/folder/b.txt" 2 0 0 0 0 2
    line "$scratch/folder/inner/a.nbib" 3 0 0 0 0 3 | sed 's/^/\n/')"
check 'a file in them that is no literature is no failure' "$(
  import "$db" "$scratch/folder" >/dev/null
  echo $?
)" 0
contains 'but said, and which' "$(cat "$scratch/err")" \
  "1 files of the folders are no literature and were left out: $scratch/folder/notes.md"
check 'a slash behind a folder is not written twice' "$(import "$db" "$scratch/folder/" --json | grep -c '//')" 0
records 1 9301 >"$scratch/good.nbib"
answer=$(import "$db" "$scratch/folder/notes.md" "$scratch/none.nbib" "$scratch/good.nbib" --json)
check 'a bad file ends with status 3' "$?" 3
contains 'and does not stop the others' "$answer" "$(line "$scratch/good.nbib" 1 0 0 0 0 1)"
contains 'which file is bad' "$(cat "$scratch/err")" "biobert: $scratch/none.nbib: No such file or directory"
status 'only bad files' 3 import "$db" "$scratch/folder/notes.md"
mkfifo "$scratch/fifo"
status 'a pipe is not waited for' 3 import "$db" "$scratch/fifo"
gzip -k "$scratch/good.nbib"
check 'gzip' "$(import "$db" "$scratch/good.nbib.gz" --json)" "$(line "$scratch/good.nbib.gz" 0 0 1 0 0 0)"

# What is asked for wrongly.
status 'no file' 2 import "$db"
status 'no argument' 2 import
cp "$scratch/good.nbib" "$scratch/library.txt"
status 'the library comes first' 3 import "$scratch/library.txt" "$scratch/good.nbib"
contains 'and that is said' "$(cat "$scratch/err")" 'is not an SQLite database; the library comes first'
check 'a file that is no library is left alone' "$(cmp "$scratch/library.txt" "$scratch/good.nbib" && echo same)" same
status 'a folder as the library' 3 import "$scratch/folder" "$scratch/good.nbib"
status 'an empty path' 3 import '' "$scratch/good.nbib"
sql "$scratch/other.db" 'CREATE TABLE papers(title, abstract)'
status 'a table papers of another make' 3 import "$scratch/other.db" "$scratch/good.nbib"
contains 'says what to do' "$(cat "$scratch/err")" 'import into another file'
check 'and is left alone' "$(sql "$scratch/other.db" 'SELECT count(*) FROM sqlite_schema')" 1

# Without a model the papers are there, and words find them.
export HOME=$scratch/home XDG_DATA_HOME=$scratch/home
unset BIOBERT_MODEL
mkdir -p "$scratch/bin"
cp "$command" "$scratch/bin/biobert"
without() { "$scratch/bin/biobert" "$@" 2>"$scratch/err"; }
check 'an import without a model' "$(without import "$scratch/without.db" "$nbib")" "$nbib: $papers new"
check 'is none that failed' "$?" 0
contains 'and says how to get one' "$(cat "$scratch/err")" "biobert model get"
lacks 'and not to search yet' "$(cat "$scratch/err")" 'to search:'
check 'a search then has nothing to look at' "$(without search "$scratch/without.db" graphs)$?" 3
contains 'and says what to type' "$(cat "$scratch/err")" "type: biobert index $scratch/without.db"
export BIOBERT_MODEL=$model
check 'with a model the same command goes on' "$(without import "$scratch/without.db" "$nbib" --json)" \
  "$(line "$nbib" 0 0 "$papers" 0 0 "$papers")"
unset BIOBERT_MODEL
contains 'words are searched without one' "$(without search "$scratch/without.db" graphs -n 1 --json)" 'Hierarchical Navigable'
contains 'which is said' "$(cat "$scratch/err")" 'words only'

report

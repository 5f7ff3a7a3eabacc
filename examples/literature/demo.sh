#!/usr/bin/env bash
# `make demo`: a literature table gets a column of embeddings and answers questions.
#
#   demo.sh                      the bibliography beside this file
#   demo.sh my.db papers abstract   a copy of your own file: table, text column
#
# Everything goes through the stock sqlite3 shell, as a user would type it. Run again, it goes on
# where it stopped: rows that have an embedding keep it.
set -euo pipefail
cd "$(dirname "$0")/../.."

source_db=${1:-}
table=${2:-}
text=${3:-}
batch=16 # rows a transaction: at most these are lost by Ctrl-C

fail() {
  echo "demo: $*" >&2
  exit 1
}

# Runs SQL given on standard input; the extension is loaded first.
sql() {
  sqlite3 -batch -bail "$db" -cmd '.load ./biobert' "$@"
}

# 'it''s' and "my table" for SQL text.
literal() { printf "'%s'" "${1//\'/\'\'}"; }
identifier() { printf '"%s"' "${1//\"/\"\"}"; }

echo "demo: getting a model"
bash ext/packaging/model/get_model.sh
[ -f biobert.so ] || fail "biobert.so is not built: type 'make'"
mkdir -p build/demo

if [ -n "$source_db" ]; then
  [ -f "$source_db" ] || fail "DB=$source_db: no such file"
  if [ -z "$table" ] || [ -z "$text" ]; then
    fail "type: make demo DB=my.db TABLE=papers TEXT=abstract"
  fi
  db=build/demo/$(basename "$source_db")
  if [ ! -f "$db" ]; then
    echo "demo: copying $source_db to $db (yours is not changed)"
    sqlite3 -readonly "$source_db" "VACUUM INTO $(literal "$db.new")"
    mv "$db.new" "$db"
  fi
  document=$(identifier "$text")
  show=$document
else
  db=build/demo/literature.db
  table=papers
  if [ ! -f "$db" ]; then
    echo "demo: making $db from examples/literature/literature.csv"
    rm -f "$db.new"
    sqlite3 -bail "$db.new" <<'SQL'
CREATE TABLE papers(
  id INTEGER PRIMARY KEY, title TEXT, first_author TEXT, journal TEXT, year INTEGER,
  field TEXT, summary TEXT);
CREATE TEMP TABLE csv(title, first_author, journal, year, field, summary);
.import --csv --skip 1 examples/literature/literature.csv csv
INSERT INTO papers(title, first_author, journal, year, field, summary) SELECT * FROM csv;
SQL
    mv "$db.new" "$db"
  fi
  document="title || '. ' || summary"
  show="first_author || ' ' || year || ': ' || title"
fi
t=$(identifier "$table")

# A column of embeddings in a database that exists already.
columns=$(sql "SELECT group_concat(name, ' ') FROM pragma_table_info($(literal "$table"))")
[ -n "$columns" ] || fail "$db has no table $table"
case " $columns " in
*" embedding "*) ;;
*) sql "ALTER TABLE $t ADD COLUMN embedding BLOB" ;;
esac
wanted="embedding IS NULL AND ($document) IS NOT NULL AND ($document) <> ''"
total=$(sql "SELECT count(*) FROM $t WHERE $wanted") ||
  fail "$db: table $table has no column $text"

echo "demo: UPDATE $table SET embedding = biobert_embed($document)   -- $total rows to do"
started=$(date +%s)
done=0
while [ "$done" -lt "$total" ]; do
  changed=$(sql "UPDATE $t SET embedding = biobert_embed($document) WHERE rowid IN
    (SELECT rowid FROM $t WHERE $wanted LIMIT $batch); SELECT changes();")
  [ "$changed" -gt 0 ] || break
  done=$((done + changed))
  elapsed=$(($(date +%s) - started))
  printf '\rdemo: %d of %d rows, %d s, about %d s left ' "$done" "$total" "$elapsed" \
    $((elapsed * (total - done) / done))
done
[ "$total" = 0 ] || echo

# The words of a question that an answer has too: five letters of a longer word are enough to
# count as the same, so that 'smoke' and 'smoking' do.
shared_words() {
  printf '%s\n%s\n' "$1" "$2" | awk '
    BEGIN {
      split("a an and are as at be by can could did do does for from has have how in into is it " \
            "of on or so than that the their there these they this those to was we were what " \
            "when where which who why will with", list)
      for (i in list) stop[list[i]] = 1
    }
    { gsub(/[^A-Za-z0-9]+/, " "); count = split(tolower($0), words, " ") }
    NR == 1 { for (i = 1; i <= count; i++) if (!(words[i] in stop)) asked[substr(words[i], 1, 5)] }
    NR > 1 {
      for (i = 1; i <= count; i++) {
        stem = substr(words[i], 1, 5)
        if (stem in asked && !(stem in seen)) { seen[stem]; printf " %s", words[i] }
      }
    }'
}

ask() {
  local question=$1 answer shared
  echo
  echo "question: $question"
  sql -separator '  ' "SELECT printf('%5.2f', biobert_similarity($(literal "$question"),
    embedding)), substr(replace($show, char(10), ' '), 1, 100) FROM $t
    WHERE embedding IS NOT NULL
    ORDER BY biobert_similarity($(literal "$question"), embedding) DESC LIMIT 3"
  [ -z "$source_db" ] || return 0
  answer=$(sql "SELECT title || ' ' || summary FROM papers
    ORDER BY biobert_similarity($(literal "$question"), embedding) DESC LIMIT 1")
  shared=$(shared_words "$question" "$answer")
  echo "       key words that the question and the first answer share:${shared:- none}"
}

if [ -z "$source_db" ]; then
  ask 'Can sugar sickness be avoided by exercise and eating better?'
  ask 'How do we know where we are in a room?'
  ask 'Is there a jab that stops the pandemic illness?'
  ask 'Why did folks in white coats who lit up die sooner?'
elif [ -t 0 ]; then
  echo "demo: ask your own table; an empty line ends it"
  while read -r -p 'question: ' question && [ -n "$question" ]; do ask "$question"; done
else
  echo "demo: rows like the first one"
  sql -separator '  ' "SELECT printf('%5.2f', biobert_similarity(first.embedding, t.embedding)),
    substr(replace($show, char(10), ' '), 1, 100)
    FROM $t t, (SELECT embedding, rowid AS id FROM $t WHERE embedding IS NOT NULL
                ORDER BY rowid LIMIT 1) first
    WHERE t.embedding IS NOT NULL AND t.rowid <> first.id
    ORDER BY biobert_similarity(first.embedding, t.embedding) DESC LIMIT 3"
fi

# The same without SQL: the command makes a library of a file of references, and asks it.
if [ -z "$source_db" ] && [ -x build/release/biobert ]; then
  echo
  echo "demo: build/release/biobert import build/demo/library.db examples/literature/library.nbib"
  build/release/biobert import build/demo/library.db examples/literature/library.nbib --quiet
  echo "demo: build/release/biobert search build/demo/library.db 'how are unknown words split'"
  echo
  build/release/biobert search build/demo/library.db 'how are unknown words split' -n 2 --quiet
  echo "demo: with your own file: build/release/biobert import my.db YOUR.nbib, then search my.db"
fi

cat <<EOF

demo: go on in the shell:   sqlite3 $db -cmd '.load ./biobert'
demo: and type, for example:
  SELECT $show FROM $t
   ORDER BY biobert_similarity('your question here', embedding) DESC LIMIT 5;
EOF

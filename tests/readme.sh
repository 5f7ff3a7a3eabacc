#!/usr/bin/env bash
# readme.sh - runs what README.md and the pages that it hands over to show: every ```sql block, page after
# page in one shell, for the pages go on where README's tour ended; every ```python block with a Python that
# can load extensions; every ```sh block that begins with biobert or sqlite3, in a folder that has the files
# which it names. A snippet that prints an error, or a command that fails, fails.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1

# In the order in which they are read.
pages=(README.md docs/tasks.md docs/training.md docs/functions.md docs/models.md docs/search_index.md
  docs/programs.md docs/command.md sql/README.md sql/upgrade/README.md)
# Fewer checks than there were snippets when this was written: some were not found.
least=45

# Without a real model the snippets run on a small random one: what they print then means nothing,
# but that they run is what is asked here.
[[ -d models/default ]] || export BIOBERT_MODEL=tests/golden/models/st_mean
if [[ -n ${BIOBERT_MODEL:-} ]]; then BIOBERT_MODEL=$(realpath -- "$BIOBERT_MODEL"); fi

passed=0 failed=0 skipped=0
work=build/readme
rm -rf -- "$work"
mkdir -p "$work"

report() { # name, log, [exit status]: an error line or a status that is not 0 is a failure
  if [[ ${3:-0} == 0 ]] && ! grep -qE 'Error|error near|Traceback|no such' "$2"; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  printf 'FAIL - %s\n' "$1"
  sed 's/^/    /' "$2"
}

# Writes $work/LANGUAGE.NN, and $work/LANGUAGE.NN.page with where it is from.
extract() { # language
  awk -v language="$1" -v out="$work/$1" '
    $0 == "```" language { file = sprintf("%s.%02d", out, ++number); inside = 1
                           print FILENAME ":" FNR > (file ".page"); next }
    $0 == "```" { inside = 0 }
    inside { print > file }' "${pages[@]}"
}
blocks() { find "$work" -name "$1.*" -name '*[0-9]' | sort; }
name_of() { printf '%s, %s' "$(cat "$1.page")" "$(head -n 1 "$1")"; }

for language in sql python sh; do extract "$language"; done

# SQL ---------------------------------------------------------------------------------------------

# What is called by a path or a name that only its reader can have: a small random model with the
# same head stands in. A model that the pages never load is loaded ahead of the block that names it, and
# no sooner: a function that needs a head refuses to choose between two models that have it.
stand_in() { # block
  local pair name
  for pair in relations:relations nli:seq_cls promoter:kmers protein:residues \
    toxicity:smiles; do
    name=${pair%%:*}
    grep -q "'$name')" "$1" &&
      echo "SELECT biobert_load('tests/golden/models/${pair#*:}', '$name');"
  done
  sed -e 's,/models/biobert-ner-disease,tests/golden/models/token_cls,' \
    -e 's,/models/biobert-squad,tests/golden/models/qa,' \
    -e 's,/models/medcpt-cross-encoder,tests/golden/models/cross_encoder,' \
    -e 's,/models/biobert-base-cased-v1.2,tests/golden/models/mlm_cased,' \
    -e "s,'my-,'$work/my-,g" "$1"
}

run_sql() {
  local block first=$work/sql.01 session=$work/session.sql
  # The opening example needs a table that the tour makes later, so it runs last.
  for block in $(blocks sql | grep -v "^$first\$") "$first"; do
    printf '.print ===== %s\n' "$(basename "$block")"
    stand_in "$block"
  done >"$session"
  sqlite3 -batch -init /dev/null :memory: <"$session" >"$work/session.log" 2>&1
  awk -v out="$work/out" '/^===== / { name = $2; print "" > (out "." name); next } { print > (out "." name) }' \
    "$work/session.log"
  for block in $(blocks sql); do report "$(name_of "$block")" "$work/out.$(basename "$block")"; done
}

# Python ------------------------------------------------------------------------------------------

run_python() {
  local block python candidate status
  for candidate in /usr/bin/python3 python3; do
    "$candidate" -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null && python=$candidate && break
  done
  for block in $(blocks python); do
    if [[ -z ${python:-} ]]; then
      echo "skip - $(name_of "$block"): no Python here can load SQLite extensions"
      skipped=$((skipped + 1))
      continue
    fi
    "$python" "$block" >"$block.log" 2>&1
    status=$?
    report "$(name_of "$block")" "$block.log" "$status"
  done
}

# Commands ----------------------------------------------------------------------------------------

# A file of PubMed with some of our papers.
pubmed_xml() { # title, pmid...
  local title=$1 pmid
  echo '<?xml version="1.0"?><PubmedArticleSet>'
  for pmid in "${@:2}"; do
    echo "<PubmedArticle><MedlineCitation><PMID Version=\"1\">$pmid</PMID><Article><Journal><JournalIssue><PubDate>
      <Year>2001</Year></PubDate></JournalIssue></Journal><ArticleTitle>$title $pmid</ArticleTitle>
      <Abstract><AbstractText>Gene therapy of haemophilia.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>"
  done
  echo '</PubmedArticleSet>'
}

# A folder with what the readers of the pages have: exports, a Zotero, files of PubMed, a database.
prepare_folder() {
  local library=examples/literature/library.nbib
  mkdir -p "$work/folder/Zotero" "$work/folder/baseline" "$work/folder/updatefiles" "$work/bin"
  cp "$library" "$work/folder/pubmed.nbib"
  cp sql/queries/prisma.sql sql/upgrade/versions.sql "$work/folder"
  pubmed_xml 'A trial' 1001 1002 1003 >"$work/folder/baseline/pubmed26n0001.xml"
  pubmed_xml 'A revised trial' 1003 1004 | gzip >"$work/folder/updatefiles/pubmed26n1335.xml.gz"
  sed -n '/^ATTACH .* AS zotero;/,/^\.read/p' sql/regress/library_schemas.sql |
    sed -e '1d' -e '$d' -e 's/\bzotero\.//g' | sqlite3 -batch "$work/folder/Zotero/zotero.sqlite"
  sqlite3 -batch "$work/folder/papers.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract, year);
    INSERT INTO papers VALUES (1, 'Penicillin', 'A mould that kills bacteria.', 1929)"
  ln -s "$PWD/build/release/biobert.so" "$work/folder/biobert.so"
  # A search that finds nothing is a mistake here; of duplicates there may be none.
  # shellcheck disable=SC2016 # expanded by the script that is written
  printf '#!/bin/sh\n"%s/build/release/biobert" "$@"\nstatus=$?\n[ "$1 $status" = "duplicates 1" ] || exit $status\n' \
    "$PWD" >"$work/bin/biobert"
  chmod +x "$work/bin/biobert"
  "$work/bin/biobert" import -q "$work/other.db" "$library" &&
    "$work/bin/biobert" export -q "$work/other.db" --format ris -o "$work/folder/embase.ris"
}

# The keys that `biobert screen` asks for come from its standard input.
run_commands() {
  local block status path=$PWD/$work/bin:$PATH
  prepare_folder >"$work/folder.log" 2>&1
  report 'the folder in which commands are run' "$work/folder.log" $?
  for block in $(blocks sh); do
    grep -v '^#' "$block" | head -n 1 | grep -qE '^(biobert|sqlite3) ' || continue
    (cd "$work/folder" && printf 'ieieeiq' | HOME=$PWD PATH=$path bash -e "../$(basename "$block")") >"$block.log" 2>&1
    status=$?
    report "$(name_of "$block")" "$block.log" "$status"
  done
}

run_sql
run_python
run_commands
if ((passed + failed + skipped < least)); then
  echo "FAIL - $((passed + failed + skipped)) snippets: were all found?"
  failed=$((failed + 1))
fi
((skipped == 0)) || echo "$skipped skipped"
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

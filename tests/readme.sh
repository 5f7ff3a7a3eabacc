#!/usr/bin/env bash
# Runs README.md: every ```sql block in order in one shell, and every ```python block with a Python
# that can load extensions. A snippet that prints an error fails. The opening example needs a table
# that the tour makes later, so it runs last.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# Without a real model the snippets run on a small random one: what they print then means nothing,
# but that they run is what is asked here.
[ -d models/default ] || export BIOBERT_MODEL=tests/golden/models/st_mean

passed=0
failed=0
skipped=0
work=build/readme
mkdir -p "$work"
rm -rf "${work:?}"/*

report() { # name, log: an error line or an empty log is a failure
  if grep -qE 'Error|error near|Traceback|no such' "$2"; then
    echo "FAIL - $1"
    sed 's/^/    /' "$2"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
  fi
}

# block LANGUAGE writes $work/<language>.<number>
extract() {
  awk -v language="$1" -v out="$work/$1" '
    $0 == "```" language { number++; inside = 1; next }
    $0 == "```" { inside = 0 }
    inside { print > sprintf("%s.%02d", out, number) }' README.md
}

extract sql
extract python

# What README calls by a path or a name that only its reader can have: a small random model with the
# same head stands in. A model that README never loads is loaded ahead of the block that names it, and
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

count=0
: >"$work/session.sql"
for block in $(find "$work" -name 'sql.*' ! -name 'sql.01' | sort) "$work/sql.01"; do
  count=$((count + 1))
  printf '.print ===== %s\n' "$(basename "$block")" >>"$work/session.sql"
  stand_in "$block" >>"$work/session.sql"
done
sqlite3 :memory: <"$work/session.sql" >"$work/session.log" 2>&1
awk -v out="$work/out" '/^===== / { name = $2; print "" > (out "." name); next } { print > (out "." name) }' \
  "$work/session.log"
for block in "$work"/sql.*; do
  report "README snippet $(basename "$block"): $(head -1 "$block")" "$work/out.$(basename "$block")"
done
[ "$count" -gt 10 ] || {
  echo "FAIL - README has $count SQL snippets: were they found?"
  failed=$((failed + 1))
}

for block in "$work"/python.*; do
  python=
  for candidate in /usr/bin/python3 python3; do
    if "$candidate" -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null; then
      python=$candidate
      break
    fi
  done
  if [ -z "$python" ]; then
    echo "skipped: README's Python snippet: no Python here can load SQLite extensions"
    skipped=$((skipped + 1))
    continue
  fi
  "$python" "$block" >"$block.log" 2>&1
  report "README Python snippet" "$block.log"
done

# The first block of shell commands that begins with `biobert`, but the one of the first screen, whose
# file only a reader has.
block=$work/command.sh
awk '/^```sh$/ { inside = 1; text = ""; next } /^```$/ { if (inside && text ~ /^biobert import build/) print text; inside = 0 }
  inside { text = text $0 "\n" }' README.md >"$block"
if [ "$(grep -c '^biobert' "$block")" -gt 3 ] &&
  (
    # shellcheck disable=SC2317 # called by the block
    biobert() { build/release/biobert "$@"; }
    set -e
    # shellcheck source=/dev/null
    . "$block"
  ) >"$block.log" 2>&1; then
  passed=$((passed + 1))
else
  echo "FAIL - README's commands"
  sed 's/^/    /' "$block.log"
  failed=$((failed + 1))
fi

echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

#!/usr/bin/env bash
# clients.sh - do the programs from which people use SQLite get along with biobert.so?
#
#     bash tests/clients/clients.sh [CLIENT...]        (make clients; make clients CLIENTS='php apsw')
#
# Each creates an index, syncs it, searches with bound values, opens the index as a table, and stops
# what takes too long. What a client needs is installed: packages of pip and npm below build/clients,
# Debian's where this user may. One that cannot be had is skipped, and a line says why.
#
# shellcheck disable=SC2317 # the functions client_* are called by their names
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

clients=(datasette-0.65 datasette-1.0 sqlite-utils sqlite-utils-debian apsw apsw-debian
  better-sqlite3 node-sqlite rsqlite php sqlitebrowser)

here=$PWD/tests/clients
packages=$PWD/build/clients
mkdir -p "$packages"
export EXTENSION=$PWD/${BUILD:-build/release}/biobert.so
export WORK=$packages/work PAPERS=$packages/work/papers.db PACKAGES=$packages
export BIOBERT_MODEL=$PWD/tests/golden/models/st_mean
export QUESTION='what makes bacteria resistant' EXPECTED
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8

# Installing: each function is true, or says in $why what is missing -------------------------------

why=

debian() { # package...
  local package missing=()
  for package; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then return; fi
  why="as root, type: apt-get install -y --no-install-recommends ${missing[*]}"
  [[ $(id -u) == 0 ]] || return
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; } \
    >"$packages/apt.log" 2>&1
}

# pyenv's and other Pythons are often built without loadable extensions; Debian's is not.
venv() { # name, requirement...
  local name=$1 python=/usr/bin/python3
  shift
  debian python3-venv || return
  why="$python cannot load SQLite extensions"
  "$python" -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null || return
  venv=$packages/$name
  if [[ -e $venv/complete ]]; then return; fi
  why="pip cannot install $*"
  { "$python" -m venv --clear "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check "$@"; } \
    >"$packages/pip.log" 2>&1 && touch "$venv/complete"
}

npm_package() { # name, package of that name at a version
  why="there is no npm here (Debian: nodejs, npm)"
  command -v npm >/dev/null || return
  if [[ -d $packages/node_modules/$1 ]]; then return; fi
  why="npm cannot install $2"
  npm install --prefix "$packages" --no-audit --no-fund "$2" >"$packages/npm.log" 2>&1
}

# Clients: each makes what it needs and sets $command; $snippet: how the lines of docs/programs.md for it begin, and
# what runs a file of them ------------------------------------------------------------------------

client_datasette-0.65() {
  venv datasette-0.65 'datasette==0.65.*' && command=("$venv/bin/python" "$here/test_datasette.py")
}

# With a newer SQLite than Debian's, too.
client_datasette-1.0() {
  venv datasette-1.0 --pre 'datasette>=1.0a0' pysqlite3-binary &&
    command=("$venv/bin/python" "$here/test_datasette.py")
}

client_sqlite-utils() {
  venv sqlite-utils sqlite-utils || return
  command=("$venv/bin/python" "$here/test_sqlite_utils.py")
  snippet=('# sqlite-utils' env "PATH=$venv/bin:$PATH" sh)
}

client_sqlite-utils-debian() {
  debian sqlite-utils && command=(/usr/bin/python3 "$here/test_sqlite_utils.py")
}

client_apsw() {
  venv apsw apsw && command=("$venv/bin/python" "$here/test_apsw.py")
}

client_apsw-debian() {
  debian python3-apsw && command=(/usr/bin/python3 "$here/test_apsw.py")
}

client_better-sqlite3() {
  npm_package better-sqlite3 better-sqlite3@12 || return
  command=(node "$here/test_node.mjs" better-sqlite3)
  snippet=('// better-sqlite3' node)
}

# In Node.js since 22.5; the package `node` brings the program.
client_node-sqlite() {
  local node=node
  node -e 'require("node:sqlite")' 2>/dev/null || {
    npm_package node node@24 || return
    node=$packages/node_modules/.bin/node
  }
  command=("$node" "$here/test_node.mjs" node:sqlite)
  snippet=('// node:sqlite' "$node")
}

client_rsqlite() {
  debian r-base-core r-cran-rsqlite || return
  command=(Rscript "$here/test_rsqlite.R")
  snippet=('# R: RSQLite' Rscript)
}

client_php() {
  local folder
  folder=$(dirname -- "$EXTENSION")
  debian php-cli php-sqlite3 || return
  command=(php -d "sqlite3.extension_dir=$folder" "$here/test_php.php")
  snippet=('<?php' php -d "sqlite3.extension_dir=$folder")
}

client_sqlitebrowser() {
  debian sqlitebrowser xvfb xdotool gcc libsqlite3-dev && command=(bash "$here/test_sqlitebrowser.sh")
}

# The database that each takes a copy of, and what the shell answers -------------------------------

prepare() {
  [[ -e $EXTENSION ]] || {
    echo "clients.sh: there is no $EXTENSION: make" >&2
    return 1
  }
  rm -rf -- "$WORK"
  mkdir -p "$WORK"
  # 176 papers, and a table that takes seconds to sync.
  sqlite3 -batch -init /dev/null "$PAPERS" <<'SQL' || return
CREATE TEMP TABLE csv(title TEXT, first_author TEXT, journal TEXT, year INTEGER, field TEXT, abstract TEXT);
.import --csv --skip 1 --schema temp examples/literature/literature.csv csv
CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, journal TEXT, year INTEGER, field TEXT, abstract TEXT);
INSERT INTO papers SELECT rowid, title, journal, year, field, abstract FROM csv;
CREATE TABLE many(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20)
INSERT INTO many(title, abstract) SELECT title || ' ' || i, abstract FROM papers, n;
SQL
  cp -- "$PAPERS" "$WORK/shell.db"
  EXPECTED=$(sqlite3 -batch -init /dev/null "$WORK/shell.db" -cmd ".load $EXTENSION" "
    CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, year UNINDEXED,
                                                     content='papers', content_rowid='id');
    INSERT INTO papers_search(papers_search) VALUES('sync');
    SELECT group_concat(rowid, ' ') FROM papers_search('$QUESTION', 3);")
  [[ $EXPECTED =~ ^[0-9]+\ [0-9]+\ [0-9]+$ ]] || {
    echo "clients.sh: the sqlite3 shell answers '$EXPECTED': three rowids were expected" >&2
    return 1
  }
  mkdir -p "$WORK/readme" "$WORK/home"
  mv -- "$WORK/shell.db" "$WORK/readme/papers.db"
  ln -s -- "$EXTENSION" "$WORK/readme/biobert.so"
}

# Runs the block of docs/programs.md that begins so, where its names are: papers.db and ./biobert.
run_snippet() { # how it begins, command...
  local begin=$1 file=$WORK/readme/snippet.js
  shift
  awk -v begin="$begin" '
    $0 == "```" { inside = 0 }
    previous ~ /^```[a-z]/ && index($0, begin) == 1 { inside = 1 }
    inside
    { previous = $0 }' docs/programs.md >"$file"
  (cd -- "$WORK/readme" && HOME=$WORK/home timeout 60 "$@" "$file") >"$file.log" 2>&1
  if grep -q 'multiple drug resistance' "$file.log"; then
    all_passed=$((all_passed + 1))
    return
  fi
  all_failed=$((all_failed + 1))
  printf "FAILED: the lines of docs/programs.md that begin with %s\n" "$begin"
  head -n 10 -- "$file.log"
}

all_passed=0 all_failed=0 all_skipped=0

run_client() {
  local client=$1 command=() snippet=() venv='' log=$WORK/$1.log status last
  printf -- '-- %s\n' "$client"
  if ! "client_$client"; then
    printf 'skip - %s: %s\n' "$client" "$why"
    all_skipped=$((all_skipped + 1))
    return
  fi
  # What it keeps of its settings and caches is not the user's.
  HOME=$WORK/home timeout 600 "${command[@]}" >"$log" 2>"$log.errors" </dev/null
  status=$?
  cat -- "$log"
  if ((${#snippet[@]} > 0)); then run_snippet "${snippet[@]}"; fi
  last=$(tail -n 1 -- "$log")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    all_passed=$((all_passed + BASH_REMATCH[1]))
    all_failed=$((all_failed + BASH_REMATCH[2]))
    if ((status == 0 || BASH_REMATCH[2] > 0)); then return; fi
  fi
  all_failed=$((all_failed + 1))
  printf 'FAILED: %s ended with status %d\n' "$client" "$status"
  tail -n 5 -- "$log.errors"
}

if (($# > 0)); then clients=("$@"); fi
for client in "${clients[@]}"; do
  if ! declare -F "client_$client" >/dev/null; then
    echo "clients.sh: no client '$client'; there are: $(compgen -A function client_ | sed s/client_// | paste -sd ' ')" >&2
    exit 2
  fi
done
prepare || exit 1
for client in "${clients[@]}"; do run_client "$client"; done

if ((all_skipped > 0)); then printf '%d skipped (the lines with "skip" say why)\n' "$all_skipped"; fi
printf '%d passed, %d failed\n' "$all_passed" "$all_failed"
((all_failed == 0 && all_passed + all_skipped > 0))

#!/usr/bin/env bash
# `make picture`: the map of the bibliography beside this file, drawn anew. Needs the default
# model.
set -euo pipefail
cd "$(dirname "$0")/../.."

db=build/demo/picture.db
mkdir -p build/demo
rm -f "$db"
sqlite3 -batch -bail "$db" <<'SQL'
CREATE TABLE papers(
  id INTEGER PRIMARY KEY, title TEXT, first_author TEXT, journal TEXT, year INTEGER,
  field TEXT, abstract TEXT);
CREATE TEMP TABLE csv(title, first_author, journal, year, field, abstract);
.import --csv --skip 1 examples/literature/literature.csv csv
INSERT INTO papers(title, first_author, journal, year, field, abstract) SELECT * FROM csv;
SQL
build/release/biobert index -q "$db"
build/release/biobert map "$db" -k 10 --svg examples/literature/map.svg

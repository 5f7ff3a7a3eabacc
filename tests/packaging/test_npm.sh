#!/usr/bin/env bash
# test_npm.sh - the npm packages in a fresh folder: installed, loaded by the SQLite modules that Node
# has, used, and removed. Needs a registry for those modules: `make test-npm`, no part of `make test`.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

home=$PWD
# The versions whose binaries or builds are known to load extensions.
libsql=libsql@0.5.29 better=better-sqlite3@12.11.1 newer_node=node@22.23.3
export BIOBERT_MODEL=$home/tests/golden/models/st_mean
passed=0 failed=0

check() { # sentence, expected, actual
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
  fi
}
skip() { printf 'skip - %s\n' "$*"; }

command -v npm >/dev/null || {
  skip 'there is no npm here'
  echo '0 passed, 0 failed'
  exit
}
work=$(mktemp -d) || exit 1
trap 'rm -rf -- "$work"' EXIT
make --no-print-directory -s npm PACKAGES="$work" >/dev/null || exit 1
packages=("$work"/npm/*.tgz)

cd "$work" || exit 1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --omit=optional "${packages[@]}" >install.log 2>&1
check 'the packages install' 0 $?

# Indexes 100 texts and prints what a search finds first; the module is the first argument.
cat >use.js <<'END'
const biobert = require('biobert-sqlite');
const open = {
  libsql: () => new (require('libsql'))(':memory:'),
  'better-sqlite3': () => new (require('better-sqlite3'))(':memory:'),
  'node:sqlite': () => new (require('node:sqlite').DatabaseSync)(':memory:', { allowExtension: true }),
};
const db = open[process.argv[2]]();
biobert.load(db);
biobert.loadImporter(db);
db.exec('CREATE TABLE papers(id INTEGER PRIMARY KEY, title)');
for (let i = 1; i <= 100; i++) db.exec(`INSERT INTO papers VALUES(${i}, 'paper number ${i} about aspirin')`);
db.exec("INSERT INTO papers VALUES(101, 'haemophilia')");
db.exec("CREATE VIRTUAL TABLE s USING biobert(title, content='papers')");
db.prepare("SELECT * FROM biobert_sync('s')").all();
console.log(db.prepare("SELECT rowid FROM s('haemophilia', 1)").get().rowid);
END

node=node
use() { # module, package of npm
  local log=$work/log
  if ! npm install --silent --no-audit --no-fund "$2" >"$log" 2>&1; then
    skip "npm cannot install $2"
    return
  fi
  check "$1 loads it, indexes and searches" 101 "$("$node" --no-warnings use.js "$1" 2>&1)"
}
use libsql "$libsql"
check 'the example runs' 2 "$(cp "$home/examples/node/find_papers.js" . && node find_papers.js libsql 2>&1 | grep -c ': ')"
use better-sqlite3 "$better"
node=node_modules/.bin/node # the one before may have no node:sqlite
use node:sqlite "$newer_node"

check 'the command runs' "biobert $(node -p "require('biobert-sqlite/package.json').version")" \
  "$(npx biobert --version 2>&1)"
check 'what cannot load extensions is told what can' \
  'load(db) takes a database of better-sqlite3, libsql or node:sqlite (Node 22.13 or newer)' \
  "$(node -e "try { require('biobert-sqlite').load({}) } catch (e) { console.log(e.message) }")"
npm uninstall --silent biobert-sqlite biobert-sqlite-linux-x64 >/dev/null 2>&1
check 'nothing is left behind' '' "$(find node_modules -iname '*biobert*' 2>/dev/null)"

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

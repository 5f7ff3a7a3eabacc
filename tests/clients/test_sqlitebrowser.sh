#!/usr/bin/env bash
# test_sqlitebrowser.sh - DB Browser for SQLite, driven by keys under Xvfb.
#
# It says nothing to a terminal: what it did is seen in the database, and in the statements that
# statements.so writes down. SQL comes to it in project files, which also choose the tab, the table to
# browse and its filters. It runs everything within a savepoint, which Write Changes (Ctrl+S) releases:
# so biobert_sync() is refused there, and the command is the way.
#
# shellcheck disable=SC2317 # check() calls the functions that are its arguments
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

passed=0 failed=0
work=${WORK:?}/sqlitebrowser
rm -rf -- "$work"
mkdir -p "$work/home"
chmod 700 "$work"
export HOME=$work/home XDG_RUNTIME_DIR=$work STATEMENTS=$work/statements
db=$work/papers.db
cp -- "$PAPERS" "$db"

check() { # sentence, command...
  local sentence=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$sentence"
    # Its own look for a table that is not there is no mistake.
    grep -vE '^(0|100|101) |no such table: temp' "$STATEMENTS" | cut -c 1-300 | sed 's/^/  /'
  fi
}

ask() { sqlite3 -batch -init /dev/null "$db" -cmd ".load $EXTENSION" "$1" 2>&1; }
answers() { # SQL, expected
  local answer
  answer=$(ask "$1" | paste -sd ' ')
  [[ $answer == "$2" ]] || {
    printf '  %s is %s, expected %s\n' "$1" "$answer" "$2"
    return 1
  }
}

# Else it may still be reading this one, and asks in a dialogue, when a key comes.
ask 'DROP TABLE many'

"${CC:-cc}" -shared -fPIC -O1 -o "$work/statements.so" tests/clients/statements.c -ldl || exit 1

exec 7< <(exec Xvfb -displayfd 1 -screen 0 1400x900x24 2>/dev/null)
xvfb=$!
browser=
trap 'kill $browser $xvfb 2>/dev/null' EXIT
read -r -t 20 number <&7 || {
  echo 'FAILED: Xvfb does not start'
  echo '0 passed, 1 failed'
  exit 1
}
export DISPLAY=:$number

# A tab is 1 (Browse Data) or 3 (Execute SQL). White space between elements stops its reader.
project() { # tab, SQL
  local sql=${2//&/&amp;}
  sql=${sql//</&lt;}
  printf %s '<?xml version="1.0" encoding="UTF-8"?><sqlb_project>' \
    "<db path=\"$db\" readonly=\"0\" foreign_keys=\"1\" case_sensitive_like=\"0\" temp_store=\"0\"" \
    ' wal_autocheckpoint="1000" synchronous="2"/><attached/><window>' \
    "<main_tabs open=\"structure browser pragmas query\" current=\"$1\"/></window><tab_structure/>" \
    '<tab_browse><current_table name="4,1:mains"/><default_encoding codec=""/><browse_table_settings>' \
    '<table schema="main" name="s" show_row_id="0" encoding="" plot_x_axis="" unlock_view_pk="_rowid_">' \
    '<sort><column index="3" mode="1"/></sort><column_widths/>' \
    '<filter_values><column index="1" value="vaccin"/></filter_values><conditional_formats/>' \
    '<row_id_formats/><display_formats/><hidden_columns/><plot_y_axes/><global_filter/></table>' \
    '</browse_table_settings></tab_browse><tab_sql>' \
    "<sql name=\"SQL 1\">$sql</sql><current_tab id=\"0\"/></tab_sql></sqlb_project>"
}

# Waits until a statement that matches has ended.
wait_for() { # extended regular expression, seconds
  local i
  for ((i = 0; i < 10 * $2; i++)); do
    if grep -qE -- "$1" "$STATEMENTS" 2>/dev/null; then return; fi
    sleep 0.1
  done
  return 1
}

start() { # tab, SQL
  local window
  project "$1" "$2" >"$work/papers.sqbpro"
  rm -f -- "$STATEMENTS"
  LD_PRELOAD=$work/statements.so sqlitebrowser -o "extensions/list=$EXTENSION" "$work/papers.sqbpro" \
    >"$work/log" 2>&1 &
  browser=$!
  window=$(timeout 30 xdotool search --sync --all --onlyvisible --pid "$browser" --name 'DB Browser' |
    tail -n 1)
  xdotool windowfocus "$window"
  # The window comes before what the project says is in it.
  wait_for 'PRAGMA synchronous' 30
  sleep 1
}
end() {
  kill "$browser"
  wait "$browser" 2>/dev/null
}

# Runs SQL in the tab Execute SQL, to the statement that matches; Write Changes if told. On a busy
# machine a key may come too early: then once more from the start.
run() { # SQL, last statement, [write]
  local attempt status
  for attempt in 1 2 3; do
    start 3 "$1"
    xdotool key ctrl+Return
    wait_for "$2" 10
    status=$?
    if [[ $status == 0 && -n ${3:-} ]]; then
      xdotool key ctrl+s
      wait_for 'RELEASE' 10 || status=1
    fi
    end
    if ((status == 0)); then return; fi
  done
  printf '  no statement ended like: %s (%d attempts)\n' "$2" "$attempt"
  return 1
}

printf 'seen: DB Browser for SQLite %s, SQLite %s\n' \
  "$(dpkg-query -W -f '${Version}' sqlitebrowser)" "$(ask 'SELECT sqlite_version()')"

creates() {
  run "CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, journal UNINDEXED,
                                            content='papers', content_rowid='id');
       INSERT INTO s(s) VALUES('sync');
       CREATE TABLE found AS SELECT rowid AS id FROM s('$QUESTION', 3);" '^101 .*CREATE TABLE found' write &&
    answers "SELECT pending FROM biobert_status('s')" 0 &&
    answers 'SELECT id FROM found ORDER BY rowid' "$EXPECTED"
}
check 'Execute SQL creates an index, syncs it by the command and searches; Write Changes keeps all' creates

searches() {
  run "SELECT rowid, rank FROM s WHERE s MATCH '$QUESTION' AND k = 3" '^101 .*SELECT.*MATCH' &&
    ! grep -qE '^1 .*MATCH' "$STATEMENTS"
}
check 'a search shows its rows in the result pane' searches

is_told() {
  run "SELECT * FROM biobert_sync('s')" '^1 .*inside a transaction.*INSERT INTO.*biobert_sync'
}
check 'biobert_sync(), refused in the savepoint, names the ways out' is_told

browses() {
  local status
  start 1 ''
  wait_for '^101 .*SELECT "_rowid_",\* FROM "main"."s" WHERE "title" LIKE .%vaccin%. ESCAPE .\\. ORDER BY "year" DESC' 30 &&
    ! grep -qE '^1 .*"main"."s"' "$STATEMENTS"
  status=$?
  end
  return "$status"
}
check 'Browse Data shows the index as a table, filtered and sorted' browses

stops() {
  local i status=1
  start 3 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
           SELECT count(biobert_embed('text ' || i)) FROM n"
  xdotool key ctrl+Return
  # Where the red button is in a window of its first size; before the statement runs it is grey.
  for ((i = 0; i < 20 && status != 0; i++)); do
    xdotool mousemove 239 117 click 1
    wait_for '^9 ' 1
    status=$?
  done
  end
  return "$status"
}
check 'the Stop button stops a statement that does not end' stops

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

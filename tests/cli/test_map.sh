#!/usr/bin/env bash
# test_map.sh - `biobert topics` and `map`: what is printed, what is in the files, and what the page
# does in a browser, with records made to harm whoever looks at them.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
run() { "$command" "$@" 2>"$scratch/err"; }
value() { sql :memory: "SELECT json_extract('${1//\'/\'\'}', '\$.$2')"; }

# U+2028 ends a line in old JavaScript.
separator=$'\xe2\x80\xa8'
sql "$db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract, year, pmid, url);
  INSERT INTO papers VALUES
  (1, 'Aspirin after \"stroke\"', 'Aspirin was given.', 2001, 11, NULL),
  (2, '</script><script>document.body.dataset.hostile=1</script>', 'A hostile title.', '2002-05', NULL, NULL),
  (3, '<!-- <img src=x onerror=document.body.dataset.hostile=2> ''$separator', 'Another one.', 2003, NULL, NULL),
  (4, 'Script link', 'Its link runs a script.', 2004, NULL, 'javascript:document.body.dataset.hostile=3'),
  (5, 'Gene & therapy', 'Factor IX in haemophilia.', 2005, NULL, 'https://example.org/?a=1&b=\"<'),
  (6, NULL, 'No title, no year; aspirin.', NULL, NULL, NULL);
  WITH RECURSIVE c(x) AS (SELECT 7 UNION ALL SELECT x + 1 FROM c LIMIT 40)
  INSERT INTO papers SELECT x, 'Paper ' || x, 'kidney ' || x, 2006, x, NULL FROM c;"
status 'without an index' 3 topics "$db"
contains 'what to type' "$(cat "$scratch/err")" "biobert index $db"
"$command" index -q "$db" >/dev/null

# Topics.
rows=$(run topics "$db" -k 3 --json)
check 'as many topics as are asked for' "$(wc -l <<<"$rows")" 3
row=$(head -1 <<<"$rows")
check 'the largest is the first' "$(value "$row" cluster)" 0
check 'it has the title of the paper in its middle' \
  "$(value "$row" title)" "$(sql "$db" "SELECT title FROM papers WHERE id = $(value "$row" id)")"
check 'all papers are in one' "$(for row in $rows; do grep -o '"size":[0-9]*' <<<"$row"; done | awk -F: '{ n += $2 } END { print n }')" 46
check 'as many words as are asked for' "$(value "$(run topics "$db" -k 1 -w 1 --json)" words)" Paper
check 'CSV has a header' "$(run topics "$db" --csv | head -1)" cluster,size,words,id,title,year
contains 'text for people' "$(run topics "$db" -k 1)" '(46)'
run topics "$db" -k 3 --sql >"$scratch/script.sql"
check 'the statement runs in the stock shell' "$(sql_with "$db" <"$scratch/script.sql" 2>&1 | wc -l)" 3
status 'no topics' 2 topics "$db" -k 0
status 'topics without an end' 2 topics "$db" -k many
sql "$scratch/empty.db" 'CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract)'
"$command" index -q "$scratch/empty.db" >/dev/null 2>&1
status 'of nothing there are no topics' 1 topics "$scratch/empty.db"
status 'and no map' 1 map "$scratch/empty.db" --json

# Rows of a map.
rows=$(run map "$db" --json)
check 'every paper has a row' "$(wc -l <<<"$rows")" 46
check 'with its link' "$(value "$(head -1 <<<"$rows")" link)" https://pubmed.ncbi.nlm.nih.gov/11/
check 'the same each time' "$(run map "$db" --json)" "$rows"
check 'CSV has a header' "$(run map "$db" --csv | head -1)" id,x,y,topic,title,year,link
check 'a condition' "$(run map "$db" --json --where 'id < 5 -- old' | wc -l)" 4
status 'a condition that is none' 3 map "$db" --json --where 'yeer > 1'
status 'nothing to draw' 1 map "$db" --json --where 'id > 3000'
status 'nowhere to draw' 2 map "$db"
contains 'is said' "$(cat "$scratch/err")" '--html FILE'

# Files.
page=$scratch/map.html picture=$scratch/map.svg
status 'a page and a picture' 0 map "$db" -k 3 --html "$page" --svg "$picture"
contains 'how many papers' "$(cat "$scratch/err")" '46 papers'
check 'no half files stay' "$(find "$scratch" -name '*.partial')" ''
check 'no title ends a script' "$(grep -c '</script>' "$page")" 3
lacks 'nor begins one' "$(tail -n +2 "$page" | grep -v '^<script' | grep -o '<script>document[^;]*' | head -1)" 'dataset.hostile=1'
lacks 'no raw line separator' "$(sed -n '/id="data"/,/<\/script>/p' "$page")" "$separator"
data=$(sed -n '/id="data"/,/<\/script>/p' "$page" | sed 's/^.*id="data">//; s/<\/script>$//')
printf '%s' "$data" >"$scratch/data.json"
check 'its data are JSON' "$(sql :memory: "SELECT json_valid(readfile('$scratch/data.json'))")" 1
check 'with titles as they are' \
  "$(sql :memory: "SELECT json_extract(readfile('$scratch/data.json'), '\$.papers[1][4]')")" "$(sql "$db" 'SELECT title FROM papers WHERE id = 2')"
check 'and years of dates' "$(sql :memory: "SELECT json_extract(readfile('$scratch/data.json'), '\$.papers[1][3]')")" 2002
lacks 'nothing is fetched' "$(grep -oE '(src|href)="[^"]*"|url\(|@import|sourceMappingURL' "$page" | head -1)" h
contains 'nor may be' "$(cat "$page")" "default-src 'none'"
check 'the same page each time' "$(run map "$db" -k 3 --html "$scratch/again.html" && cmp "$page" "$scratch/again.html" && echo same)" same
check 'the picture has a path for each topic' "$(grep -c '<path' "$picture")" 3
check 'and is one' "$(head -c 4 "$picture")$(tail -1 "$picture")" '<svg</svg>'
check 'of a file that there is, an answer for programs' "$(run map "$db" --svg "$picture" --json)" "{\"file\":\"$picture\",\"papers\":46}"
status 'a folder that there is not' 3 map "$db" --html "$scratch/none/map.html"
contains 'is said' "$(cat "$scratch/err")" 'cannot be written'
cp "$page" "$scratch/kept.html"
status 'a map that fails' 3 map "$db" --html "$scratch/kept.html" --where 'abs(-9223372036854775808) > 0'
check 'leaves the file that was there' "$(cmp "$page" "$scratch/kept.html" && echo same)" same
ln -s "$db" "$scratch/&<\"'.db"
status 'a name with marks' 0 map "$scratch/&<\"'.db" --html "$scratch/marks.html"
contains 'is escaped' "$(cat "$scratch/marks.html")" '<title>&#38;&#60;&#34;&#39;.db</title>'

# Many topics, more than there are colours with names, and of papers without years.
sql "$scratch/many.db" "CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract, year);
  WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 320)
  INSERT INTO papers SELECT x, nullif('Paper ' || x, 'Paper 7'), char(97 + x % 12, 98 + x % 7, 97 + x % 12) || ' <kidney> ' || x % 12, nullif('12345', x) FROM c"
sql "$scratch/many.db" "UPDATE papers SET year = 'none' WHERE id = 1; UPDATE papers SET year = '2001a' WHERE id = 2; UPDATE papers SET year = '20' WHERE id = 3"
"$command" index -q "$scratch/many.db" >/dev/null
status 'a picture of many topics' 0 map "$scratch/many.db" -k 40 --svg "$scratch/many.svg"
check 'has a path for each' "$(grep -c '<path' "$scratch/many.svg")" 40
check 'and a dot for each paper' "$(grep -o 'M[0-9]* [0-9]*h0' "$scratch/many.svg" | wc -l)" 320
contains 'in hues where colours with names end' "$(cat "$scratch/many.svg")" 'stroke="hsl('
check 'names that would overlap are left out' "$(($(grep -c '<text' "$scratch/many.svg") <= 40))" 1
check 'a topic for each is one too, of a paper without a title' "$(run topics "$scratch/many.db" -k 320 | grep -c '(1)')" 320
lacks 'five digits are no year' "$(run topics "$scratch/many.db" -k 320)" '(12345)'
contains 'four in front of a letter are' "$(run topics "$scratch/many.db" -k 320)" 'Paper 2 (2001)'
status 'no topics' 2 map "$db" -k 0 --json
(cd "$scratch" && "$command" map library.db --html here.html 2>/dev/null)
contains 'a map has the name of the library, without its folder' "$(cat "$scratch/here.html")" '<title>library.db</title>'

# In a browser.
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [[ -n $browser ]]; then
  # Without a window there are no frames to draw, and what waits for one would wait for ever.
  sed '/^<\/body>/d; /^<\/html>/d
    s/^<head>/<head><script>requestAnimationFrame = f => setTimeout(f, 10)<\/script>/' "$page" >"$scratch/driven.html"
  { echo '<script>' && cat tests/cli/map_page.js && echo '</script></body></html>'; } >>"$scratch/driven.html"
  HOME=$scratch timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/browser" \
    --window-size=1200,800 --virtual-time-budget=8000 --dump-dom "file://$scratch/driven.html" >"$scratch/dom.html" 2>/dev/null
  seen=$(grep -o 'data-seen="[^"]*"' "$scratch/dom.html" | sed 's/^data-seen="//; s/"$//; s/&quot;/"/g; s/&amp;/\&/g')
  if [[ -z $seen ]]; then
    check 'the page runs in a browser' 'no answer' 'an answer'
  else
    check 'all papers are on the page' "$(value "$seen" papers)" 46
    check 'and the topics' "$(value "$seen" topics)" 3
    check 'no record runs a script' "$(value "$seen" hostile)" 'kept out'
    check 'a search finds titles' "$(value "$seen" found)" 1
    check 'and lists them' "$(value "$seen" first)" 'Aspirin after "stroke" (2001)'
    contains 'hovering shows title and year' "$(value "$seen" said)" 'Aspirin after "stroke" 2001'
    check 'a click opens the paper' "$(value "$seen" good)" https://pubmed.ncbi.nlm.nih.gov/11/
    check 'but no script' "$(value "$seen" bad)" nothing
    check 'years leave out the earlier' "$(value "$seen" late)" 41
    check 'a topic by itself' "$(value "$seen" one)" "$(value "$(run topics "$db" -k 3 --json | head -1)" size)"
  fi
else
  echo 'skip - there is no chromium here: apt-get install chromium'
fi
report

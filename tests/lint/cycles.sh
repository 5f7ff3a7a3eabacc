#!/usr/bin/env bash
# cycles.sh - files that need each other cannot be read, tested or taken one by one. x.c and x.h
# are one file here. A needs B when it includes B's header, or calls a function or reads a variable
# that B defines (nm on the objects of the release build).
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

build=build/release
make --no-print-directory -s MODE=release "$build/biobert.so" "$build/biobert" || exit 1

# "A B reason" a line.
needs() { # folder
  local folder=$1 file
  {
    while read -r file; do
      grep -oE '^ *# *include "[^"]+"' "$file" | sed -E "s|.*\"(.*)\"|include $file \1|"
    done < <(find "$folder" -name '*.[ch]' -o -path "$folder/*" -name '*.inc')
    while read -r file; do
      # An object may be left of a file that is no more.
      [[ -e ${file%.o}.c ]] || continue
      nm "$build/$file" | awk -v file="$file" '
        NF == 3 && $2 ~ /^[TDBRVW]$/ { print "defines", file, $3 }
        NF == 2 && $1 == "U" { print "uses", file, $2 }'
    done < <(cd "$build" && find "$folder" -name '*.o')
  } | awk -v folder="$folder" '
    function node(path) { sub(/\.(c|h|inc|o)$/, "", path); return path }
    $1 == "include" { includes[node($2), node(folder "/" $3)] = $3; nodes[node($2)] }
    $1 == "defines" { defined[$3] = node($2) }
    $1 == "uses" { uses[node($2), $3] }
    END {
      for (pair in includes) {
        split(pair, of, SUBSEP)
        if (of[1] != of[2] && of[2] in nodes) print of[1], of[2], "#include"
      }
      for (pair in uses) {
        split(pair, of, SUBSEP)
        if (of[2] in defined && defined[of[2]] != of[1]) print of[1], defined[of[2]], of[2]
      }
    }'
}

# Each loop that tsort finds, and what it consists of.
cycles() { # folder
  local edges loops
  edges=$(needs "$1")
  loops=$(cut -d ' ' -f 1,2 <<<"$edges" | tsort 2>&1 >/dev/null)
  [[ -n $loops ]] || return 0
  awk '
    NR == FNR {
      pair = $1 " -> " $2
      if (pair in why) why[pair] = why[pair] ", " $3
      else why[pair] = $3
      next
    }
    function print_loop(  i, j, pair, text) {
      for (i = 1; i <= count; i++)
        for (j = 1; j <= count; j++) {
          pair = loop[i] " -> " loop[j]
          if (pair in why && !(pair in printed)) text = text "  " pair ": " why[pair] "\n"
          printed[pair]
        }
      if (text != "") printf "a cycle of files:\n%s", text
      count = 0
    }
    /contains a loop/ { print_loop(); next }
    { loop[++count] = $2 }
    END { print_loop() }' <(printf '%s\n' "$edges") <(printf '%s\n' "$loops")
  return 1
}

problems=0
for folder in core ext; do cycles "$folder" || problems=1; done
((problems == 0))

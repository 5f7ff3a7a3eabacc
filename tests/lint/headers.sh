#!/usr/bin/env bash
# headers.sh - each header compiles alone, as C11; those of include/ as C++17 too.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

warnings=(-Wall -Wextra -Wpedantic -Werror -Wno-unused-function -Wno-unused-variable
  -Wno-unused-const-variable)
problems=0

alone() { # compiler, language, header, include path...
  local compiler=$1 language=$2 header=$3 standard=-std=c11 output
  shift 3
  if [[ $language == c++ ]]; then standard=-std=c++17; fi
  if ! output=$(printf '#include "%s"\n' "$PWD/$header" |
    "$compiler" -x "$language" "$standard" -D_GNU_SOURCE "${warnings[@]}" "$@" \
      -fsyntax-only - 2>&1); then
    printf '%s alone, by %s as %s:\n%s\n' "$header" "$compiler" "$language" "$output"
    problems=$((problems + 1))
  fi
}

for compiler in gcc clang; do
  command -v "$compiler" >/dev/null || continue
  for header in include/*.h; do alone "$compiler" c "$header" -Iinclude; done
  for header in core/*/*.h; do alone "$compiler" c "$header" -Iinclude -Icore; done
  for header in ext/*/*.h; do alone "$compiler" c "$header" -Iinclude -Iext; done
  while read -r header; do
    alone "$compiler" c "$header" -Iinclude -Icore -Itests -I"$(dirname -- "$header")"
  done < <(find tests -name '*.h')
done
for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || continue
  for header in include/*.h; do alone "$compiler" c++ "$header" -Iinclude; done
done
((problems == 0))

#!/usr/bin/env bash
# format.sh - clang-format has nothing to change (`clang-format -i FILE` mends it). Generated files
# are as their generator writes them.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

find core ext include tests examples '(' -name '*.[ch]' -o -name '*.inc' ')' -not -name 'unicode_tables.[ch]' -print0 |
  { xargs -0 clang-format --dry-run -Werror 2>&1 || true; } |
  awk -F : '/: error:/ { places[$1]++ }
    END {
      for (file in places) {
        print file ": " places[file] " places are not as clang-format lays them out"
        wrong = 1
      }
      exit wrong
    }'

#!/usr/bin/env bash
# format.sh - clang-format has nothing to change. Other versions than Debian 12's lay out some
# tables otherwise, and are not asked. Generated files are as their generator writes them.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

find core ext include tests examples -name '*.[ch]' -not -name 'unicode_tables.[ch]' -print0 |
  xargs -0 clang-format --dry-run -Werror 2>&1 | grep ': error:' && exit 1
exit 0

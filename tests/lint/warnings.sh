#!/usr/bin/env bash
# warnings.sh COMPILER - everything compiles without a warning.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

build=build/lint-$1
make --no-print-directory -s -k CI=1 CC="$1" BUILD="$build" -j "$(nproc)" \
  "$build/biobert.so" "$build/biobert" tests 2>&1

#!/usr/bin/env bash
# exports.sh - biobert.so exports its entry point and nothing else, so that no name of ours collides
# with another extension's in the same process.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

make --no-print-directory -s MODE=release build/release/biobert.so || exit 1
exported=$(nm -D --defined-only build/release/biobert.so | awk '{ print $3 }' | sort | paste -sd ' ')
if [[ $exported == sqlite3_biobert_init ]]; then exit 0; fi
printf 'build/release/biobert.so exports: %s\n' "${exported:-nothing}"
exit 1

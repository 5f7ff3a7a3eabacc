#!/usr/bin/env bash
# exports.sh - what is built exports its interface and nothing else, so that no name of ours meets
# another extension's, or the program's, in the same process: biobert.so and biobert_import.so their
# two entry points, the libraries what include/ declares, all of it.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

make --no-print-directory -s MODE=release build/release/biobert.so build/release/biobert_import.so \
  package || exit 1
version=$(sed -n 's/^#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)
problems=0

expect() { # file, names, option of nm
  local exported
  exported=$(nm "$3" --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort | paste -sd ' ')
  [[ $exported == "$2" ]] && return
  printf '%s exports, with < what it should not, with > what it lacks:\n' "$1"
  diff <(tr ' ' '\n' <<<"$exported") <(tr ' ' '\n' <<<"$2") | grep '^[<>]'
  problems=$((problems + 1))
}

# Names that are followed by ( or [ in the headers' code: functions and arrays, but types (which
# follow `typedef`) and members of structs.
declared_in() { # header...
  cat "$@" | sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' -e '/^typedef/d' |
    grep -oE '^[^ ].*\<biobert_[a-z0-9_]+[([]' | grep -oE 'biobert_[a-z0-9_]+[([]' |
    tr -d '([' | sort -u | paste -sd ' '
}
others=()
for header in include/*.h; do
  if [[ $header != include/biobert_records.h ]]; then others+=("$header"); fi
done
declared=$(declared_in "${others[@]}")

expect build/release/biobert.so 'sqlite3_biobert_init sqlite3_extension_init' -D
expect build/release/biobert_import.so 'sqlite3_biobertimport_init sqlite3_extension_init' -D
expect build/release/package/libbiobert_records.a "$(declared_in include/biobert_records.h)" -g
expect "build/release/package/libbiobert.so.${version%.*}" "$declared" -D
expect build/release/package/libbiobert.a "$declared" -g
expect build/release/package/libbiobert_sqlite.a sqlite3_biobert_init -g
((problems == 0))

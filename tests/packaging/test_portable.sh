#!/usr/bin/env bash
# test_portable.sh - the binaries that ext/packaging/portable makes for other machines, run here: on
# glibc as old as they say, on musl, on aarch64 (qemu-user). Each makes an index of the same papers:
# the vectors are the same bits, and each opens and searches what another has made. Needs a network for
# the compiler: `make test-portable`, no part of `make test`.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

home=build/portable
. tests/packaging/runner.sh
export BIOBERT_MODEL=$PWD/tests/golden/models/st_mean
passed=0 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf -- "$work"' EXIT

check() { # sentence, expected, actual
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
  fi
}
skip() { printf 'skip - %s\n' "$*"; }

newest_glibc() { readelf -V "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1; }

vectors() { # library
  sqlite3 "$1" -cmd '.load ./biobert' \
    'SELECT hex(vector) FROM papers_search ORDER BY rowid;' | sha256sum
}
answer() { "${run[@]}" search "$1" 'attention' --json -n 5 2>&1; }

make --no-print-directory -s all || exit 1
run=(build/release/biobert)
"${run[@]}" import "$work/ours.db" examples/literature/library.nbib >/dev/null 2>&1 || exit 1
expected=$(vectors "$work/ours.db")
answered=$(answer "$work/ours.db")

for target in "${@:-linux-x64}"; do
  bash ext/packaging/portable/cross_compile.sh "$target" >/dev/null || exit 1
  case $target in
    *-musl) ;;
    *) for file in "$home/$target"/biobert*; do
      [[ -f $file ]] && check "$target: ${file##*/} asks for no newer glibc than 2.17" GLIBC_2.17 \
        "$(printf '%s\n' GLIBC_2.17 "$(newest_glibc "$file")" | sort -V | tail -1)"
    done ;;
  esac
  if ! runner "$target" "$home/$target"; then
    skip "$why"
    continue
  fi
  "${run[@]}" import "$work/$target.db" examples/literature/library.nbib >/dev/null 2>&1
  check "$target: the command imports" 0 $?
  check "$target: the vectors are the same bits" "$expected" "$(vectors "$work/$target.db")"
  check "$target: an index made here is searched alike there" "$answered" "$(answer "$work/ours.db")"
  run=(build/release/biobert)
  check "$target: an index made there is searched alike here" "$answered" "$(answer "$work/$target.db")"
done

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

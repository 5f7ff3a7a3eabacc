#!/usr/bin/env bash
# test_portable.sh - the binaries that ext/packaging/portable makes for other machines, run here: on
# glibc as old as they say, on musl, on aarch64 (qemu-user), Windows' by wine; macOS' are linked, and
# nothing here runs them. Each makes an index of the same papers: the vectors are the same bits, and each
# opens and searches what another has made. Needs a network for the compiler: `make test-portable`, no
# part of `make test`.
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
# Rows with all bits of their distances (times 2 to the 57th they are whole: two SQLites may print a number
# otherwise), and what the model is known by.
rows="SELECT rowid, CAST(distance * 144115188075855872 AS INTEGER),
  CAST(rank * 144115188075855872 AS INTEGER) FROM papers_search
  WHERE papers_search MATCH 'attention' ORDER BY rank, rowid LIMIT 10;
  SELECT fingerprint FROM biobert_status('papers_search');"

# Unit tests that ask nothing of one system; those of the bits of vectors and of base/os.h before all.
unit_tests=(test_os test_same_bits test_golden test_tokenizer test_wordpiece test_normalize test_product test_gemm
  test_i8 test_sha256 test_store test_ranking test_search test_words)

test_windows() { # target
  local test output sql=$work/load_extension.exe
  for test in "${unit_tests[@]}"; do
    output=$(wine "$home/$1/tests/unit/$test" 2>&1)
    check "$1: $test passes" 0 $?
    grep -E '^(FAILED|skip)' <<<"$output"
  done
  "$home/venv/bin/zig" cc -target x86_64-windows-gnu -w -Ibuild/sqlite/amalgamation -o "$sql" \
    tests/packaging/load_extension.c "$home/$1/archives/libsqlite3.a" || exit 1
  check "$1: another program loads the extension, and gets the same distances and fingerprint" \
    "$(sqlite3 "$work/ours.db" -cmd '.load ./biobert' "$rows")" \
    "$(wine "$sql" "$work/ours.db" "$home/$1/biobert.dll" "$rows" | tr -d '\r')"
  check "$1: another program loads the extension that imports" 'ris|1' \
    "$(wine "$sql" :memory: "$home/$1/biobert_import.dll" \
      "SELECT name, count(*) FROM biobert_formats WHERE name = 'ris'" | tr -d '\r')"
}

make --no-print-directory -s all || exit 1
# With a space, and letters that are not ASCII.
folder="$work/my bücher 文"
mkdir "$folder"
run=(build/release/biobert)
"${run[@]}" import "$work/ours.db" examples/literature/library.nbib >/dev/null 2>&1 || exit 1
expected=$(vectors "$work/ours.db")
answered=$(answer "$work/ours.db")

for target in "${@:-linux-x64}"; do
  tests=()
  if [[ $target == windows-* ]] && command -v wine >/dev/null; then tests=("${unit_tests[@]}"); fi
  UNIT_TESTS="${tests[*]}" bash ext/packaging/portable/cross_compile.sh "$target" >/dev/null || exit 1
  case $target in
    *-musl | macos-* | windows-*) ;;
    *) for file in "$home/$target"/biobert*; do
      [[ -f $file ]] && check "$target: ${file##*/} asks for no newer glibc than 2.17" GLIBC_2.17 \
        "$(printf '%s\n' GLIBC_2.17 "$(newest_glibc "$file")" | sort -V | tail -1)"
    done ;;
  esac
  if ! runner "$target" "$home/$target"; then
    skip "$why"
    continue
  fi
  made=$folder/$target.db
  "${run[@]}" import "$made" examples/literature/library.nbib >/dev/null 2>&1
  check "$target: the command imports" 0 $?
  check "$target: the vectors are the same bits" "$expected" "$(vectors "$made")"
  check "$target: an index made here is searched alike there" "$answered" "$(answer "$work/ours.db")"
  "${run[@]}" doctor "$made" >/dev/null 2>&1
  check "$target: nothing is wrong with an index made there" 0 $?
  if [[ $target == windows-* ]]; then test_windows "$target"; fi
  run=(build/release/biobert)
  check "$target: an index made there is searched alike here" "$answered" "$(answer "$made")"
done

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

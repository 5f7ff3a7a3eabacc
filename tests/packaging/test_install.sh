#!/usr/bin/env bash
# test_install.sh - what `make install` puts in place serves a C programmer, and `make uninstall`
# removes it. Everything is installed below a scratch folder; the programs are those of examples/c.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

cc=${CC:-cc} model=tests/golden/models/st_mean
export BIOBERT_MODEL=$model
tmp=$(mktemp -d) || exit 1
trap 'rm -rf -- "$tmp"' EXIT
passed=0 failed=0

check() { # sentence, expected, actual
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
  fi
}

if ! command -v pkg-config >/dev/null; then
  echo 'skip - there is no pkg-config here: apt-get install pkg-config'
  echo '0 passed, 0 failed'
  exit
fi

# Without what an outer make says of its own targets.
make_quietly() { env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -s MODE=release "$@"; }

# Installed as a package would be: into a DESTDIR, for a prefix that it is moved to later.
root=$tmp/root lib=$tmp/root/opt/biobert/lib
mkdir -p "$lib/pkgconfig"
echo mine >"$lib/pkgconfig/other.pc"
make_quietly install DESTDIR="$root" PREFIX=/opt/biobert
check 'make install' 0 $?
version=$(sed -n 's/^#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)
headers=$(cd include && printf 'include/%s\n' *.h)
tools=$(cd ext/packaging/model && printf 'share/biobert/model/%s\n' *.sh)
check 'what is installed' "$(sort <<<"$headers
$tools
bin/biobert
share/bash-completion/completions/biobert
share/man/man1/biobert.1
share/zsh/site-functions/_biobert
lib/libbiobert.a
lib/libbiobert.so
lib/libbiobert.so.${version%.*}
lib/libbiobert_records.a
lib/libbiobert_sqlite.a
lib/pkgconfig/biobert.pc
lib/pkgconfig/biobert_records.pc
lib/pkgconfig/biobert_sqlite.pc
lib/pkgconfig/other.pc
lib/sqlite3/biobert.so
lib/sqlite3/biobert_import.so")" "$(cd "$root/opt/biobert" && find . '(' -type f -o -type l ')' -printf '%P\n' | sort)"

# The stranger's file goes, so that pkg-config reads ours alone.
rm "$lib/pkgconfig/other.pc"
pc() { PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@"; }
check 'its version' "$version" "$(pc --modversion biobert)"
check 'where the extension is' /opt/biobert/lib/sqlite3/biobert "$(pc --variable=loadable biobert | sed "s|^$root||")"

build() { # program, source, arguments of the linker...
  local program=$tmp/$1 source=examples/c/$2
  shift 2
  "$cc" -std=c11 -Wall -Wextra -Werror -o "$program" "$source" "$@"
  check "$source builds with $*" 0 $?
}

# Names and paths of pkg-config's answers have no spaces: they are to be split.
flags() {
  local words
  read -ra words <<<"$(pc "$@")"
  printf '%s\n' "${words[@]}"
}
mapfile -t shared < <(flags --cflags --libs biobert)
build shared compare_texts.c "${shared[@]}"
like=$(LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$tmp/shared" "$model" aspirin aspirin 2>&1)
check 'the shared library: a text is like itself' 1.0000 "$like"
check 'it asks for the versioned name' "libbiobert.so.${version%.*}" \
  "$(readelf -d "$tmp/shared" | sed -n 's/.*NEEDED.*\[\(libbiobert.*\)\]/\1/p')"
check 'an error is said' "compare_texts: no model at '/nowhere'" \
  "$(LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$tmp/shared" /nowhere a b 2>&1 | cut -d : -f 1-2)"

# The archive in place of -lbiobert, with what it needs itself.
mapfile -t static < <(flags --cflags --static --libs biobert | sed "s|^-lbiobert$|$lib/libbiobert.a|")
build static compare_texts.c "${static[@]}"
check 'the static library' "$like" "$("$tmp/static" "$model" aspirin aspirin 2>&1)"

mapfile -t linked < <(flags --cflags --libs biobert_sqlite)
build linked linked_search.c "${linked[@]}"
found=$(LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$tmp/linked" stroke 2>&1)
check 'the extension linked in finds rows' 2 "$(grep -c . <<<"$found")"
mapfile -t linked < <(flags --cflags --static --libs biobert_sqlite | sed "s|^-lbiobert$|$lib/libbiobert.a|")
build alone linked_search.c "${linked[@]}"
check 'and so with the static library' "$found" "$("$tmp/alone" stroke 2>&1)"

# Loaded: under its own name, and under the one that Debian gives to extensions.
mkdir "$tmp/debian"
cp "$lib/sqlite3/biobert.so" "$tmp/debian/libsqlite3_mod_biobert.so"
cp "$lib/sqlite3/biobert.so" "$tmp/debian/other-name.so"
for path in "$lib/sqlite3/biobert" "$tmp/debian/libsqlite3_mod_biobert" "$tmp/debian/other-name"; do
  check "${path##*/} is loaded" "$version" \
    "$(sqlite3 -batch -init /dev/null :memory: -cmd ".load $path" 'SELECT biobert_version()' 2>&1)"
done
# The library of records by itself, beside the other one, and its extension under two names.
printf '%s\n' '#include <biobert_records.h>' '#include <stdio.h>' \
  'int main(void) { return !biobert_record_formats(0) || puts(biobert_record_formats(0)->name) < 0; }' \
  >"$tmp/formats.c"
mapfile -t records < <(flags --cflags --libs biobert_records)
"$cc" -std=c11 -Wall -Wextra -Werror -o "$tmp/formats" "$tmp/formats.c" "${records[@]}"
check 'a program that reads records builds' 0 $?
formats=$("$tmp/formats")
"$cc" -std=c11 -Wall -Wextra -Werror -o "$tmp/formats" "$tmp/formats.c" "${records[@]}" "${static[@]}"
check 'and with the static library beside it' 0 $?
cp "$lib/sqlite3/biobert_import.so" "$tmp/debian/libsqlite3_mod_biobert_import.so"
for path in "$lib/sqlite3/biobert_import" "$tmp/debian/libsqlite3_mod_biobert_import"; do
  check "${path##*/} is loaded" "$formats" \
    "$(sqlite3 -batch -init /dev/null :memory: -cmd ".load $path" \
      'SELECT name FROM biobert_formats LIMIT 1' 2>&1)"
done
check 'by the name of its entry point' "$version" \
  "$(sqlite3 -batch -init /dev/null :memory: -cmd ".load $tmp/debian/other-name sqlite3_biobert_init" \
    'SELECT biobert_version()' 2>&1)"

# Nothing of ours stays, and nothing that is not ours goes.
echo mine >"$lib/sqlite3/other.so"
make_quietly uninstall DESTDIR="$root" PREFIX=/opt/biobert
check 'make uninstall' 0 $?
check 'what is left' "$lib/sqlite3/other.so" "$(find "$root" -type f -o -type l)"

# Another folder for libraries, and a space in a path.
make_quietly install DESTDIR="$tmp/a root" PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
check 'LIBDIR' "$(sort <<<"libbiobert.so
pkgconfig/biobert.pc
sqlite3/biobert.so")" "$(cd "$tmp/a root/usr/lib/x86_64-linux-gnu" && ls libbiobert.so pkgconfig/biobert.pc sqlite3/biobert.so)"
make_quietly uninstall DESTDIR="$tmp/a root" PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
check 'and out of it' '' "$(find "$tmp/a root" -type f -o -type l)"

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

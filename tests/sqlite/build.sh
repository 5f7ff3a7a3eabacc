#!/usr/bin/env bash
# build.sh - gets SQLites that are newer than the installed one, for `make test SQLITE=FOLDER`.
#
#     bash tests/sqlite/build.sh library    build/sqlite/3.53.2 and build/sqlite/3.53.2-debug: the
#                                           amalgamation out of npm's package better-sqlite3, once
#                                           plain and once with SQLITE_DEBUG, with the options of
#                                           Debian's library, so that only the version differs
#     bash tests/sqlite/build.sh amalgamation   build/sqlite/amalgamation: its sqlite3.c and headers
#     bash tests/sqlite/build.sh apsw       build/sqlite/apsw: the newest apsw of PyPI, which has a
#                                           SQLite of its own inside a Python module
#
# Prints the folders. What is there is taken as it is: a second call costs nothing (remove
# build/sqlite to begin anew). Exit status 3, with the reason: the registry gave no answer.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

# The package's version decides SQLite's, and a package that is published never changes.
package=better-sqlite3@12.11.1
package_sha256=ebf0ed75a7a59dbcb3b24bbd014ef49d9f15bc328e4adcbf516f2a8fadfa2835
version=3.53.2

home=build/sqlite
cc=${CC:-cc}

# As `PRAGMA compile_options` of Debian's library lists them.
options=(
  -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_LOAD_EXTENSION -DSQLITE_USE_URI -DHAVE_ISNAN -DHAVE_USLEEP
  -DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS3_PARENTHESIS -DSQLITE_ENABLE_FTS3_TOKENIZER
  -DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_SOUNDEX
  -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_STMTVTAB
  -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_PREUPDATE_HOOK -DSQLITE_ENABLE_SESSION
  -DSQLITE_ENABLE_UNLOCK_NOTIFY -DSQLITE_ENABLE_UPDATE_DELETE_LIMIT
  -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_SECURE_DELETE -DSQLITE_MAX_VARIABLE_NUMBER=250000
)

no_answer() {
  echo "build.sh: $*" >&2
  exit 3
}

get_amalgamation() { # folder
  local tarball sum
  command -v npm >/dev/null || no_answer 'there is no npm here (apt-get install npm)'
  tarball=$1/$(cd -- "$1" && npm pack --silent "$package") || no_answer "npm cannot get $package"
  sum=$(sha256sum <"$tarball")
  if [[ ${sum%% *} != "$package_sha256" ]]; then
    echo "build.sh: $package has the sha256 ${sum%% *}, pinned is $package_sha256" >&2
    exit 1
  fi
  tar -xzf "$tarball" -C "$1" --strip-components=3 package/deps/sqlite3
  grep -q "define SQLITE_VERSION  *\"$version\"" "$1/sqlite3.h" || {
    echo "build.sh: $package holds another SQLite than $version" >&2
    exit 1
  }
}

# A folder that a stopped build left half made has no library in it: that comes last, by a rename.
build() { # folder, flag...
  local folder=$1
  shift
  mkdir -p "$folder"
  "$cc" -fPIC -shared -w -Wl,-soname,libsqlite3.so.0 "${options[@]}" "$@" \
    -o "$folder/unfinished" "$scratch/sqlite3.c" -pthread -lm -ldl
  mv -- "$folder/unfinished" "$folder/libsqlite3.so.0"
}

make_libraries() {
  local plain=$home/$version debug=$home/$version-debug first
  if [[ ! -e $plain/libsqlite3.so.0 || ! -e $debug/libsqlite3.so.0 ]]; then
    get_amalgamation "$scratch"
    # Both at once: each is one file, so one core.
    build "$plain" -O2 &
    first=$!
    build "$debug" -O1 -g -DSQLITE_DEBUG -DSQLITE_ENABLE_API_ARMOR
    wait "$first"
  fi
  printf '%s\n' "$plain" "$debug"
}

make_amalgamation() {
  local folder=$home/amalgamation
  if [[ ! -e $folder/sqlite3.c ]]; then
    get_amalgamation "$scratch"
    mkdir -p "$folder"
    cp -- "$scratch"/*.h "$folder"
    mv -- "$scratch/sqlite3.c" "$folder"
  fi
  printf '%s\n' "$folder"
}

# A venv that calls itself sqlite3: run.sh takes it for the shell of that folder.
make_apsw() {
  local folder=$home/apsw
  if [[ ! -x $folder/sqlite3 ]]; then
    rm -rf -- "$folder"
    python3 -m venv "$folder" || no_answer 'python3 cannot make a venv (apt-get install python3-venv)'
    "$folder/bin/pip" install -q --disable-pip-version-check apsw >&2 || no_answer 'pip cannot install apsw'
    printf '#!/bin/sh\nexec "%s/bin/python" "%s/tests/sqlite/apsw_shell.py" "$@"\n' \
      "$PWD/$folder" "$PWD" >"$folder/unfinished"
    chmod +x "$folder/unfinished"
    mv -- "$folder/unfinished" "$folder/sqlite3"
  fi
  printf '%s\n' "$folder"
}

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
case ${1:-} in
  library) make_libraries ;;
  amalgamation) make_amalgamation ;;
  apsw) make_apsw ;;
  *)
    echo 'usage: build.sh library|amalgamation|apsw' >&2
    exit 2
    ;;
esac

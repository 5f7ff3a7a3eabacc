#!/usr/bin/env bash
# `make bench-search`: the search index against its peers, with ready vectors, one thread, on this
# machine, in one run.
#
#     bash tests/bench/search.sh --size 1000000x384     other sizes (several: repeat)
#     bash tests/bench/search.sh --graphs               approximate graphs too, for information
#     bash tests/bench/search.sh --write                append the result to SEARCH_RESULTS.md
#
# What cannot be installed is left out, and said. Everything that it makes is in build/.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

venv=build/bench-venv-search
requirements=tests/bench/search-requirements.txt
stamp=$venv/installed # a copy of the list that it was made from

if ! cmp -s "$requirements" "$stamp"; then
  echo "bench-search: making $venv (once)"
  python3 -m venv "$venv" || exit 1
  while read -r package; do
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" 2>"$venv/pip.log" ||
      echo "bench-search: left out: $package: $(tail -n 1 "$venv/pip.log")"
  done <"$requirements"
  cp "$requirements" "$stamp"
fi

make --no-print-directory -s MODE=release all || exit 1
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
exec "$venv/bin/python" tests/bench/search.py "$@"

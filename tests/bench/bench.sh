#!/usr/bin/env bash
# `make bench`: this project against its peers, on this machine, in one run.
#
#     BENCH_DB=my.db make bench      texts: papers(abstract) of that file
#     BENCH_CPU=avx2 make bench      as on a machine that has no more
#     bash tests/bench/bench.sh --write   append the result to RESULTS.md
#
# BENCH_TEXTS (96), BENCH_ROUNDS (5) and BENCH_ACCURACY (5000 texts) make it longer or shorter;
# bench.py --help says the rest.
# What cannot be installed is left out, and said. Everything that it makes is in build/.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

venv=build/bench-venv
requirements=tests/bench/requirements.txt
stamp=$venv/installed # a copy of the list that it was made from

if ! cmp -s "$requirements" "$stamp"; then
  echo "bench: making $venv (once, a few minutes)"
  python3 -m venv "$venv" || exit 1
  export CMAKE_ARGS=-DLLAVA_BUILD=OFF # llama.cpp is compiled here, for this machine: no pictures
  while read -r package; do
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" 2>"$venv/pip.log" ||
      echo "bench: left out: $package: $(tail -n 1 "$venv/pip.log")"
  done <"$requirements"
  cp "$requirements" "$stamp"
fi

make --no-print-directory -s MODE=release all build/release/tests/bench/forward \
  build/release/tests/bench/peak || exit 1
[[ -f models/default/config.json ]] || bash ext/packaging/model/get_model.sh || exit 1
export BIOBERT_MODEL=$PWD/models/default # of the shell: the one that the peers get
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1
export TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore
exec "$venv/bin/python" tests/bench/bench.py "$@"

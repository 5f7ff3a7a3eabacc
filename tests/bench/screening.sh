#!/usr/bin/env bash
# `make bench-screening`: biobert_fit() beside scikit-learn, and the work that `biobert screen` saves.
#
#     REVIEWS=papers.db bash tests/bench/screening.sh      a database of reviews that were judged:
#                                                          screening.py says what is in it
#
# Everything that it makes is in build/.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

venv=build/bench-venv-screening
requirements=tests/golden/requirements_classifiers.txt

if ! cmp -s "$requirements" "$venv/installed"; then
  echo "bench-screening: making $venv (once)"
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet -r "$requirements" || exit 1
  cp "$requirements" "$venv/installed"
fi

make --no-print-directory -s MODE=release all || exit 1
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
"$venv/bin/python" tests/bench/screening.py fit || exit 1
if [[ -z ${REVIEWS:-} ]]; then
  echo 'bench-screening: skipped: screening: REVIEWS names no database'
else
  "$venv/bin/python" tests/bench/screening.py screening
fi

#!/usr/bin/env bash
# `make bench-analysis`: maps and topics beside umap-learn, openTSNE and BERTopic's formula, then
# neighbours, duplicates and clusters beside FAISS and scikit-learn (analysis_near.py), on one thread, in
# one run. Screening has a script of its own, screening.sh, which the target runs, too.
#
#     bash tests/bench/analysis.sh --write                          append to ANALYSIS_RESULTS.md
#     bash tests/bench/analysis.sh --database my.db --index papers_search [PART...]
#
# Without a database: vectors made up of 200 groups, and no topics. PART: map, topics (default: all).
# BENCH_ROWS: how many vectors have neighbours (100,000). BENCH_PYTHON: a Python with
# analysis-requirements.txt that can load extensions (default: build/analysis-venv, made if absent from
# /usr/bin/python3).
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

python=${BENCH_PYTHON:-build/analysis-venv/bin/python}
if [[ ! -x $python ]]; then
  echo 'bench: making build/analysis-venv (once, a few minutes)'
  /usr/bin/python3 -m venv build/analysis-venv &&
    build/analysis-venv/bin/pip install --quiet --disable-pip-version-check -r tests/bench/analysis-requirements.txt || exit 1
fi
make --no-print-directory -s MODE=release all || exit 1
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 PYTHONWARNINGS=ignore
"$python" tests/bench/analysis.py "$@" && "$python" tests/bench/analysis_near.py "${BENCH_ROWS:-100000}"

#!/usr/bin/env bash
# `make bench-training`: steps of training beside PyTorch's, on this machine, in one run, taking turns.
#
#     bash tests/bench/training.sh --write      append the result to TRAINING_RESULTS.md
#     bash tests/bench/training.sh --products   the products of a step alone, without PyTorch
#     bash tests/bench/training.sh --quality    what is learnt, on texts held out: see training_quality.py
#
# BENCH_PYTHON: a Python with torch and transformers (default: that of make golden, made if absent).
# BENCH_ROUNDS (3) and BENCH_BERT=0 (without BERT-base) make it shorter.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

python=${BENCH_PYTHON:-build/golden-venv/bin/python}
if [[ ! -x $python ]]; then
  echo 'bench: making build/golden-venv (once, a few minutes)'
  python3 -m venv build/golden-venv &&
    build/golden-venv/bin/pip install --quiet --disable-pip-version-check -r tests/golden/requirements.txt || exit 1
fi
make --no-print-directory -s MODE=release all build/release/tests/bench/products || exit 1
[[ -f models/default/config.json ]] || bash ext/packaging/model/get_model.sh || exit 1
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore
script=training.py
[[ ${1:-} == --quality ]] && script=training_quality.py && shift
exec "$python" "tests/bench/$script" "$@"

#!/usr/bin/env bash
# make_golden.sh [ARGUMENT...] - makes the golden files again, in virtual environments of their own:
# build/golden-venv, and build/answers-venv for the one pipeline that transformers 5 no longer has
# (some 2 GB each). Arguments go to make_golden.py.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

command -v python3 >/dev/null || {
  echo 'golden: there is no python3 here: apt-get install python3-venv' >&2
  exit 1
}

environment() { # folder, requirements
  local venv=$1 wanted=$2
  if cmp -s -- "$wanted" "$venv/installed.txt"; then return; fi
  python3 -m venv "$venv" || {
    echo 'golden: python3 cannot make a virtual environment: apt-get install python3-venv' >&2
    exit 1
  }
  # On the CPU: where PIP_EXTRA_INDEX_URL names an index with a torch without CUDA, that will do.
  "$venv/bin/pip" install --quiet -r "$wanted"
  cp -- "$wanted" "$venv/installed.txt"
}

environment build/golden-venv tests/golden/requirements.txt
build/golden-venv/bin/python tests/golden/make_golden.py "$@"
build/golden-venv/bin/python tests/golden/make_tasks.py
build/golden-venv/bin/python tests/golden/make_settings.py
build/golden-venv/bin/python tests/golden/make_gradients.py
build/golden-venv/bin/python tests/golden/make_training.py
environment build/answers-venv tests/golden/requirements_answers.txt
build/answers-venv/bin/python tests/golden/make_answers.py
# Tokenizer files as older releases write them; their wheels are for Python 3.11 at most.
for release in 4.33 4.40 4.57; do
  environment "build/tokenizers-$release-venv" "tests/golden/requirements_tokenizers_$release.txt"
  "build/tokenizers-$release-venv/bin/python" tests/golden/make_tokenizers.py
done
build/golden-venv/bin/python tests/golden/make_tokenizers.py
git --no-pager diff --stat -- tests/golden || true

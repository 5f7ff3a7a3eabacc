#!/usr/bin/env bash
# places.sh - no file names a package registry's host or a folder of one machine. Packages
# come through pip, npm and apt, which know the indexes, mirrors and proxies of the machine that
# runs them; the Hugging Face hub is no registry of packages, and HF_ENDPOINT replaces it.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

hosts='(pypi|pythonhosted|npmjs|yarnpkg|pytorch|rubygems|anaconda|debian|ubuntu|maven|golang|packagist|nuget)\.(org|com|io)\b'
hosts+='|\bcrates\.io\b|\bconda\.io\b|\bpypi\.[a-z]+\.'
# The name of a format, which nothing is fetched from.
format='www\.debian\.org/doc/packaging-manuals/copyright-format/'
# A path that begins there: not a path inside another one, nor a url's.
folders='(^|[^A-Za-z0-9._/-])/(home|Users|root|work|mnt|media)/'
# What is generated or run belongs under build/: /tmp is shared, and other users write to it.
temporary='/tmp/'

problems=0
find_in() { # pattern, what to say, where...
  local pattern=$1 reason=$2 hit
  shift 2
  while IFS= read -r hit; do
    printf '%s: %s\n' "$(cut -c 1-160 <<<"$hit")" "$reason"
    problems=$((problems + 1))
  done < <(grep -rnIE --exclude-dir=models --exclude-dir=corpus --exclude='*.jsonl' --exclude=places.sh \
    -- "$pattern" "$@" | grep -v "$format")
}

tree=(.ci Makefile README.md docs core ext include sql tests examples)
find_in "$hosts" "a registry's host: let its client find it" "${tree[@]}"
find_in "$folders" "a folder of one machine" "${tree[@]}"
find_in "$temporary" "a shared folder: use one below build/" core ext tests/golden
((problems == 0))

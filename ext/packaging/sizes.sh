#!/usr/bin/env bash
# sizes.sh - what the packages weigh, as the table of README.md beside it.
#
#     bash ext/packaging/sizes.sh FOLDER [--write]     FOLDER: build/packages; --write: into README.md
#
# MB are millions of bytes: packed, and unpacked.
set -euo pipefail

readme=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/README.md

unpacked_bytes() { # package
  case $1 in
    *.whl) python3 -c 'import sys, zipfile; print(sum(f.file_size for f in zipfile.ZipFile(sys.argv[1]).infolist()))' "$1" ;;
    *.deb) dpkg-deb --fsys-tarfile "$1" | tar -tv | awk '{ bytes += $3 } END { print bytes }' ;;
    *) tar -tzvf "$1" | awk '{ bytes += $3 } END { print bytes }' ;;
  esac
}

table() { # folder
  local package packed unpacked
  printf '| package | MB | unpacked |\n|---|--:|--:|\n'
  for package in "$1"/wheels/*.whl "$1"/npm/*.tgz "$1"/debian/*.deb "$1"/dist/*.tar.gz; do
    [[ -e $package ]] || continue
    packed=$(stat -c %s "$package")
    unpacked=$(unpacked_bytes "$package")
    # shellcheck disable=SC2016 # Markdown's quotes
    awk -v name="${package##*/}" -v packed="$packed" -v unpacked="$unpacked" \
      'BEGIN { printf "| `%s` | %.2f | %.2f |\n", name, packed / 1e6, unpacked / 1e6 }'
  done
}

if [[ ${2:-} == --write ]]; then
  new=$(table "$1")
  awk -v new="$new" '
    /^<!-- sizes.sh begins -->$/ { print; print new; skipping = 1; next }
    /^<!-- sizes.sh ends -->$/ { skipping = 0 }
    !skipping' "$readme" >"$readme.new"
  mv "$readme.new" "$readme"
else
  table "$1"
fi

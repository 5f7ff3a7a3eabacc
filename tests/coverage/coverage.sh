#!/usr/bin/env bash
# coverage.sh - runs the tests in a build that counts branches (MODE=cov), on the installed SQLite
# and on each newer one that `make sqlite` has got, and says which branches of core/ and ext/ were
# not taken (branches.py). It takes half an hour: the build is not optimised.
#
#     KEEP=1 bash tests/coverage/coverage.sh [GROUP...]      adds to what was counted before;
#                                                           only these groups of tests/run.sh
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

build=build/cov
export MODE=cov BUILD=$build CC=${CC:-gcc}
for tool in "$CC" "${GCOV:-gcov}" python3; do
  command -v "$tool" >/dev/null || {
    echo "coverage: there is no $tool here: apt-get install gcc python3" >&2
    exit 1
  }
done

make --no-print-directory -s -j "$(nproc)" all tests || exit 1
[[ -n ${KEEP:-} ]] || find "$build" -name '*.gcda' -delete

failed=
bash tests/run.sh "$@" || failed=yes
for library in build/sqlite/*/libsqlite3.so.0; do
  [[ -e $library && $library != *-debug/* ]] || continue
  # What depends on the version.
  SQLITE=${library%/*} bash tests/run.sh sql index differential || failed=yes
  BIOBERT_MODEL=tests/golden/models/st_mean OOM_ONLY='PRAGMA integrity_check' \
    LD_LIBRARY_PATH=$PWD/${library%/*} "$build/tests/oom/sql" "$build/biobert.so" || failed=yes
done

python3 tests/coverage/branches.py "$build" || failed=yes
[[ -z $failed ]]

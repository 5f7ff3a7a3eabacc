#!/usr/bin/env bash
# lint.sh - what a machine can check of the house rules. Each check is a script beside this one and
# can be run alone: it prints what is wrong, with file and line, and nothing if all is well.
#
# A tool that is not there skips its check, with the package to install; CI=1: it fails. BUILT_BY
# names compilers that have compiled everything already, with warnings as errors.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

passed=0 failed=0 skipped=0

check() { # sentence, command...
  local sentence=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n%s\n' "$sentence" "$output"
  fi
}

# False, and said, when a tool is missing.
have() { # tool, Debian package
  command -v "$1" >/dev/null && return
  if [[ -n ${CI:-} ]]; then
    printf 'FAILED: '
    failed=$((failed + 1))
  else
    printf 'skip - '
    skipped=$((skipped + 1))
  fi
  printf 'there is no %s here: apt-get install %s\n' "$1" "$2"
  return 1
}

shell_scripts() { find .ci core ext sql tests examples -name '*.sh' -o -path .ci/run; }

check_shell() {
  local scripts
  mapfile -t scripts < <(shell_scripts)
  shellcheck -- "${scripts[@]}"
}

check_make() {
  local target
  for target in all check unit sql lint fuzz bench valgrind package install uninstall clean; do
    make --no-print-directory -n "$target" >/dev/null || return
  done
}

lint=tests/lint
check 'who includes whom' bash $lint/layers.sh
check 'no files of core need each other' bash $lint/cycles.sh
check 'nothing banned is used' bash $lint/banned.sh
check 'file names are unique' bash $lint/names.sh
check 'links between pages lead somewhere' bash $lint/links.sh
check 'nothing depends on one machine or registry' bash $lint/places.sh
have g++ g++ && have clang clang && check 'every header compiles alone' bash $lint/headers.sh
check 'interfaces are exported, and nothing else' bash $lint/exports.sh
check 'make knows its targets' check_make
have shellcheck shellcheck && check 'shell scripts' check_shell
for compiler in gcc clang; do
  if [[ " ${BUILT_BY:-} " == *" $compiler "* ]]; then continue; fi
  have "$compiler" "$compiler" &&
    check "no warnings from $compiler" bash $lint/warnings.sh "$compiler"
done
if have clang-format clang-format; then
  if [[ $(clang-format --version) == *'version 14.'* ]]; then
    check 'formatted as .clang-format says' bash $lint/format.sh
  else
    printf 'skip - clang-format is not version 14 (Debian 12)\n'
    skipped=$((skipped + 1))
  fi
fi

if ((skipped > 0)); then printf '%d skipped\n' "$skipped"; fi
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

#!/usr/bin/env bash
# run.sh - runs the tests of a build, group by group, and adds up what they say.
#
#     MODE=asan BUILD=build/asan CC=gcc SQLITE=FOLDER bash tests/run.sh [GROUP]
#
# `make check` builds what is run here and calls this; `make unit`, `make sql`, ... run one group.
# UPDATE=1 writes what the SQL regressions print into their .out files: look at the diff.
# SQLITE, a libsqlite3.so.0 or its folder, runs them on that SQLite in place of the installed one.
# JOBS programs run at a time, by default one for each processor, and the slowest are named at the end.
# Nothing of the person who runs this changes the outcome: HOME is a folder under the build.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1

mode=${MODE:-release}
build=${BUILD:-build/$mode}
cc=${CC:-cc}
export MODE=$mode BUILD=$build CC=$cc

# hub tests a script and no C, tour is about ./biobert.so, packaging about what is installed: they
# belong to the release build.
groups=(unit golden-check sql oom fuzz-replay index cli crash faults differential threads)
[[ $mode == release ]] && groups+=(tour hub packaging)

scratch=$(mktemp -d) || exit 1
# Ctrl-C reaches the programs that run; the groups, which bash shields from it, are to start no more.
trap 'kill $(jobs -p) 2>/dev/null; rm -rf -- "$scratch"' EXIT

export LC_ALL=C BIOBERT_MODEL=tests/golden/models/st_mean
unset HF_HOME HF_HUB_CACHE HUGGINGFACE_HUB_CACHE
homes=$PWD/$build/home
rm -rf -- "$homes"

# A home for each program: they run side by side.
export HOME XDG_CACHE_HOME XDG_DATA_HOME
new_home() { # name
  HOME=$homes/$1 XDG_CACHE_HOME=$homes/$1/cache XDG_DATA_HOME=$homes/$1/data
  mkdir -p "$XDG_CACHE_HOME" "$XDG_DATA_HOME"
}
new_home shell

# Sanitizers -------------------------------------------------------------------------------------

# The stock sqlite3 has no sanitizer in it: their runtimes have to be there before it starts.
preload=
runtime() {
  local names=("lib$1.so") name path
  if [[ $("$cc" --version) == *clang* ]]; then names=("libclang_rt.$1-$(uname -m).so"); fi
  [[ $1 == asan && ${names[0]} == libasan.so ]] && names+=(libubsan.so)
  for name in "${names[@]}"; do
    path=$("$cc" -print-file-name="$name")
    [[ $path == /* ]] || {
      echo "run.sh: $cc has no $name" >&2
      exit 1
    }
    preload+=${preload:+:}$path
  done
}

case $mode in
  asan)
    runtime asan
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
    export UBSAN_OPTIONS=print_stacktrace=1
    # use_tls=0: the leak check of gcc 12 crashes when it looks through the thread-local storage of
    # worker threads, depending on how memory lies. Nothing of ours is kept there alone.
    export LSAN_OPTIONS=use_tls=0:suppressions=$PWD/tests/leaks.txt:print_suppressions=0
    # Half a second for each process that is started.
    export OOM_COMMAND_PLACES=${OOM_COMMAND_PLACES:-13} OOM_COMMAND_STEP=${OOM_COMMAND_STEP:-997}
    ;;
  tsan)
    runtime tsan
    # die_after_fork=0: tests fork while there are threads, which the sanitizer does not like.
    export TSAN_OPTIONS=history_size=4:die_after_fork=0
    ;;
esac

# Another SQLite ---------------------------------------------------------------------------------

# A program that links or opens libsqlite3.so.0 finds another one by the loader's path.
another_library() { # folder
  LD_LIBRARY_PATH=$(cd -- "$1" && pwd)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
}

# The stock shell runs on another library too, if it is told what source_id.so tells it.
stock_shell() { # file to write
  local shell answer=$build/tests/sqlite/source_id.so
  shell=$(command -v sqlite3) && mkdir -p -- "${answer%/*}" &&
    "$cc" -shared -fPIC -o "$answer" tests/sqlite/source_id.c || return
  # shellcheck disable=SC2016 # expanded by the script that is written
  printf '#!/bin/sh\nLD_PRELOAD="$LD_PRELOAD:%s" exec "%s" "$@"\n' "$PWD/$answer" "$shell" >"$1"
}

# Tests call `sqlite3` by its name, so the shell is replaced on PATH. A folder with a shell and no
# library serves the SQL alone: the other groups are programs, which link the library.
shell_only=
another_sqlite() { # library or folder
  local folder=$1
  if [[ -f $folder ]]; then folder=$(dirname -- "$folder"); fi
  mkdir "$scratch/bin"
  if [[ -e $folder/libsqlite3.so.0 ]]; then
    another_library "$folder"
  elif [[ -x $folder/sqlite3 ]]; then
    shell_only=yes groups=(sql)
  else
    echo "run.sh: SQLITE=$1: there is no libsqlite3.so.0 (tests/sqlite/build.sh makes some)" >&2
    exit 2
  fi
  if [[ -x $folder/sqlite3 ]]; then
    ln -s -- "$(realpath -- "$folder/sqlite3")" "$scratch/bin/sqlite3"
  else
    stock_shell "$scratch/bin/sqlite3" && chmod +x "$scratch/bin/sqlite3" || exit 1
  fi
  export PATH=$scratch/bin:$PATH
}

if [[ -n ${SQLITE:-} ]]; then another_sqlite "$SQLITE"; fi
sqlite_version=$(sqlite3 -batch -init /dev/null :memory: 'SELECT sqlite_version()') || exit 1

# `-init` of an empty file: no ~/.sqliterc, also where HOME is not asked.
shell() { LD_PRELOAD=$preload sqlite3 -batch -init /dev/null "$@"; }

# Running ----------------------------------------------------------------------------------------

# A pipe with a byte for each program that may run: a program takes one before it starts, and gives
# it back when it ends. The groups are processes of their own, so nothing simpler would do.
mkfifo "$scratch/turns" && exec 9<>"$scratch/turns" || exit 1
printf "%${JOBS:-$(nproc)}s" '' >&9
take_turn() { IFS= read -r -n 1 -u 9 _; }
end_turn() { printf ' ' >&9; }

# Begins a program that ends with "N passed, N failed"; a group adds up what they said when all have
# ended. Programs of a group that may not run side by side have a `wait` between them.
started=()
count() { # label, command...
  local label=$1 log
  shift
  log=$scratch/${label//\//-}
  started+=("$label")
  take_turn
  {
    new_home "${label//\//-}"
    SECONDS=0
    # Bash has a process in the background ignore Ctrl-C, which some of these send and are to obey.
    env --default-signal=INT "$@" >"$log" 2>&1 9>&-
    echo $? >"$log.end"
    printf '%d s %s\n' $SECONDS "$label" >>"$scratch/times"
    end_turn
  } &
}

# Adds the numbers of a program to the group's. One that dies, or that says nothing, or that fails
# without a failed test (a leak), counts as a failure.
add_up() { # label
  local label=$1 log=$scratch/${1//\//-} status=1 last line
  read -r status <"$log.end"
  last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    if ((status == 0 && BASH_REMATCH[2] == 0)); then
      while read -r line; do skip "${line#skip - }"; done < <(grep '^skip - ' "$log")
      grep '^note - ' "$log"
      return
    fi
    ((BASH_REMATCH[2] > 0)) || failed=$((failed + 1))
  else
    failed=$((failed + 1))
  fi
  printf 'FAILED: %s (exit status %d)\n' "$label" "$status"
  sed 's/^/  /' "$log"
}

skip() {
  printf 'skip - %s\n' "$1"
  skipped=$((skipped + 1))
}

# Groups -----------------------------------------------------------------------------------------

group_unit() {
  local test
  for test in tests/unit/test_*.c; do
    test=${test%.c}
    count "$test" "$build/$test"
  done
}

# One file at a time, as a user would type it; errors are part of what is expected.
group_sql() {
  local script expected actual=$scratch/actual status load
  take_turn
  for script in sql/regress/*.sql; do
    [[ -e $script ]] || continue
    expected=${script%.sql}.out
    load=(-cmd ".load $build/biobert")
    if [[ $script == */import* ]]; then load+=(-cmd ".load $build/biobert_import"); fi
    shell :memory: "${load[@]}" <"$script" >"$actual" 2>&1
    status=$?
    # Messages name absolute paths; where this checkout lies is not what is tested.
    sed -i "s|$PWD/||g; s|$PWD|.|g" "$actual"
    # 0 or 1: whether an SQL error occurred. Anything else is no end that a shell should have.
    if ((status > 1)); then echo "sqlite3 ended with status $status" >>"$actual"; fi
    if [[ -n ${UPDATE:-} && $status -le 1 ]]; then cp -- "$actual" "$expected"; fi
    if diff -u --label "$expected" --label actual "$expected" "$actual"; then
      passed=$((passed + 1))
    else
      printf 'FAILED: %s\n' "$script"
      failed=$((failed + 1))
    fi
  done
  end_turn
}

group_tour() {
  if [[ -e tests/readme.sh ]]; then
    count 'README.md and its pages' bash tests/readme.sh
  else
    skip 'tour: there is no tests/readme.sh yet'
  fi
}

group_oom() {
  count oom/core "$build/tests/oom/core"
  count oom/learning "$build/tests/oom/learning"
  count oom/sql "$build/tests/oom/sql" "$build/biobert.so"
  count oom/refused "$build/tests/oom/refused" "$build/biobert.so"
  count oom/command "$build/tests/oom/command"
}

group_fuzz-replay() {
  local target name output
  take_turn
  for target in tests/fuzz/fuzz_*.c; do
    name=$(basename -- "$target" .c)
    if output=$("$build/tests/fuzz/$name" "tests/fuzz/corpus/${name#fuzz_}" 2>&1); then
      passed=$((passed + 1))
    else
      printf 'FAILED: %s\n%s\n' "$name" "$output"
      failed=$((failed + 1))
    fi
  done
  end_turn
}

# The seed is printed with a failure; INDEX_SEED repeats one, INDEX_STEPS makes it longer.
group_index() {
  local program
  count test_index "$build/tests/index/test_index" "${INDEX_SEED:-$(date +%s)}" "${INDEX_STEPS:-80}"
  for program in tests/index/test_*.c tests/corrupt/*.c; do
    program=${program%.c}
    if [[ $program == */test_index ]]; then continue; fi
    count "${program##*/}" "$build/$program" "$build/biobert.so"
  done
}

group_crash() {
  count interrupt "$build/tests/crash/interrupt" "$build/biobert.so"
  count interrupt_operations "$build/tests/crash/interrupt_operations" "$build/biobert.so"
  count writers "$build/tests/crash/writers" "$build/biobert.so"
  count discards "$build/tests/crash/discards" "$build/biobert.so"
  [[ $mode == release || $mode == debug ]] && count kill.sh bash tests/crash/kill.sh
}

# A sample: SEED chooses which points, one in FAULT_STEP. `make faults` tries all.
group_faults() {
  count faults "$build/tests/faults/faults" "$build/biobert.so" "${FAULT_STEP:-97}" \
    "${SEED:-$(date +%s)}"
}

# INTERRUPTS, ROUNDS and FORKS make it longer, as `make threads` does; SEED repeats one. A sanitizer
# makes it slower, and looks closer.
group_threads() {
  local name
  if [[ $mode != release ]]; then
    export INTERRUPTS=${INTERRUPTS:-150} FORKS=${FORKS:-6} LOADS=${LOADS:-60}
  fi
  for name in interrupts sharing loading reloading; do
    count "$name" "$build/tests/threads/$name" "$build/biobert.so"
  done
  # No leak check: to a child what its parent's other threads held is lost, and they do not run there.
  ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 count forks "$build/tests/threads/forks" "$build/biobert.so"
  SOAK_SECONDS=3 count soak "$build/tests/threads/soak" "$build/biobert.so"
}

# KILLS and RECORDS make it longer.
group_cli() {
  local script
  for script in tests/cli/test_*.sh; do
    PRELOAD=$preload count "${script##*/}" bash "$script"
  done
}

group_soak() { count soak "$build/tests/threads/soak" "$build/biobert.so"; }

group_hub() { count get_model.sh bash tests/packaging/test_get_model.sh; }

# SEED repeats what is printed, STATEMENTS makes it longer; a sanitizer makes it slower.
group_differential() {
  local allowed=10
  if [[ $mode != release ]]; then allowed=60; fi
  SECONDS_ALLOWED=$allowed count differential "$build/tests/differential/differential" \
    "${SEED:-$(date +%s)}" "${STATEMENTS:-1500}"
}

# One after the other: they build in the same folders.
group_packaging() {
  count test_install.sh bash tests/packaging/test_install.sh
  wait
  count test_wheel.sh bash tests/packaging/test_wheel.sh
  wait
  count test_examples.sh bash tests/packaging/test_examples.sh
}

# Random strings through our tokenizer and the reference's.
group_golden-check() {
  local python output vocabularies strings=20000
  for python in build/golden-venv/bin/python build/tokenizers-venv/bin/python python3; do
    "$python" -c 'import tokenizers' 2>/dev/null && break
    python=
  done
  if [[ -z $python ]]; then
    skip "golden-check: no python3 with 'tokenizers' (make golden makes one in build/golden-venv)"
    return
  fi
  take_turn
  if output=$("$python" tests/golden/compare_tokenizer.py "$build/tests/golden/tokens_of" \
    --count "$strings" 2>&1); then
    vocabularies=$(grep -c ' 0 different$' <<<"$output")
    passed=$((passed + vocabularies))
  else
    printf 'FAILED: compare_tokenizer.py\n%s\n' "$output"
    failed=$((failed + 1))
  fi
  end_turn
}

# All --------------------------------------------------------------------------------------------

run_group() { # group
  local label passed=0 failed=0 skipped=0
  "group_$1"
  wait
  for label in "${started[@]}"; do add_up "$label"; done
  if ((passed + failed + skipped == 0)); then
    echo "FAILED: $1 ran nothing"
    failed=1
  fi
  echo "$passed $failed $skipped" >"$scratch/group-$1.sums"
}

all_passed=0 all_failed=0 all_skipped=0

# What a group said that has ended.
show_group() { # group
  local passed=0 failed=1 skipped=0
  printf -- '-- %s\n' "$1"
  cat -- "$scratch/group-$1"
  read -r passed failed skipped <"$scratch/group-$1.sums"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  all_passed=$((all_passed + passed))
  all_failed=$((all_failed + failed))
  all_skipped=$((all_skipped + skipped))
}

if (($# > 0)); then groups=("$@"); fi
for group in "${groups[@]}"; do
  if ! declare -F "group_$group" >/dev/null; then
    echo "run.sh: no group '$group'; there are: $(compgen -A function group_ | sed s/group_// | paste -sd ' ')" >&2
    exit 2
  fi
  if [[ -n $shell_only && $group != sql ]]; then
    echo "run.sh: SQLITE=$SQLITE has no library: make sql is all that it can run" >&2
    exit 2
  fi
done

declare -A group_of # process
for group in "${groups[@]}"; do
  run_group "$group" >"$scratch/group-$group" 2>&1 &
  group_of[$!]=$group
done
while ((${#group_of[@]})); do
  wait -n -p process "${!group_of[@]}"
  show_group "${group_of[$process]}"
  unset "group_of[$process]"
done
if [[ -s $scratch/times ]]; then
  printf -- '-- slowest: %s\n' "$(sort -rn "$scratch/times" | head -n 8 | paste -sd , | sed 's/,/, /g')"
fi
printf -- '-- %s, SQLite %s: %s\n' "$build" "$sqlite_version" "${groups[*]}"
if ((all_skipped > 0)); then printf '%d skipped (the lines with "skip" say why)\n' "$all_skipped"; fi
printf '%d passed, %d failed\n' "$all_passed" "$all_failed"
((all_failed == 0))

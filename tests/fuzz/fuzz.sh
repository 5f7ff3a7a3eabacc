#!/usr/bin/env bash
# fuzz.sh SECONDS [TARGET...] - runs every fuzz target (or fuzz_json, ...) with libFuzzer, so long
# each, JOBS at a time (by default one for each processor). What it finds new stays in
# build/fuzz/corpus; tests/fuzz/corpus is never written to.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

seconds=${1:-20}
shift
targets=("$@")
if ((${#targets[@]} == 0)); then
  for source in tests/fuzz/fuzz_*.c; do targets+=("$(basename -- "$source" .c)"); done
fi

if ! echo 'int LLVMFuzzerTestOneInput(const char *d, long s); int LLVMFuzzerTestOneInput(const char
  *d, long s) { return !d && s; }' | clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null; then
  echo 'fuzz: no clang with libFuzzer here: apt-get install clang libclang-rt-14-dev' >&2
  exit 1
fi
make --no-print-directory -s -j "$(nproc)" MODE=fuzz CC=clang \
  "${targets[@]/#/build/fuzz/tests/fuzz/}" || exit 1

# Longer inputs find nothing in these readers that shorter ones do not; a text may be long.
max_bytes=4096

fuzz() {
  local target=$1 name=${1#fuzz_}
  local corpus=build/fuzz/corpus/$name found=build/fuzz/found log=build/fuzz/$1.log
  mkdir -p "$corpus" "$found"
  cp -- tests/fuzz/corpus/"$name"/* "$corpus"/
  # Bash has a process in the background ignore Ctrl-C.
  if env --default-signal=INT "build/fuzz/tests/fuzz/$target" -max_total_time="$seconds" \
    -max_len="$max_bytes" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found/$name-" "$corpus" \
    >"$log" 2>&1; then
    printf '%-22s %s, %d inputs kept\n' "$target" "$(grep '^Done' "$log")" \
      "$(find "$corpus" -type f | wc -l)"
    return
  fi
  printf 'FAILED: %s\n' "$target"
  grep -E -m 3 'ERROR|SUMMARY|runtime error' "$log"
  local input
  input=$(grep -oE "$found/$name-[a-z-]+-[0-9a-f]+" "$log" | tail -n 1)
  printf 'log: %s\ninput: %s\nreplay: build/fuzz/tests/fuzz/%s %s\n' "$log" "${input:-none}" \
    "$target" "$input"
}

trap 'kill $(jobs -p) 2>/dev/null' EXIT
for target in "${targets[@]}"; do
  while (($(jobs -rp | wc -l) >= ${JOBS:-$(nproc)})); do wait -n; done
  fuzz "$target" >"build/fuzz/$target.said" &
done
wait

passed=0 failed=0
for target in "${targets[@]}"; do
  cat -- "build/fuzz/$target.said"
  if grep -q "^$target  *Done " "build/fuzz/$target.said"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

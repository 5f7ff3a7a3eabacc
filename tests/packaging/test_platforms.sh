#!/usr/bin/env bash
# test_platforms.sh - the packages of every platform that ext/packaging/portable has made binaries for:
# each is for the machine that its name says, pip and npm choose the one that fits, and what they install
# runs, where this machine can run it. Part of `make test-portable`, after test_portable.sh, which tries
# the binaries themselves at length: what is packed are those, byte for byte.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1
source tests/packaging/runner.sh

home=$PWD
targets=("$@")
# A glibc's functions that a binary may ask for, as auditwheel's policies have them.
auditwheel='auditwheel==6.*'
model=$PWD/tests/golden/models/st_mean
passed=0 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf -- "$work"' EXIT

check() { # sentence, expected, actual
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
  fi
}
skip() { printf 'skip - %s\n' "$*"; }
finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
  exit
}

# Platforms ----------------------------------------------------------------------------------------

# What a target's packages must be: how its wheel's name ends, what `file` says of its extension, npm's name,
# and the platforms for which pip must choose the wheel.
facts() { # target
  most_bytes=1500000 # more is for a person to decide
  case $1 in
    linux-x64) tags=manylinux2014_x86_64.manylinux_2_17_x86_64 kind='ELF 64-bit LSB shared object, x86-64' \
      node=linux-x64 pips='manylinux2014_x86_64 manylinux_2_17_x86_64' ;;
    linux-arm64) tags=manylinux2014_aarch64.manylinux_2_17_aarch64 kind='ELF 64-bit LSB shared object, ARM aarch64' \
      node=linux-arm64 pips='manylinux2014_aarch64 manylinux_2_17_aarch64' ;;
    linux-x64-musl) tags=musllinux_1_2_x86_64 kind='ELF 64-bit LSB shared object, x86-64' \
      node=linux-x64-musl pips=musllinux_1_2_x86_64 ;;
    linux-arm64-musl) tags=musllinux_1_2_aarch64 kind='ELF 64-bit LSB shared object, ARM aarch64' \
      node=linux-arm64-musl pips=musllinux_1_2_aarch64 ;;
    macos-arm64) tags=macosx_11_0_arm64 kind='Mach-O 64-bit arm64' \
      node=darwin-arm64 pips='macosx_11_0_arm64 macosx_14_0_arm64' ;;
    macos-x64) tags=macosx_11_0_x86_64 most_bytes=1600000 kind='Mach-O 64-bit x86_64' \
      node=darwin-x64 pips='macosx_11_0_x86_64 macosx_13_0_x86_64' ;;
    windows-x64) tags=win_amd64 most_bytes=1750000 kind='PE32+ executable (DLL)' node=win32-x64 pips=win_amd64 ;;
    *) return 1 ;;
  esac
}

files_of() { # target: the names of the command and the extensions, the main extension first
  case $1 in
    macos-*) echo biobert.dylib biobert_import.dylib biobert ;;
    windows-*) echo biobert.dll biobert_import.dll biobert.exe ;;
    *) echo biobert.so biobert_import.so biobert ;;
  esac
}

# Whether a folder has a target's binaries, as they were built and tried.
same_binaries() { # target, folder
  local file
  for file in $(files_of "$1"); do
    cmp "build/portable/$1/$file" "$2/$file" || return
  done
}

# Binaries -----------------------------------------------------------------------------------------

# The newest of the versions of glibc's functions that a file asks for.
newest_glibc() { readelf -V "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1; }

# What musl has only since 1.2.1 or later: a wheel of musllinux_1_2 asks for none of it.
newer_musl='_Fork|gettid|reallocarray|tcgetwinsize|tcsetwinsize|qsort_r|pthread_getname_np|preadv2|pwritev2|statx'

check_binary() { # target, file
  local oldest
  case $1 in
    *-musl)
      check "$1: ${2##*/} asks musl for nothing newer than 1.2.0" '' \
        "$(readelf -W --dyn-syms "$2" | awk '$7 == "UND" { print $8 }' | grep -xE "$newer_musl")"
      ;;
    linux-*)
      check "$1: ${2##*/} asks for no newer glibc than 2.17" GLIBC_2.17 \
        "$(printf '%s\n' GLIBC_2.17 "$(newest_glibc "$2")" | sort -V | tail -1)"
      ;;
    macos-*)
      oldest=$(llvm-objdump --macho --private-headers "$2" 2>/dev/null |
        awk '/LC_BUILD_VERSION|LC_VERSION_MIN/ { here = 1 } here && /minos|version/ && !/LC_/ { print $2; exit }')
      check "$1: ${2##*/} runs on macOS 11" 11.0 "$(printf '%s\n' 11.0 "${oldest:-unknown}" | sort -V | tail -1)"
      ;;
  esac
}

for target in "${targets[@]}"; do
  facts "$target" || {
    check "a target that this test knows" known "$target"
    finish
  }
  extension=build/portable/$target/$(files_of "$target" | cut -d ' ' -f 1)
  [[ -e $extension ]] || bash ext/packaging/portable/cross_compile.sh "$target" >/dev/null || exit 1
  said=$(file -b "$extension")
  check "$target: what file says of the extension" "$kind" "${said:0:${#kind}}"
  if [[ $target == macos-* ]] && ! command -v llvm-objdump >/dev/null; then
    skip "$target: which macOS the binaries ask for: apt-get install llvm"
    continue
  fi
  for file in $(files_of "$target"); do check_binary "$target" "build/portable/$target/$file"; done
done

# Wheels -------------------------------------------------------------------------------------------

packages=$work/packages
env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -s wheel npm dist PACKAGES="$packages" \
  PACKED="$(printf '%s\n' "${targets[@]}" | sed 's|.*|&=build/portable/&|' | paste -sd ' ')" >"$work/log" 2>&1
check 'packages of all platforms are made' 0 $?
version=$(sed -n 's/^#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)
check 'a wheel each' "${#targets[@]}" "$(find "$packages/wheels" -name '*.whl' | wc -l)"

wheel_of() { echo "$packages/wheels/biobert_sqlite-$version-py3-none-$1.whl"; } # tags
pip() { "$work/venv/bin/python" -m pip --disable-pip-version-check -q "$@"; }
# As on a machine of that platform, without a registry.
install_for() { # platform, folder
  pip install --no-index --find-links "$packages/wheels" --only-binary :all: --python-version 3.11 \
    --platform "$1" --target "$2" biobert-sqlite
}
/usr/bin/python3 -m venv "$work/venv" >"$work/log" 2>&1
check 'an environment' 0 $?

# Makes a library and searches it by the program that `run` starts.
searches() { # what, folder for the library
  BIOBERT_MODEL=$model "${run[@]}" import -q "$2/library.db" examples/literature/library.nbib >"$work/log" 2>&1
  check "$1 imports" 0 $?
  check "$1 finds" 1 "$(BIOBERT_MODEL=$model "${run[@]}" search "$2/library.db" 'hierarchical navigable graphs' -n 1 |
    grep -c 'Navigable Small World')"
}

for target in "${targets[@]}"; do
  facts "$target"
  wheel=$(wheel_of "$tags")
  check "$target: its wheel's name" yes "$([[ -e $wheel ]] && echo yes)"
  check "$target: the wheel has at most $most_bytes bytes" yes "$( (($(stat -c %s "$wheel") <= most_bytes)) && echo yes)"
  for platform in $pips; do
    install_for "$platform" "$work/$target.$platform" >"$work/log" 2>&1
    check "$target: pip installs for $platform" 0 $?
    check "$target: for $platform it is what was built" '' \
      "$(same_binaries "$target" "$work/$target.$platform/biobert_sqlite/bin" 2>&1)"
  done
  if runner "$target" "$work/$target.${pips%% *}/biobert_sqlite/bin"; then
    searches "$target: the wheel's command" "$work/$target.${pips%% *}"
  else
    skip "$why"
  fi
done
for platform in linux_i686 manylinux2014_ppc64le win_arm64 manylinux1_x86_64; do
  check "for $platform pip has no wheel" 1 \
    "$(install_for "$platform" "$work/none" 2>&1 | grep -c 'No matching distribution')"
done

# What is native here is installed as anybody would, and used.
if [[ " ${targets[*]} " == *' linux-x64 '* && $(uname -m) == x86_64 ]]; then
  pip install --no-index --find-links "$packages/wheels" biobert-sqlite >"$work/log" 2>&1
  check 'pip install takes the wheel of this machine' 0 $?
  output=$(env EXTENSION='' QUESTION='' EXPECTED='' PYTHONPATH=tests/clients HOME="$work" XDG_DATA_HOME= \
    BIOBERT_MODEL="$model" "$work/venv/bin/python" tests/packaging/installed_package.py 2>&1)
  check 'the installed package is used' '0 failed' "$(tail -n 1 <<<"$output" | grep -o '[0-9]* failed')"
fi

if pip install "$auditwheel" >"$work/log" 2>&1; then
  for target in "${targets[@]}"; do
    [[ $target == linux-* ]] || continue
    facts "$target"
    audited=$("$work/venv/bin/auditwheel" show "$(wheel_of "$tags")" 2>&1 | tr '\n' ' ')
    check "$target: auditwheel finds the platform of its name" "\"${tags#*.}\"" \
      "$(grep -oE 'platform tag: "[^"]*"' <<<"$audited" | tail -1 | grep -o '".*"')"
  done
else
  skip "pip cannot install $auditwheel"
fi

# Archives and sqlpkg ------------------------------------------------------------------------------

check 'the sums of the archives' 0 "$(cd "$packages/dist" && sha256sum --status -c SHA256SUMS; echo $?)"
for target in "${targets[@]}"; do
  mkdir "$work/$target"
  tar -xzf "$packages/dist/biobert-$version-$target.tar.gz" -C "$work/$target"
  check "$target: its archive has what was built" '' "$(same_binaries "$target" "$work/$target" 2>&1)"
done
while read -r asset; do
  target=${asset#biobert-"$version"-} target=${target%.tar.gz}
  [[ " ${targets[*]} " == *" $target "* ]] || {
    skip "sqlpkg.json names $asset, and $target is none of the targets here"
    continue
  }
  check "sqlpkg.json names an archive that there is" "$packages/dist/$asset" "$(ls "$packages/dist/$asset")"
done < <(python3 -c 'import json; package = json.load(open("sqlpkg.json"))
for name in package["assets"]["files"].values(): print(name.replace("{version}", package["version"]))')

# npm ----------------------------------------------------------------------------------------------

command -v npm >/dev/null || {
  skip 'there is no npm here'
  finish
}
nodes=()
for target in "${targets[@]}"; do facts "$target" && nodes+=("$node"); done
mkdir "$work/npm"
output=$(cd "$work/npm" && PACKAGES="$packages/npm" node "$home/tests/packaging/npm_platforms.js" "${nodes[@]}" 2>&1)
grep '^skip - ' <<<"$output"
last=$(tail -n 1 <<<"$output")
if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
  passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  ((BASH_REMATCH[2] == 0)) || printf '%s\n' "$output"
else
  check 'npm_platforms.js ends' 'N passed, N failed' "$output"
fi
finish

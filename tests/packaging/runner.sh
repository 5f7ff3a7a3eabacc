# shellcheck shell=bash disable=SC2034 # `run` is read by who sources this
# runner.sh - how programs for other machines are started on this one; to be sourced.
#
# Of musl there is the loader, from Debian's package: no whole Alpine, which no registry here has.

musl_arm64=build/portable/musl_arm64
musl_arm64_deb=(m/musl/musl_1.2.3-1_arm64.deb 6ccf2bf0f479b00411cb8e1eeb048e648718170db5d63bbb4bf4a89350b81468)

# Debian's musl for aarch64, unpacked: its architecture is none of this machine's.
get_musl_arm64() {
  local pool sum deb=$musl_arm64.deb
  [[ -e $musl_arm64/lib/ld-musl-aarch64.so.1 ]] && return
  pool=$(apt-get download --print-uris libutf8proc-dev 2>/dev/null | sed -n "s|^'\(.*/pool/main\)/.*|\1|p")
  mkdir -p "${deb%/*}"
  curl -fsSL --retry 3 -o "$deb" "$pool/${musl_arm64_deb[0]}" || return
  sum=$(sha256sum <"$deb")
  [[ ${sum%% *} == "${musl_arm64_deb[1]}" ]] && dpkg-deb -x "$deb" "$musl_arm64"
}

# Sets `run` to what starts a target's program; false: it cannot be started here, and `why` says why.
runner() { # target, folder of its binaries
  run=("$2/biobert")
  why="$1 cannot be run here: apt-get install qemu-user libc6-arm64-cross musl"
  case $1 in
    linux-x64) [[ $(uname -m) == x86_64 ]] ;;
    linux-arm64)
      run=(qemu-aarch64 -L /usr/aarch64-linux-gnu "$2/biobert")
      command -v qemu-aarch64 >/dev/null && [[ -d /usr/aarch64-linux-gnu/lib ]]
      ;;
    linux-x64-musl) [[ -x /lib/ld-musl-x86_64.so.1 ]] ;;
    linux-arm64-musl)
      run=(qemu-aarch64 -L "$musl_arm64" "$2/biobert")
      command -v qemu-aarch64 >/dev/null && get_musl_arm64
      ;;
    windows-x64)
      run=(wine "$2/biobert.exe")
      why="$1 cannot be run here: apt-get install wine"
      export WINEDEBUG=-all
      command -v wine >/dev/null
      ;;
    *)
      why="nothing here runs programs of $1: they are linked"
      false
      ;;
  esac
}

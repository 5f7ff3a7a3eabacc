#!/bin/sh
# deps.sh [PACKAGE...] - installs Debian packages, those that building and testing need where none is
# named, if it may; otherwise says the one line to type. Quiet when nothing is missing.
set -eu

packages=${*:-gcc make libc6-dev pkg-config libutf8proc-dev zlib1g-dev libexpat1-dev libbtparse-dev \
libsqlite3-dev sqlite3 curl ca-certificates unzip}

command -v dpkg-query >/dev/null 2>&1 || {
  echo "deps: this is not Debian: install the equivalents of: $packages" >&2
  exit 0
}

missing=
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

line="apt-get update && apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root='sudo'
else
  echo "deps: missing:$missing" >&2
  echo "deps: as root, type: $line" >&2
  exit 1
fi

echo "deps: installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >/dev/null || {
  echo "deps: 'apt-get update' failed: is there a network? Then type: $line" >&2
  exit 1
}
# shellcheck disable=SC2086 # a list of names
$as_root apt-get install -q -y --no-install-recommends $missing >/dev/null || {
  echo "deps: 'apt-get install' failed; see its message above. The line was: $line" >&2
  exit 1
}

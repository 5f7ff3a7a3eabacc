#!/usr/bin/env bash
# test_debian.sh - the Debian packages, installed into a fresh Debian without a compiler: the shell
# loads the extension by its bare name, the command imports and searches, and removal leaves nothing.
# Needs root, debootstrap and a network: `make test-deb`, no part of `make test`.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

suite=bookworm
# The mirror that apt uses.
mirror=$(apt-get download --print-uris libutf8proc-dev 2>/dev/null | sed -n "s|^'\(.*\)/pool/main/.*|\1|p")
passed=0 failed=0

check() { # sentence, expected, actual
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
  fi
}
skip() {
  printf 'skip - %s\n0 passed, 0 failed\n' "$*"
  exit
}

[[ $(id -u) == 0 ]] || skip 'a fresh root is made by root'
command -v debootstrap >/dev/null || skip 'there is no debootstrap here: apt-get install debootstrap'
compgen -G 'build/packages/debian/*.deb' >/dev/null || bash ext/packaging/debian/build_packages.sh >/dev/null || exit 1

root=$(mktemp -d) || exit 1
trap 'rm -rf -- "$root"' EXIT
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
  skip "debootstrap failed; $root.log says why"
rm -f "$root.log"
mkdir "$root/packages"
cp build/packages/debian/biobert_*.deb build/packages/debian/libsqlite3-mod-biobert_*.deb "$root/packages"
cp -r tests/golden/models/st_mean "$root/srv/model"
cp examples/literature/library.nbib "$root/srv"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive BIOBERT_MODEL=/srv/model "$@"; }
search="SELECT count(*) FROM (SELECT rowid FROM papers_search('aspirin', 5));"

inside sh -c 'apt-get update && apt-get install -y --no-install-recommends /packages/*.deb sqlite3' \
  >/dev/null 2>&1
check 'the packages install with what they depend on' 0 $?
check 'there is no compiler' '' "$(inside sh -c 'command -v cc gcc make')"
check 'the shell loads the extension by its bare name' 384 \
  "$(inside sqlite3 :memory: -cmd '.load libsqlite3_mod_biobert' \
    "SELECT 384 FROM (SELECT biobert_embed('aspirin') AS v) WHERE length(v) > 0;" 2>&1)"
check 'the shell loads the reader of files' 1 \
  "$(inside sqlite3 :memory: -cmd '.load libsqlite3_mod_biobert_import' \
    "SELECT count(*) > 5 FROM biobert_read('/srv/library.nbib');" 2>&1)"
inside biobert import /srv/library.db /srv/library.nbib >/dev/null 2>&1
check 'the command imports a library' 0 $?
inside biobert search /srv/library.db 'attention' >/dev/null 2>&1
check 'the command searches it' 0 $?
check 'the shell searches what the command has made' 5 \
  "$(inside sqlite3 /srv/library.db -cmd '.load libsqlite3_mod_biobert' "$search" 2>&1)"
inside apt-get purge -y biobert libsqlite3-mod-biobert >/dev/null 2>&1
check 'the packages are removed' 0 $?
check 'nothing is left behind' '' \
  "$(inside find / -xdev -name '*biobert*' -not -path '/srv/*' -not -path '/packages/*' \
    -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' -not -path '/var/cache/*')"

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

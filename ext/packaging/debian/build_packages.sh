#!/usr/bin/env bash
# build_packages.sh - Debian packages of the committed tree: build/packages/debian/*.deb. The work of `make deb`.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../.."

sh ext/packaging/deps.sh debhelper dpkg-dev fakeroot

version=$(sed -n 's/^#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)
out=build/packages/debian tree=build/packages/debian/biobert-$version
rm -rf "$out" && mkdir -p "$tree"
git archive HEAD | tar -x -C "$tree"
cp -r ext/packaging/debian "$tree/debian"
rm "$tree/debian/build_packages.sh" "$tree/debian/README.md"

# The time of the commit, so that the same tree gives the same packages.
stamp=$(git log -1 --format=%ct)
cat >"$tree/debian/changelog" <<END
biobert ($version) unstable; urgency=medium

  * Packages of the upstream tree.

 -- The biobert authors <biobert@example.org>  $(date -R -u -d "@$stamp")
END

(cd "$tree" && SOURCE_DATE_EPOCH=$stamp dpkg-buildpackage -us -uc -b >"../build.log" 2>&1) || {
  tail -30 "$out/build.log" >&2
  echo "build_packages.sh: the packages were not built; all of it is in $out/build.log" >&2
  exit 1
}
rm -rf "$tree"
printf '%s\n' "$out"/*.deb

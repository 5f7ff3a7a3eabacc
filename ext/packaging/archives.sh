#!/usr/bin/env bash
# archives.sh - what a release has for who uses no package manager, and for sqlpkg: the sources, an archive
# of the binaries for each platform, and their sums.
#
#     bash ext/packaging/archives.sh OUT PLATFORM=FOLDER...
#
# The same commit and binaries give the same bytes.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

out=$1
shift
name=biobert-$(sed -n 's/^#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)
mkdir -p "$out"
rm -f "$out/$name"*.tar.gz

git archive --prefix="$name/" -o "$out/$name.tar.gz" HEAD
for packed in "$@"; do
  folder=${packed#*=}
  mapfile -t files < <(cd "$folder" && find . -maxdepth 1 -type f -regextype posix-extended \
    -regex '\./biobert(_import)?(\.(so|dylib|dll|exe))?' -printf '%P\n' | sort)
  ((${#files[@]} == 3)) || {
    echo "archives.sh: $folder has not the command and the two extensions: ${files[*]}" >&2
    exit 1
  }
  tar --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" --mode=u=rwX,go=rX \
    -C "$folder" -cf - "${files[@]}" -C "$PWD" LICENSE | gzip -9n >"$out/$name-${packed%%=*}.tar.gz"
done
cd "$out"
sha256sum "$name"*.tar.gz | tee SHA256SUMS

#!/usr/bin/env bash
# links.sh - every relative link of a page leads to a file or folder that is there, and its #part to a heading of
# that page. Addresses of the web are not asked.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

# The parts of a page that can be linked to, as GitHub names its headings.
parts() {
  awk '/^```/ { code = !code } !code && /^#+ /' "$1" |
    sed -E 's/^#+ //' | tr '[:upper:]' '[:lower:]' | LC_ALL=C.UTF-8 sed -E 's/[^[:alnum:] _-]//g; s/ /-/g'
}

# Page, line number and target of every link outside of code.
links() { # page...
  awk '
    FNR == 1 { code = 0 }
    /^```/ { code = !code }
    code { next }
    { gsub(/`[^`]*`/, ""); line = $0
      while (match(line, /\]\([^) ]+\)/)) {
        print FILENAME "\t" FNR "\t" substr(line, RSTART + 2, RLENGTH - 3)
        line = substr(line, RSTART + RLENGTH) } }' "$@"
}

problems=0 count=0
say() {
  printf '%s:%s: %s: %s\n' "$page" "$line" "$target" "$1"
  problems=$((problems + 1))
}

mapfile -t pages < <(git ls-files --cached --others --exclude-standard '*.md' ':!third_party')
while IFS=$'\t' read -r page line target; do
  if [[ $target == *://* || $target == mailto:* ]]; then continue; fi
  count=$((count + 1))
  file=$page part=''
  if [[ $target != '#'* ]]; then file=$(dirname -- "$page")/${target%%#*}; fi
  if [[ $target == *'#'* ]]; then part=${target#*#}; fi
  if [[ ! -e $file ]]; then
    say 'there is no such file'
  elif [[ -n $part ]] && ! parts "$file" | grep -qxF -- "$part"; then
    say 'the page has no such heading'
  fi
done < <(links "${pages[@]}")
if ((count < 20)); then
  echo "only $count links: were they found?"
  problems=$((problems + 1))
fi
((problems == 0))

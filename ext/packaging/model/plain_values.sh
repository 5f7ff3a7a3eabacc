# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# plain_values.sh - names, sizes, checksums, and questions to sqlite3 about JSON.

# The names in a listing become paths here and in urls: letters, digits, '.', '_', '-', and single
# slashes between them. No part starts with a dot, so there is no way up and nothing is hidden.
safe_path() { [[ $1 =~ ^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$ ]]; }

megabytes() {
  local tenths=$((($1 + 50000) / 100000))
  if ((tenths)); then
    printf '%d.%d MB' $((tenths / 10)) $((tenths % 10))
  else
    printf '%d bytes' "$1"
  fi
}

bytes_of() { wc -c <"$1" | tr -d ' '; }

sha256_of() {
  local sum
  sum=$(sha256sum <"$1") || return 1
  printf '%s' "${sum%% *}"
}

# git's name for a file's content, which the hub lists for files outside git-lfs.
git_blob_of() {
  local sum
  sum=$({ printf 'blob %d\0' "$(bytes_of "$1")" && cat -- "$1"; } | sha1sum) || return 1
  printf '%s' "${sum%% *}"
}

# sql QUERY: ~/.sqliterc is skipped, it may change how rows are printed.
sql() { sqlite3 -init /dev/null -batch -bail -noheader -list -separator $'\t' :memory: "$1"; }

# The text of a file as an SQL expression.
sql_file() {
  local quote="'"
  printf "CAST(readfile('%s') AS TEXT)" "${1//$quote/$quote$quote}"
}

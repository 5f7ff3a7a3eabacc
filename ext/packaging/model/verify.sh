# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# verify.sh - is a file what the listing says of it?

declare -A sum # the sha256 of each file that is here and right

# check FILE PATH: is FILE what the listing says of PATH? Sets sum[PATH].
check() {
  local file=$1 path=$2 actual
  # First the mistake that has a name: its size would be wrong as well, and say nothing.
  if [[ $(head -c 23 -- "$file" | tr -d '\0') == 'version https://git-lfs' ]]; then
    why="$path of $model is a git-lfs pointer, a note about a large file and not the file;"
    why+=" tell whoever runs $endpoint, or copy the file from a clone with 'git lfs pull'"
    return 1
  fi
  actual=$(bytes_of "$file")
  if ((actual != ${size[$path]})); then
    why="$path of $model has $actual bytes, the listing says ${size[$path]}"
    return 1
  fi
  sum[$path]=$(sha256_of "$file") || return 1
  actual=${sum[$path]}
  if [[ ${kind[$path]} == git ]]; then actual=$(git_blob_of "$file") || return 1; fi
  if [[ $actual != "${hash[$path]}" ]]; then
    why="$path of $model has the checksum $actual, the listing says ${hash[$path]}:"
    why+=" damaged on the way, or the model has just changed; run this again"
    return 1
  fi
}

# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# hub.sh - a model from the Hugging Face hub.

# fetch PATH: into $partial, checked. What is there already and right costs nothing.
fetch() {
  local path=$1 file=$partial/$1 part=$partial/$1.part try resumed
  if [[ -f $file ]]; then
    if check "$file" "$path"; then return 0; fi
    rm -f -- "$file"
  fi
  mkdir -p -- "${file%/*}"
  for ((try = 1; ; try++)); do
    resumed=0
    if [[ -f $part ]]; then
      local there
      there=$(bytes_of "$part")
      if ((there > 0 && there <= ${size[$path]})); then resumed=$there; else rm -f -- "$part"; fi
    fi
    # A part may be whole: the run before was stopped between the last byte and the check.
    if ((resumed && resumed == ${size[$path]})) ||
      download "$endpoint/$model/resolve/${revision//\//%2F}/$path" "$part"; then
      if [[ ! -e $part ]]; then : >"$part"; fi # curl writes no file for an empty answer
      if check "$part" "$path"; then
        mv -f -- "$part" "$file"
        return 0
      fi
      # What was added to an old part can be wrong because the part was. A whole download that
      # is wrong stays wrong.
      rm -f -- "$part"
      ((resumed)) || return 1
    elif ! transient; then
      return 1
    fi
    # A bad line that brings something each time may take as long as it likes.
    if [[ -f $part ]] && (($(bytes_of "$part") > resumed + 1000000)); then try=1; fi
    ((try < tries)) || return 1
    say "    $why; trying again"
    sleep "$try"
  done
}

# What is about to be fetched, and how much of it is here already. Sets $missing, in bytes.
announce() {
  local path total=0 there note=
  missing=0
  for path in "${want[@]}"; do
    total=$((total + ${size[$path]}))
    there=0
    if [[ -f $partial/$path ]]; then
      there=$(bytes_of "$partial/$path")
    elif [[ -f $partial/$path.part ]]; then
      there=$(bytes_of "$partial/$path.part")
    fi
    if ((there < ${size[$path]})); then missing=$((missing + ${size[$path]} - there)); fi
  done
  if ((total - missing > 100000)); then note=", $(megabytes $((total - missing))) of it already here"; fi
  say "$model (revision $revision) from $endpoint into $dir: ${#want[@]} files, $(megabytes "$total")$note"
}

# Every file of want[], into $partial.
fetch_all() {
  local path note
  for path in "${want[@]}"; do
    note=
    if [[ -f $partial/$path && -z ${sum[$path]+x} ]]; then
      note=', already here'
    elif [[ -s $partial/$path.part ]]; then
      note=", going on at $(megabytes "$(bytes_of "$partial/$path.part")")"
    fi
    say "  $path  $(megabytes "${size[$path]}")$note"
    fetch "$path" || return 1
  done
}

from_hub() {
  local weights
  list_files || return 1
  weights=${hash[model.safetensors]:-(none)}
  if [[ -n $is_default && $weights != "$DEFAULT_WEIGHTS_SHA256" ]]; then
    why="$endpoint lists model.safetensors of $model with the sha256 $weights, not the pinned"
    why+=" $DEFAULT_WEIGHTS_SHA256; to take it as it is, say --model $model"
    return 1
  fi
  tries=3 connect_timeout=15 # the hub is there: from here on patience pays
  open_partial "$endpoint"
  choose || return 1
  announce
  enough_room "$missing" || return 1
  fetch_all || return 1
  finish "$endpoint"
}

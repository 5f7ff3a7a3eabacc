# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# model_folder.sh - DIR, DIR.partial and DIR/.source.

source_line() { sed -n "s/^# $2: //p" "$1/.source" 2>/dev/null | head -n 1; }

# write_source FROM PATH...: what is being assembled in $partial, and what of it is complete.
write_source() {
  local path text="# id: $model"$'\n'"# revision: $revision"$'\n'"# from: $1"$'\n'
  shift
  if [[ -n $repo_commit ]]; then text+="# commit: $repo_commit"$'\n'; fi
  for path in "$@"; do text+="${sum[$path]}  $path"$'\n'; done
  printf '%s' "$text" >"$partial/.source" || die "cannot write into $partial; disk full?"
}

# Does DIR hold every file of its .source, unchanged? Else $why.
intact() {
  [[ -f $1/.source ]] || return 1
  grep -q '^[0-9a-f]\{64\}  ' "$1/.source" || return 1
  why=$(cd -- "$1" && sha256sum --check --quiet .source 2>/dev/null | head -n 1) || true
  [[ -z $why ]]
}

# has DIR NAME: is there something in DIR with a name like this?
has() { [[ -n $(find "$1" -mindepth 1 -maxdepth 1 -name "$2" -print -quit 2>/dev/null) ]]; }
is_empty() { ! has "$1" '*'; }

# Does DIR hold a model, wherever it came from? A .gguf file has everything in it.
looks_like_model() {
  if has "$1" '*.gguf'; then return 0; fi
  [[ -f $1/config.json || -f $1/bert_config.json ]] &&
    [[ -f $1/vocab.txt || -f $1/tokenizer.json ]] &&
    { has "$1" 'model*.safetensors' || has "$1" 'pytorch_model*.bin' || has "$1" '*.ckpt*.index'; }
}

# open_partial FROM: an empty $partial, or the one that an earlier run left for the same model.
open_partial() {
  if [[ -d $partial && ! -f $partial/.source ]] && ! is_empty "$partial"; then
    die "$partial is where a new model is assembled, and it holds something else; move that away"
  fi
  mkdir -p -- "$partial" || die "cannot make the folder $partial; choose another --dir"
  if [[ -z ${locked:-} ]] && command -v flock >/dev/null; then
    exec 9<"$partial"
    flock -n 9 || die "another get_model.sh is filling $partial; wait for it"
    locked=yes
  fi
  if [[ $(source_line "$partial" id) != "$model" ||
    $(source_line "$partial" revision) != "$revision" ]]; then
    find "$partial" -mindepth 1 -delete
  fi
  write_source "$1"
}

# finish FROM: writes .source for want[], and puts $partial in the place of $dir.
finish() {
  local path old number=1 total=0
  while IFS= read -r -d '' path; do # what an earlier listing wanted, and this one does not
    path=${path#"$partial"/}
    if [[ $path != .source && -z ${sum[$path]+x} ]]; then rm -f -- "$partial/$path"; fi
  done < <(find "$partial" ! -type d -print0)
  find "$partial" -mindepth 1 -type d -empty -delete
  write_source "$1" "${want[@]}"
  for path in "${want[@]}"; do total=$((total + $(bytes_of "$partial/$path"))); done

  old=$dir.old
  while [[ -e $old ]]; do old=$dir.old$((++number)); done
  if [[ -e $dir ]]; then mv -T -- "$dir" "$old"; fi
  if ! mv -T -- "$partial" "$dir"; then
    if [[ -e $old ]]; then mv -T -- "$old" "$dir"; fi
    die "cannot rename $partial to $dir; the model that was there is untouched"
  fi
  if [[ -e $old ]]; then forget "$old"; fi
  say "$dir: $model, ${#want[@]} files, $(megabytes "$total"), every size and checksum right"
}

# forget DIR: removes what this script had put there, and nothing else: a file that somebody has
# changed since then is theirs.
forget() {
  local path digest
  if [[ -f $1/.source ]]; then
    while read -r digest path; do
      if [[ $digest != '#' ]] && safe_path "$path" && [[ -f $1/$path ]] &&
        [[ $(sha256_of "$1/$path") == "$digest" ]]; then
        rm -f -- "$1/$path"
      fi
    done <"$1/.source"
    rm -f -- "$1/.source"
  fi
  find "$1" -depth -type d -empty -delete
  if [[ -e $1 ]]; then say "what stood in $dir besides a fetched model is kept in $1"; fi
}

enough_room() {
  local needed=$1 free
  free=$(df -k --output=avail -- "$partial" 2>/dev/null | tail -n 1 | tr -d ' ') || return 0
  [[ $free =~ ^[0-9]+$ ]] || return 0
  if ((needed / 1024 + 1024 > free)); then
    why="$dir needs $(megabytes "$needed") more, its disk has $(megabytes $((free * 1024))) free;"
    why+=" choose another --dir"
    return 1
  fi
}

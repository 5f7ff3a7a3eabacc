# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# listing.sh - what the hub lists of a model, and which of its files are wanted.
#
# list_files fills size, kind and hash; choose fills want.

# What a model folder may hold besides its weights. Everything else in a repository (onnx/,
# openvino/, flax, tf_model.h5, rust_model.ot, training data) is of no use to biobert.
readonly SMALL_FILES=(config.json bert_config.json vocab.txt tokenizer.json tokenizer_config.json
  special_tokens_map.json added_tokens.json modules.json config_sentence_transformers.json
  sentence_bert_config.json)

readonly MAX_PAGES=100 # of the listing; the hub puts 1000 files on one

declare -A size kind hash
want=()

# What a listing says of a file: "bytes kind:checksum". Nothing else may get into $size, because
# bash evaluates what it calculates with, and this comes from the network.
readonly CHECKABLE='^(0|[1-9][0-9]{0,14}) (sha256:[0-9a-f]{64}|git:[0-9a-f]{40})$'

list_files() {
  local url page=0 file=$temp/tree.json entries bad next path bytes how digest
  entries="json_each($(sql_file "$file"))"
  url="$endpoint/api/models/$model/tree/${revision//\//%2F}?recursive=true"
  while [[ -n $url ]]; do
    if ((++page > MAX_PAGES)); then
      why="the listing of $model has more than $MAX_PAGES pages"
      return 1
    fi
    get "$url" "$file" || return 1
    if [[ $(sql "SELECT json_type(t) FROM (SELECT $(sql_file "$file") AS t)
                 WHERE json_valid(t)") != array ]]; then
      why="$(shown "$url") does not answer with a list of files (a proxy's login page?)"
      return 1
    fi
    # One path that leads out of its folder, or that hides a character, and none is believed.
    bad=$(sql "SELECT json_quote(p) FROM (SELECT json_extract(value, '\$.path') AS p FROM $entries)
               WHERE typeof(p) <> 'text' OR p = '' OR p GLOB '/*' OR '/' || p || '/' GLOB '*/../*'
                  OR p GLOB '*\\*' OR p GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
               LIMIT 1")
    if [[ -n $bad ]]; then
      why="the listing of $model has the path $bad, which does not stay in its folder"
      return 1
    fi
    while IFS=$'\t' read -r path bytes how digest; do
      safe_path "$path" || continue # a picture with spaces in its name, not for us
      if ! [[ "$bytes $how:$digest" =~ $CHECKABLE ]]; then
        why="the listing of $model gives no size and checksum for $path, so it could not be checked"
        return 1
      fi
      size[$path]=$bytes kind[$path]=$how hash[$path]=$digest
    done < <(sql "SELECT path, coalesce(json_extract(lfs, '\$.size'), size),
                         CASE WHEN lfs IS NULL THEN 'git' ELSE 'sha256' END,
                         coalesce(replace(json_extract(lfs, '\$.oid'), 'sha256:', ''), oid)
                  FROM (SELECT json_extract(value, '\$.path') AS path,
                               json_extract(value, '\$.size') AS size,
                               json_extract(value, '\$.oid') AS oid,
                               json_extract(value, '\$.lfs') AS lfs
                        FROM $entries WHERE json_extract(value, '\$.type') = 'file')")
    next=$(header link)
    url=
    if [[ $next =~ \<([^\>]+)\>\;[^,]*rel=\"?next ]]; then
      url=${BASH_REMATCH[1]}
      if [[ $url == /* ]]; then url=$(origin_of "$got_url")$url; fi
    fi
  done
  if ((${#size[@]} == 0)); then
    why="$model has no files at revision '$revision'"
    return 1
  fi
}

listed() { [[ -n ${size[$1]+x} ]]; }
add() { if listed "$1"; then want+=("$1"); fi; }

# choose: fills want[]. The folders are those of modules.json (1_Pooling, 2_Dense, in old models
# 0_Transformer with the weights in it), or by their look where there is no modules.json.
choose() {
  local folder path encoder=no folders=('')
  want=()
  if listed modules.json; then
    fetch modules.json || return 1
    while IFS= read -r folder; do
      if [[ -z $folder ]]; then continue; fi
      safe_path "$folder" || {
        why="modules.json of $model names the folder '$folder', which is not a plain name"
        return 1
      }
      folders+=("$folder/")
    done < <(sql "SELECT DISTINCT json_extract(value, '\$.path')
                  FROM json_each($(sql_file "$partial/modules.json"))
                  WHERE json_type(value, '\$.path') = 'text'" 2>/dev/null)
  else
    for path in "${!size[@]}"; do
      if [[ $path =~ ^([0-9]+_[A-Za-z]+/)config\.json$ ]]; then folders+=("${BASH_REMATCH[1]}"); fi
    done
  fi
  for folder in "${folders[@]}"; do
    for path in "${SMALL_FILES[@]}"; do add "$folder$path"; done
    choose_weights "$folder" || return 1
    # The weights of 2_Dense alone are no model.
    if [[ $found == yes && ($folder == '' || $folder == 0_*) ]]; then encoder=yes; fi
  done

  if [[ $encoder == no ]]; then
    path=$(printf '%s\n' "${!size[@]}" | sort | grep -E '\.(msgpack|h5|onnx|ot|gguf|bin|safetensors)$' |
      head -n 5 | tr '\n' ' ') || true
    why="$model has no model.safetensors, pytorch_model.bin or model.ckpt-*, only ${path:-no weights at all}"
  elif ! wanted '(bert_)?config\.json'; then
    why="$model has no config.json, so its shape is unknown; choose another model"
  elif ! wanted '(vocab\.txt|tokenizer\.json)'; then
    why="$model has neither vocab.txt nor tokenizer.json; choose another model"
  else
    return 0
  fi
  return 1
}

# Is there a file with this name (a pattern) in want[]?
wanted() {
  local path
  for path in "${want[@]}"; do
    if [[ ${path##*/} =~ ^$1$ ]]; then return 0; fi
  done
  return 1
}

# The weights of one folder, in the best format that is there. Adds to want[]; $found says whether.
choose_weights() {
  local folder=$1 stem index path newest
  found=no
  for stem in model.safetensors pytorch_model.bin; do
    if listed "$folder$stem"; then
      want+=("$folder$stem")
      found=yes
      return 0
    fi
    index=$folder$stem.index.json
    if listed "$index"; then
      fetch "$index" || return 1
      want+=("$index")
      while IFS= read -r path; do
        if ! safe_path "$path" || ! listed "$folder$path"; then
          why="$index of $model names the shard '$path', which is not in the listing"
          return 1
        fi
        want+=("$folder$path")
        found=yes
      done < <(sql "SELECT DISTINCT value FROM json_each($(sql_file "$partial/$index"), '\$.weight_map')
                    ORDER BY 1" 2>/dev/null)
      if [[ $found == no ]]; then why="$index of $model names no shards"; fi
      [[ $found == yes ]]
      return
    fi
  done
  # TensorFlow: NAME.index and NAME.data-*. Of several checkpoints the one with the highest step.
  newest=$(
    for path in "${!size[@]}"; do
      if [[ ${path%/*}/ == "$folder" || ($folder == '' && $path != */*) ]] &&
        [[ ${path##*/} =~ \.ckpt(-[0-9]+)?\.index$ ]]; then
        printf '%s\n' "$path"
      fi
    done | sort -V | tail -n 1
  )
  if [[ -n $newest ]]; then
    want+=("$newest")
    for path in "${!size[@]}"; do
      if [[ $path == "${newest%.index}".data-* ]]; then
        want+=("$path")
        found=yes
      fi
    done
  fi
}

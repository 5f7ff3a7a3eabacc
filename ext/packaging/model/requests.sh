# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# requests.sh - the hub's address, its token, requests and downloads.
#
# request is the only function that runs curl.

readonly MAX_HOPS=5 # redirects per file; the hub needs two: a renamed model, then its CDN

unreachable= # set when a connection failed: then there are other ways to get a model
repo_commit= # what the branch or tag stood for

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

# Where the hub sends a download on to: sets $got_url and $repo_commit. The hub redirects large
# files to another host (its CDN); HEAD tells. Returns 1 and $why.
locate() {
  local url=$1 hop status=0
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
  if [[ $(origin_of "$url") == "$endpoint_origin" && $http_code != 200 ]]; then
    explain_http "$http_code"
    return 1
  fi
  got_url=$url
}

# download URL FILE: a large answer, going on where FILE ends. Returns 1 and $why; $http_code says
# whether it is worth another try.
download() {
  local url file=$2 status=0 options=(--fail --continue-at - --output "$2")
  locate "$1" || return 1
  url=$got_url
  # Away from the hub no token goes along, so curl may follow on its own.
  if [[ $(origin_of "$url") != "$endpoint_origin" ]]; then
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

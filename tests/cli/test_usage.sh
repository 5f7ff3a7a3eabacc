#!/usr/bin/env bash
# test_usage.sh - help, bad usage, the manual page, completions, doctor and models.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"
db=$scratch/library.db
"$command" import -q "$db" examples/literature/library.nbib >/dev/null 2>&1
commands='import index search similar duplicates topics map screen serve train models model doctor export'

# Help.
status 'nothing at all' 2
status '--help' 0 --help
for name in $commands; do
  contains "--help lists $name" "$(cat "$scratch/out")" "  $name "
done
for name in $commands; do
  status "$name --help" 0 "$name" --help
  contains "$name says its usage" "$(head -n 1 "$scratch/out")" "usage: biobert $name"
  check "help $name is the same" "$("$command" help "$name")" "$(cat "$scratch/out")"
  check "its lines fit a terminal" "$(awk 'length($0) > 80' "$scratch/out")" ''
done
check '--version' "$("$command" --version)" \
  "biobert $(sed -n 's/^#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)"

# Used wrongly.
status 'no such command' 2 frobnicate
status 'no such option' 2 search "$db" gene --frobnicate
status 'no such letter' 2 search "$db" gene -z
status 'an option without its value' 2 search "$db" gene -n
status 'an option that takes none' 2 search "$db" gene --open=yes
status 'an option twice' 2 search "$db" gene -n 1 -n 2
status 'no number' 2 search "$db" gene -n ten
status 'a number and more' 2 search "$db" gene -n 10x
status 'a number that is too small' 2 search "$db" gene -n 0
status 'a question of several words' 2 search "$db" gene therapy
contains 'what is missing' "$(cat "$scratch/err")" 'quotes'
status 'two forms of one answer' 2 search "$db" gene --json --csv
status 'no question' 2 search "$db"
status 'no such format' 2 export "$db" --format docx
contains 'which there are' "$(cat "$scratch/err")" 'ris, bibtex, nbib, csv, json, npy, fvecs, parquet'
status 'no format' 2 export "$db"
status 'vectors to standard output' 2 export "$db" --format npy
status 'no such subcommand of model' 2 model put
check '-- ends the options' "$("$command" search "$db" -n 1 --json -- --words 2>/dev/null | wc -l)" 1
check '-n1, -n=..., in any place' "$("$command" search -n1 --json "$db" gene 2>/dev/null | wc -l)" 1

# Guesses at what was meant.
status 'an option before the command' 2 --json search "$db" gene
contains 'comes after it' "$(cat "$scratch/err")" 'biobert COMMAND --json'
status 'the question before the library' 2 search 'gene therapy' "$db"
contains 'is said with the command that was meant' "$(cat "$scratch/err")" "biobert search $db 'gene therapy'"
status 'a question alone' 2 search "what's gene therapy"
contains 'is said so too' "$(cat "$scratch/err")" "biobert search library.db 'what'\\''s gene therapy'"
status 'a file without a library' 2 import examples/literature/library.nbib
contains 'is said so too' "$(cat "$scratch/err")" 'biobert import library.db examples/literature/library.nbib'
status 'a folder without a library' 2 import examples/literature
status 'standard input' 2 import "$db" -
contains 'and what to do' "$(cat "$scratch/err")" 'write it into a file'
mkdir "$scratch/my papers"
sql "$scratch/my papers/it's.db" 'CREATE TABLE papers(title, abstract)'
status 'a library with a blank in its path' 3 search "$scratch/my papers/it's.db" gene
contains 'is quoted where it is to be typed' "$(cat "$scratch/err")" "biobert index '$scratch/my papers/it'\\''s.db'"
status 'a library in a folder that is not there' 3 import "$scratch/none/library.db" examples/literature/library.nbib
contains 'and what to look at' "$(cat "$scratch/err")" 'cannot be opened or made: look at its folder'

# What is written of the commands.
if command -v groff >/dev/null; then
  check 'the manual page is right' "$("$command" manual | groff -man -Tutf8 -ww 2>&1 >/dev/null)" ''
  page=$("$command" manual | groff -man -Tascii -P -cbou 2>/dev/null)
  for name in $commands; do contains "it has $name" "$page" "biobert $name"; done
else
  echo 'skip - there is no groff here: apt-get install groff-base'
fi
"$command" completion bash >"$scratch/completion"
check 'completion of bash is bash' "$(bash -n "$scratch/completion" 2>&1)" ''
complete_in_bash() { # words...
  bash -c 'source "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _biobert; echo "${COMPREPLY[*]}"' \
    bash "$scratch/completion" "$@"
}
check 'it completes a command' "$(complete_in_bash biobert sea)" search
check 'it completes an option' "$(complete_in_bash biobert search library.db --wh)" --where
"$command" completion zsh >"$scratch/_biobert"
if command -v zsh >/dev/null; then
  check 'completion of zsh is zsh' "$(zsh -n "$scratch/_biobert" 2>&1)" ''
else
  echo 'skip - there is no zsh here: apt-get install zsh'
fi
contains 'completion of zsh' "$(head -n 1 "$scratch/_biobert")" '#compdef biobert'
status 'a shell without one' 2 completion fish

# doctor.
status 'a library that is sound' 0 doctor "$db"
contains 'the model' "$(cat "$scratch/out")" "model: $model"
contains 'the index' "$(cat "$scratch/out")" 'papers_search: 22 papers, 0 of them new or changed'
contains 'is sound' "$(cat "$scratch/out")" 'index: papers_search is sound'
sql "$db" "UPDATE papers SET title = 'another one' WHERE id < 4"
status 'stale rows are no fault' 0 doctor "$db"
contains 'and what to type' "$(cat "$scratch/out")" 'type: biobert index'
BIOBERT_MODEL=tests/golden/models/st_cls status 'another model is one' 3 doctor "$db"
contains 'what to do' "$(tr -s ' \n' ' ' <"$scratch/out")" 'biobert index LIBRARY.db --rebuild'
BIOBERT_MODEL=tests/golden/models/st_cls status 'index --rebuild takes the other model' 0 index "$db" --rebuild
BIOBERT_MODEL=tests/golden/models/st_cls status 'then all is well' 0 doctor "$db"
BIOBERT_MODEL=$scratch/none status 'a model that is not there' 3 doctor
cp "$db" "$scratch/damaged.db"
sql "$scratch/damaged.db" "PRAGMA writable_schema = ON; UPDATE papers_search_codes SET v = zeroblob(length(v))"
status 'a damaged index' 3 doctor "$scratch/damaged.db"
check 'JSON of all' "$("$command" doctor "$db" --json | while read -r line; do sql :memory: "SELECT json_valid('${line//\'/\'\'}')"; done | sort -u)" 1

# models.
status 'models' 0 models
contains 'the one in use' "$(cat "$scratch/out")" "default  $model"
status 'no model where it was said to be' 3 search "$db" gene --words '' --index papers_search
cp "$command" "$scratch/alone"
check 'no model at all' "$(env -u BIOBERT_MODEL HOME="$scratch" XDG_DATA_HOME="$scratch" "$scratch/alone" models 2>/dev/null
  echo $?)" 1
check 'no tool for models beside it' "$(env -u BIOBERT_MODEL HOME="$scratch" XDG_DATA_HOME="$scratch" "$scratch/alone" model get 2>/dev/null
  echo $?)" 3
mkdir -p "$scratch/bin/models"
cp "$command" "$scratch/bin/biobert"
ln -s "$model" "$scratch/bin/models/default"
beside() { env -u BIOBERT_MODEL HOME="$scratch" XDG_DATA_HOME="$scratch" "$@" 2>&1 | head -n 1; }
contains 'the model beside the program is found by its path' "$(beside "$scratch/bin/biobert" models)" 'default  '
contains 'and where PATH has found the program' "$(PATH=$scratch/bin:$PATH beside biobert models)" 'default  '

# A tool beside the program that ends as it is told to.
mkdir -p "$scratch/share/biobert/model"
# shellcheck disable=SC2016 # a script that is written
echo 'echo "$@" >"$0.said"; exit "$TOOL_ENDS"' >"$scratch/share/biobert/model/get_model.sh"
tool() { # status of the tool, command line
  env -u BIOBERT_MODEL TOOL_ENDS="$1" "$scratch/bin/biobert" model get "${@:2}" >"$scratch/out" 2>"$scratch/err"
  echo "$?"
}
said=$scratch/share/biobert/model/get_model.sh.said
check 'a model is got' "$(XDG_DATA_HOME=$scratch/data tool 0)" 0
check 'into the folder where it is looked for' "$(cat "$said")" "--dir $scratch/data/biobert/default"
contains 'which is said' "$(cat "$scratch/out")" "the model is in $scratch/data/biobert/default; 'biobert models' shows it"
check 'or below HOME' "$(XDG_DATA_HOME='' HOME=$scratch/mine tool 0 some/model)" 0
check 'by its name' "$(cat "$said")" "--dir $scratch/mine/.local/share/biobert/default --model some/model"
check 'or where it is told to' "$(tool 0 --json --dir "$scratch/here")" 0
check 'in JSON too' "$(cat "$scratch/out")" "{\"path\":\"$scratch/here\"}"
check 'without any of these' "$(XDG_DATA_HOME='' HOME='' tool 0)" 3
contains 'a folder is asked for' "$(cat "$scratch/err")" '--dir FOLDER'
check 'a name that the tool does not take is wrong usage' "$(tool 2 --dir "$scratch/here")" 2
check 'a failure is one' "$(tool 1 --dir "$scratch/here")" 3
check 'what else is done with a model is not known' "$("$command" model put 2>&1 >/dev/null; echo $?)" \
  "biobert: 'biobert model put' is not known: biobert model get [OWNER/NAME]
2"

# In a checkout the model lies with it.
mkdir -p "$scratch/checkout/build/any" "$scratch/checkout/ext/packaging/model"
cp "$command" "$scratch/checkout/build/any/biobert"
cp "$scratch/share/biobert/model/get_model.sh" "$scratch/checkout/ext/packaging/model/get_model.sh"
env -u BIOBERT_MODEL TOOL_ENDS=0 "$scratch/checkout/build/any/biobert" model get >"$scratch/out" 2>&1
check 'in a checkout the model is got into it' "$(realpath -m "$(sed 's/^--dir //' "$scratch/checkout/ext/packaging/model/get_model.sh.said")")" "$scratch/checkout/models/default"
check 'without any tool no folder of a checkout' "$(mkdir -p "$scratch/lone/a/b" && cp "$command" "$scratch/lone/a/b/biobert" &&
  env -u BIOBERT_MODEL "$scratch/lone/a/b/biobert" model get >/dev/null 2>"$scratch/err"; echo $?)" 3
contains 'which is said' "$(cat "$scratch/err")" 'get_model.sh is not beside this program'
status 'help of what is no command' 2 help nothing
status 'a statement of help is help' 0 search --help --sql
status 'a question in front of what is no library' 3 search gene README.md

for bad in 'serve --port 0' 'serve --port 65536' 'serve --port http' 'search x --limit=99999999999999999999' 'search x --quiet=yes' \
  'topics --words none' 'topics --seed x' 'map --seed x --json'; do
  read -ra words <<<"$bad"
  status "a number that is none: $bad" 2 "${words[0]}" "$db" "${words[@]:1}"
done
status 'a letter twice is as good as once' 0 export "$db" -qq -f csv
for line in 'topics --index none' 'map --json --index none' 'duplicates --index none' 'similar 1 --index none'; do
  read -ra words <<<"$line"
  status "an index that is not there: $line" 3 "${words[0]}" "$db" "${words[@]:1}"
done

if command -v curl >/dev/null; then
  HF_ENDPOINT=http://127.0.0.1:9 status 'a hub that is not there' 3 model get some/model --dir "$scratch/model"
fi

report

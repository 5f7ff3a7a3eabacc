#!/usr/bin/env bash
# layers.sh - who may include whom. The compiler's include path already keeps core/ and ext/ apart;
# this finds a wrong direction inside core/, and a library that came in by another door.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

# Layer: what it may include besides itself and include/. ext/ sees nothing of core/ but base/os.h:
# the operating system is known in one place, for both.
declare -A may=(
  [core/base]=''
  [core/kernels]='base'
  [core/text]='base'
  [core/format]='base'
  [core/model]='base kernels format'
  [core/train]='base kernels format model text'
  [core/index]='base kernels'
  [core/records]='base text format' # of format, json.h alone
  [core/api]='base kernels text format model index'
  [core/analysis]='base kernels text format index api' # of format, json.h; of api, runtime.h and options.h
  [core/trainer]='base kernels text format model train api'
  [ext/sql]=''
  [ext/models]='sql'
  [ext/functions]='sql models'
  [ext/search]='sql models'
  [ext/analysis]='sql models'
  [ext/import]='sql'
  [ext/cli]='sql' # index_sql.h alone: the rest has the interface of an extension
  [ext]='sql models functions search analysis'
  [include]=''
)

# Header of another library: the files that may include it.
declare -A door=(
  [utf8proc.h]=core/text/normalize.c
  [sqlite3ext.h]=ext/sql/sqlite_api.h
  [zlib.h]='ext/search/words.c core/records/packed_file.c'
  [expat.h]=core/records/xml.c
  [sqlite3.h]=include/biobert_sqlite.h
)

problems=0
problem() {
  printf '%s\n' "$*"
  problems=$((problems + 1))
}

check_include() { # file:line, layer, file, what is included, as it stands there
  local where=$1 layer=$2 file=$3 included=$4 form=$5 folder side
  if [[ $form == '<' ]]; then
    if [[ -n ${door[$included]:-} && " ${door[$included]} " != *" $file "* ]]; then
      problem "$where: <$included> comes in by ${door[$included]} only"
    fi
    return
  fi
  if [[ $layer == ext* && $included == base/os.h ]]; then
    return
  elif [[ $included == */* ]]; then
    folder=${included%%/*} side=${layer%%/*}
    [[ $layer == "$side/$folder" || " ${may[$layer]} " == *" $folder "* ]] ||
      problem "$where: $layer may not include $folder/"
    [[ $layer != core/records || $folder != format || $included == format/json.h ]] ||
      problem "$where: core/records reads JSON, and no model files"
    [[ $layer != ext/cli || $folder != sql || $included == sql/index_sql.h ]] ||
      problem "$where: ext/cli is a program, not an extension"
    [[ -e $side/$included ]] || problem "$where: there is no $side/$included"
  elif [[ ! -e include/$included ]]; then
    problem "$where: $included is not in include/: name its layer (\"base/mem.h\")"
  elif [[ $layer == core/* && $included == *sqlite* ]]; then
    problem "$where: core/ does not know SQLite"
  fi
}

for layer in core/* ext ext/* include; do
  compgen -G "$layer/*.[ch]" >/dev/null || continue # nothing to compile
  if [[ -z ${may[$layer]+known} ]]; then problem "$layer: no layer of this name"; fi
  for file in "$layer"/*.[ch]; do
    [[ -e $file ]] || continue
    while IFS=: read -r line text; do
      [[ $text =~ ^\ *#\ *include\ *([\"<])([^\">]+) ]] || continue
      check_include "$file:$line" "$layer" "$file" "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}"
    done < <(grep -n '^ *# *include' "$file")
  done
done
((problems == 0))

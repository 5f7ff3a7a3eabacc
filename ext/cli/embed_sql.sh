#!/usr/bin/env bash
# embed_sql.sh FILE... - C that has the texts of the files, for embedded_sql.h: the command runs the
# very statements that people find in sql/.
set -euo pipefail
export LC_ALL=C

echo '#include "cli/embedded_sql.h"'
i=0
for file in "$@"; do
  # Characters, not a string: C promises no more than 4095 bytes of one.
  echo "static const char text_${i}[] = {"
  od -An -v -to1 "$file" | sed -e "s/ *\([0-7][0-7]*\)/'\\\\\\1',/g"
  echo "0};"
  i=$((i + 1))
done
echo 'const embedded_sql embedded_sqls[] = {'
i=0
for file in "$@"; do
  echo "{\"$file\", text_$i},"
  i=$((i + 1))
done
echo '{0, 0}};'

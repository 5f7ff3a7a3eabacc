#!/usr/bin/env bash
# test_libraries.sh - `biobert import --zotero` and the like: the programs' own files are read and never
# written, and new items are found at the next run. The tables are those of
# sql/regress/library_schemas.sql, each program's in a file.
# shellcheck source=tests/cli/cli.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cli.sh"

make_file() { # schema, file
  sed -n "/^ATTACH .* AS $1;/,/^\.read/p" sql/regress/library_schemas.sql |
    sed -e '1d' -e '$d' -e "s/\b$1\.//g" | sql "$2"
}
sums() { (cd "$1" && find . -type f -exec sha256sum {} + | sort; find . -printf '%p %T@\n' | sort); }
import() { "$command" import -q "$db" "$@" --json 2>"$scratch/err"; }
counts() { sed 's/^{"file":"[^"]*",//'; }
db=$scratch/library.db

mkdir -p "$scratch/Zotero" "$scratch/Calibre" "$scratch/JabRef" "$scratch/ASReview"
make_file zotero "$scratch/Zotero/zotero.sqlite"
make_file calibre "$scratch/Calibre/metadata.db"
make_file jabref "$scratch/JabRef/library.db"
make_file asreview "$scratch/ASReview/results.db"
before=$(sums "$scratch/Zotero"; sums "$scratch/Calibre"; sums "$scratch/JabRef"; sums "$scratch/ASReview")

check 'Zotero: items, and not what is in the bin or of a feed' "$(import --zotero "$scratch/Zotero" | counts)" \
  '"new":2,"changed":0,"same":0,"deleted":0,"unreadable":0,"embedded":2}'
check 'what is taken up' "$(sql "$db" "SELECT title, abstract, authors, journal, year, doi, keywords FROM papers WHERE doi IS NOT NULL")" \
  'Gene therapy|Haemophilia & its cure.|Lovelace, Ada; The Consortium|Nature|2015|10.1000/x|blood; mice'
check 'and from where' "$(sql "$db" 'SELECT DISTINCT source FROM papers')" "$scratch/Zotero"
check 'the same again' "$(import --zotero "$scratch/Zotero/zotero.sqlite" | counts)" \
  '"new":0,"changed":0,"same":2,"deleted":0,"unreadable":0,"embedded":0}'
check 'Calibre' "$(import --calibre "$scratch/Calibre" | counts)" \
  '"new":2,"changed":0,"same":0,"deleted":0,"unreadable":0,"embedded":2}'
check 'its authors and its comment' "$(sql "$db" "SELECT abstract, authors, year, doi FROM papers WHERE title = 'Origin of Species'")" \
  'Natural selection – explained.|Smith, John; Charles Darwin|1859|10.5962/bhl'
check 'JabRef: a DOI that is there already is the same paper' "$(import --jabref "$scratch/JabRef/library.db" | counts)" \
  '"new":0,"changed":1,"same":0,"deleted":0,"unreadable":0,"embedded":1}'
check 'ASReview: the first of records that are one' "$(import --asreview "$scratch/ASReview" | counts | cut -d , -f 1)" '"new":1'
check 'nothing was written into their folders' \
  "$(sums "$scratch/Zotero"; sums "$scratch/Calibre"; sums "$scratch/JabRef"; sums "$scratch/ASReview")" "$before"

# A new item, which lies in Zotero's -wal file as long as it runs; the file is locked.
db=$scratch/zotero.db
import --zotero "$scratch/Zotero" >/dev/null
mkfifo "$scratch/pipe"
sql "$scratch/Zotero/zotero.sqlite" <"$scratch/pipe" >/dev/null &
holder=$!
exec 3>"$scratch/pipe"
echo "PRAGMA journal_mode = wal; PRAGMA locking_mode = exclusive;
  INSERT INTO items(itemID, itemTypeID, libraryID, key) VALUES(20, 22, 1, 'NEW00020');
  INSERT INTO itemDataValues VALUES(20, 'A new item'); INSERT INTO itemData VALUES(20, 1, 20);" >&3
for ((i = 0; i < 100; i++)); do
  [[ -s $scratch/Zotero/zotero.sqlite-wal ]] && sleep 0.2 && break
  sleep 0.05
done
check 'a new item is found at the next run, while Zotero runs' "$(import --zotero "$scratch/Zotero" | counts)" \
  '"new":1,"changed":0,"same":2,"deleted":0,"unreadable":0,"embedded":1}'
exec 3>&-
wait "$holder"

# A project of ASReview is a zip file; JabRef's own files are text.
if command -v zip >/dev/null && command -v unzip >/dev/null; then
  (cd "$scratch" && zip -q project.asreview ASReview/results.db)
  status 'a project of ASReview' 0 import -q "$scratch/asreview.db" --asreview "$scratch/project.asreview"
  check 'its record' "$(sql "$scratch/asreview.db" 'SELECT authors, keywords FROM papers WHERE doi IS NOT NULL')" 'Smith, J.; Lee, A.|aspirin'
  PATH=$scratch/none status 'a project where there is no unzip' 3 import -q "$scratch/asreview.db" --asreview "$scratch/project.asreview"
  contains 'says what is missing' "$(cat "$scratch/err")" 'unzip cannot be started'
  mkdir "$scratch/bin" && printf '#!/bin/sh\nkill -9 $$\n' >"$scratch/bin/unzip" && chmod +x "$scratch/bin/unzip"
  PATH=$scratch/bin:$PATH status 'nor where it is killed' 3 import -q "$scratch/asreview.db" --asreview "$scratch/project.asreview"
  (cd "$scratch" && zip -q other.zip Zotero/zotero.sqlite)
  status 'a zip file of something else' 3 import -q "$scratch/asreview.db" --asreview "$scratch/other.zip"
else
  echo 'skip - there are no zip and unzip here: apt-get install zip unzip'
fi
status 'no such folder' 3 import -q "$db" --zotero "$scratch/none"
status 'a folder of something else' 3 import -q "$db" --zotero "$scratch/Calibre"
status 'a database of something else' 3 import -q "$db" --zotero "$scratch/Calibre/metadata.db"
contains 'is said to be one' "$(cat "$scratch/err")" "$scratch/Calibre/metadata.db is a database, but no library of zotero"
# shellcheck disable=SC2088 # as a shell gives it to the command
HOME=$scratch status 'a ~ that the shell leaves' 0 import -q "$db" --calibre='~/Calibre'
# shellcheck disable=SC2088
check 'a ~ without a home is a name' "$(env -u HOME "$command" import -q "$db" --calibre='~/Calibre' 2>/dev/null; echo $?)" 3
printf 'SQL' >"$scratch/short.sqlite"
status 'a file of three letters is no library of Zotero' 3 import -q "$db" --zotero "$scratch/short.sqlite"
TMPDIR='' status 'no name of one is the usual place' 0 import -q "$scratch/usual.db" --zotero "$scratch/Zotero"
TMPDIR=$scratch/none status 'no place for a copy' 3 import -q "$db" --zotero "$scratch/Zotero"
contains 'is said with what chooses it' "$(cat "$scratch/err")" 'TMPDIR says where'
printf '@article{a, title = {A title of JabRef}}\n' >"$scratch/own.bib"
status 'a text file of JabRef' 0 import -q "$db" --jabref "$scratch/own.bib"
records 1 9001 >"$scratch/more.nbib"
check 'a file beside a library' "$(import --calibre "$scratch/Calibre" "$scratch/more.nbib" | wc -l)" 2
check 'nothing is left where temporary files lie' "$(mkdir "$scratch/tmp" && TMPDIR=$scratch/tmp import --calibre "$scratch/Calibre" >/dev/null && ls "$scratch/tmp")" ''

report

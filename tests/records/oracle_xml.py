#!/usr/bin/env python3
"""oracle_xml.py PROGRAM FILE... - compares what biobert_import.so reads from files of PubMed XML
and BibTeX with pubmed_parser and bibtexparser (PyPI).

PROGRAM is biobert_import.so. For each file: records, and how many have a title, a year, an
identifier and an abstract, of the oracle and of ours; then each value that differs. Run by hand
where the files are; nothing here is needed by a build.

    pip install pubmed_parser 'bibtexparser<2'
    python3 oracle_xml.py build/release/biobert_import.so FOLDER/*.xml FOLDER/*.bib"""
import gzip
import itertools
import re
import sqlite3
import sys
import tempfile

FIELDS = ('title', 'year', 'doi', 'pmid', 'abstract')


def ours(library, path):
    db = sqlite3.connect(':memory:')
    db.enable_load_extension(True)
    db.load_extension(library)
    rows = db.execute('SELECT title, year, doi, pmid, abstract, status FROM biobert_read(?) '
                      'WHERE section IS NULL', (path,)).fetchall()
    return [dict(zip(FIELDS + ('status',), row)) for row in rows]


def of_pubmed(path):
    import pubmed_parser
    with open(path, 'rb') as file, tempfile.NamedTemporaryFile(suffix='.xml.gz') as packed:
        packed.write(gzip.compress(file.read()))
        packed.flush()
        records = list(pubmed_parser.parse_medline_xml(packed.name, year_info_only=False))
    return [{'title': r['title'], 'year': (r['pubdate'] or '')[:4], 'doi': (r['doi'] or '').lower(),
             'pmid': r['pmid'], 'abstract': r['abstract']}
            for r in records if not r.get('delete')]


def of_bibtex(path):
    import bibtexparser
    from bibtexparser.bparser import BibTexParser
    from bibtexparser.customization import convert_to_unicode
    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    parser.customization = convert_to_unicode
    with open(path, encoding='utf-8', errors='replace') as file:
        text = file.read()
    # It leaves out entries without a key, and those whose macros are not defined.
    numbers = itertools.count()
    text = re.sub(r'(@\w+\s*\{)\s*,', lambda m: f'{m.group(1)}key{next(numbers)},', text)
    entries = bibtexparser.loads(text, parser).entries
    return [{'title': e.get('title', e.get('booktitle')), 'year': (e.get('year') or e.get('date') or '')[:4],
             'doi': e.get('doi', '').lower(), 'pmid': e.get('pmid', ''),
             'abstract': e.get('abstract', '')} for e in entries]


def plain(value):
    """What is not compared: white space, braces and punctuation, labels' colons."""
    text = re.sub(r'^https?://(dx\.)?doi\.org/', '', str(value or ''))
    return re.sub(r'[\W_]+', '', text).lower()


def compare(library, path):
    try:
        theirs = of_bibtex(path) if path.endswith('.bib') else of_pubmed(path)
    except Exception as error:  # pylint: disable=broad-except # whatever the oracle does
        theirs = []
        print(f'{path}: the oracle fails: {str(error)[:80]}')
    try:
        mine = ours(library, path)
    except sqlite3.Error as error:
        print(f'{path}: {error}')
        return
    counts = ' '.join(f'{f} {sum(1 for r in theirs if r[f])}/{sum(1 for r in mine if r[f])}'
                      for f in FIELDS)
    print(f'{path}: records {len(theirs)}/{len(mine)} {counts}')
    if len(theirs) != len(mine):
        return
    for theirs_, mine_ in zip(theirs, mine):
        for field in FIELDS:
            if plain(theirs_[field]) != plain(mine_[field]):
                print(f'    {field}: {str(theirs_[field])[:100]!r} / {str(mine_[field])[:100]!r}')


def main():
    for path in sys.argv[2:]:
        compare(sys.argv[1], path)


main()

#!/usr/bin/env python3
"""oracle_lines.py PROGRAM FILE... - compares what biobert_import.so reads from RIS and MEDLINE with
rispy and biopython's Medline (PyPI).

PROGRAM is biobert_import.so. For each file: records, and how many have a title, a year, an
identifier and an abstract, of the oracle and of ours; then each value that differs. Run by hand
where the files are; nothing here is needed by a build.

    pip install rispy==0.10.0 biopython
    python3 oracle_lines.py build/release/biobert_import.so FOLDER/*.ris FOLDER/*.nbib"""
import itertools
import re
import sqlite3
import sys

FIELDS = ('title', 'year', 'doi', 'pmid', 'abstract')


def ours(library, path):
    db = sqlite3.connect(':memory:')
    db.enable_load_extension(True)
    db.load_extension(library)
    rows = db.execute('SELECT title, year, doi, pmid, abstract, format FROM biobert_read(?)', (path,))
    return [dict(zip(FIELDS + ('format',), row)) for row in rows]


def text_of(path):
    with open(path, 'rb') as file:
        data = file.read()
    try:
        return data.decode('utf-8-sig')
    except UnicodeDecodeError:
        return data.decode('cp1252')


def year_of(*values):
    for value in values:
        found = re.search(r'\b[12]\d{3}\b', value or '')
        if found:
            return found.group()
    return None


def of_ris(path):
    import rispy
    records = rispy.loads(text_of(path), skip_unknown_tags=False)
    return [{'title': r.get('title') or r.get('primary_title'),
             'year': year_of(r.get('year'), r.get('publication_year'), r.get('date')),
             'doi': r.get('doi'), 'pmid': None,
             'abstract': r.get('abstract') or r.get('notes_abstract')} for r in records]


def of_medline(path):
    from Bio import Medline
    records = [r for r in Medline.parse(text_of(path).splitlines()) if r]
    dois = [[i for i in r.get('AID', []) + [r.get('LID', '')] if '[doi]' in i] for r in records]
    return [{'title': r.get('TI'), 'year': year_of(r.get('DP')), 'doi': d[0] if d else None,
             'pmid': r.get('PMID'), 'abstract': r.get('AB')} for r, d in zip(records, dois)]


def bare(field, value):
    """Without what the two spell differently."""
    if value is None:
        return ''
    if field == 'doi':
        found = re.search(r'10\.\S+', str(value))
        return found.group().lower() if found else ''
    return re.sub(r'\W+', ' ', re.sub(r'</?\w+>', '', str(value))).strip()


def counts(records):
    return ' '.join(str(sum(bool(bare(f, r.get(f))) for r in records)) for f in FIELDS)


def main(library, paths):
    for path in paths:
        mine = ours(library, path)
        if not mine or mine[0]['format'] not in ('ris', 'medline'):
            continue
        try:
            oracle = (of_ris if mine[0]['format'] == 'ris' else of_medline)(path)
        except Exception as error:
            print(f'{path}: the oracle fails: {error!r}; ours {len(mine)}: {counts(mine)}')
            continue
        print(f'{path}: oracle {len(oracle)}: {counts(oracle)}; ours {len(mine)}: {counts(mine)}')
        for i, (a, b) in enumerate(itertools.zip_longest(oracle, mine, fillvalue={})):
            for field in FIELDS:
                x, y = bare(field, a.get(field)), bare(field, b.get(field))
                if x != y and not (field == 'pmid' and not x):
                    print(f'  {i} {field}: {x[:70]!r} {y[:70]!r}')


main(sys.argv[1], sys.argv[2:])

#!/usr/bin/env python3
"""Search a table of papers by meaning, from Python's own sqlite3.

    /usr/bin/python3 examples/python/ask_papers.py            (in a checkout, after `make` and `make model`)

The table is that of examples/literature. With the package of PyPI, `biobert_sqlite.load(db)` takes the place of load()
below. Python runs its own Ctrl-C handler only between calls: index() embeds sixteen papers a call, so that Ctrl-C is heard
within seconds, and what is embedded stays.
"""
import csv
import sqlite3
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXTENSION = HERE.parent.parent / "biobert"
PAPERS = HERE.parent / "literature" / "literature.csv"


def load(db):
    if not hasattr(db, "enable_load_extension"):
        sys.exit("this Python's sqlite3 cannot load extensions: use Debian's /usr/bin/python3, or pip install apsw")
    db.enable_load_extension(True)
    db.load_extension(str(EXTENSION))
    db.enable_load_extension(False)


def read_papers(db):
    db.execute("CREATE TABLE papers(id INTEGER PRIMARY KEY, title, year INTEGER, abstract)")
    with open(PAPERS, encoding="utf-8", newline="") as file:
        rows = [(row["title"], row["year"], row["summary"]) for row in csv.DictReader(file)]
    db.executemany("INSERT INTO papers(title, year, abstract) VALUES(?, ?, ?)", rows)
    db.commit()


def index(db):
    db.execute("CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, year UNINDEXED, content='papers')")
    while True:
        db.execute("INSERT INTO papers_search(papers_search, rank) VALUES('sync', 16)")
        db.commit()
        (pending,) = db.execute("SELECT pending FROM biobert_status('papers_search')").fetchone()
        if not pending:
            return


def ask(db, question, since=0):
    print(question)
    found = db.execute(
        "SELECT year, title FROM papers_search(?) WHERE year >= ? ORDER BY rank LIMIT 3", (question, since))
    for year, title in found:
        print(f"  {year}  {title}")


def main():
    db = sqlite3.connect(":memory:")
    load(db)
    read_papers(db)
    index(db)
    ask(db, "how are traits inherited")
    ask(db, "what makes bacteria resistant", since=1940)
    rowid, similarity = db.execute(
        "SELECT neighbour, similarity FROM biobert_neighbours('papers_search', 1) WHERE rowid = 1").fetchone()
    (title,) = db.execute("SELECT title FROM papers WHERE id = ?", (rowid,)).fetchone()
    print(f"nearest to the first paper ({similarity:.2f}): {title}")


if __name__ == "__main__":
    main()

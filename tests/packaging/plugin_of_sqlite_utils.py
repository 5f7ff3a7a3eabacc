"""The plug-in of sqlite-utils: its library and its command have biobert, without being told."""

import json
import os
import subprocess
import sys

import sqlite_utils
from check import *

LIBRARY = os.environ["LIBRARY"]

with test("a Database of the library has biobert"):
    found = list(sqlite_utils.Database(LIBRARY).query("SELECT title FROM papers_search('navigable graphs', 1)"))
    assert "Navigable" in found[0]["title"], found

with test("the command searches"):
    sql = "SELECT title FROM papers_search(:q, 1)"
    command = [sys.executable, "-m", "sqlite_utils", "query", LIBRARY, sql, "-p", "q", "navigable graphs"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert "Navigable" in json.loads(ended.stdout)[0]["title"], ended.stderr

with test("a connection that cannot load extensions is left alone, with a warning"):
    import warnings

    from biobert_sqlite.sqlite_utils_plugin import prepare_connection

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prepare_connection(object())
    assert "cannot load extensions" in str(caught[0].message)

report()

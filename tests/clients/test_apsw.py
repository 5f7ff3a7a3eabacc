"""APSW: a connection with every hook of SQLite: progress handler, interrupt, its own table printer."""

import sys
import threading
import time

import apsw
import apsw.ext

try:
    from apsw import bestpractice
except ImportError:  # older than 3.44
    bestpractice = None
from check import *

db = apsw.Connection(database("apsw.db"))
db.enableloadextension(True)
db.loadextension(EXTENSION)
versions(f"apsw {apsw.apswversion()}", f"SQLite {apsw.sqlitelibversion()}", f"Python {sys.version.split()[0]}")


def rows(sql, bindings=()):
    return list(db.cursor().execute(sql, bindings))


def rowids(sql, bindings=()):
    return [row[0] for row in rows(sql, bindings)]


with test("an index is created and filled, with a last row that says so"):
    rows(CREATE)
    done, total, *_, message = rows("SELECT * FROM biobert_sync('s')")[-1]
    assert (done, total, message) == (176, 176, "up to date")

with test("bound question and k give the shell's rows, in call form and with MATCH"):
    assert rowids("SELECT rowid FROM s(?, ?)", (QUESTION, 3)) == EXPECTED
    assert rowids("SELECT rowid FROM s WHERE s MATCH ? AND k = ?", (QUESTION, 3)) == EXPECTED
    by_name = {"q": QUESTION, "k": 3}
    assert rowids("SELECT rowid FROM s WHERE s MATCH :q AND k = :k", by_name) == EXPECTED
    assert rowids("SELECT rowid FROM s WHERE s MATCH :q LIMIT :k", by_name) == EXPECTED

with test("a float that is a whole number is that number; another one is refused by name"):
    assert rowids("SELECT rowid FROM s(?, ?)", (QUESTION, 3.0)) == EXPECTED
    assert rows("SELECT message FROM biobert_sync('s', ?)", (16.0,))[-1] == ("up to date",)
    rows("INSERT INTO s(s, rank) VALUES('sync', ?)", (64.0,))
    with raises("k is '2.5'"):
        rows("SELECT rowid FROM s(?, ?)", (QUESTION, 2.5))

with test("executemany runs a search for each set of bindings"):
    searches = db.cursor().executemany("SELECT rowid FROM s(?, ?)", [(QUESTION, 1), (QUESTION, 2)])
    assert [row[0] for row in searches] == EXPECTED[:1] + EXPECTED[:2]

with test("a vector goes out as bytes and comes back as a query"):
    vector = rows("SELECT vector FROM s WHERE rowid = 20")[0][0]
    assert isinstance(vector, bytes) and len(vector) % 4 == 0
    assert rowids("SELECT rowid FROM s WHERE s MATCH ? LIMIT 1", (vector,)) == [20]

with test("the index read as a table has the content's rows and the declared columns"):
    cursor = db.cursor()
    table = list(cursor.execute("SELECT * FROM s WHERE year IS NOT NULL ORDER BY rowid"))
    assert table == rows("SELECT title, abstract, year, journal, field FROM papers ORDER BY id")

if hasattr(apsw.ext, "format_query_table"):  # newer than Debian's
    with test("apsw.ext prints the table, explains the search and sees its columns"):
        shown = apsw.ext.format_query_table(db, "SELECT rowid, title, rank FROM s(?, ?)", (QUESTION, 3))
        assert str(EXPECTED[0]) in shown
        info = apsw.ext.query_info(
            db, "SELECT title, year FROM s WHERE s MATCH ? AND k = ?", (QUESTION, 3), explain_query_plan=True
        )
        assert [name for name, _ in info.description] == ["title", "year"]
        assert info.query_plan.sub

with test("inside `with db` the command syncs, and biobert_sync() names the ways out"):
    with db:
        rows("INSERT INTO papers(id, title) VALUES(1000, 'Regeneration of the zebrafish heart')")
        rows("INSERT INTO s(s) VALUES('sync')")
        with raises("transaction", "INSERT INTO"):
            rows("SELECT * FROM biobert_sync('s')")
    assert rowids("SELECT rowid FROM s WHERE s MATCH 'zebrafish' AND mode = 'lexical'") == [1000]


def with_progress_handler(sql):
    end = time.monotonic() + LIMIT
    db.setprogresshandler(lambda: time.monotonic() > end, 1000)
    try:
        rows(sql)
    finally:
        db.setprogresshandler(None)


def with_interrupt(sql):
    timer = threading.Timer(LIMIT, db.interrupt)
    timer.start()
    try:
        rows(sql)
    finally:
        timer.cancel()


if bestpractice:
    with test("apsw.bestpractice (WAL, no double-quoted strings, foreign keys) leaves the search as it is"):
        bestpractice.apply(bestpractice.recommended)
        careful = apsw.Connection(os.path.join(os.environ["WORK"], "apsw.db"))
        careful.enable_load_extension(True)
        careful.load_extension(EXTENSION)
        assert [row[0] for row in careful.execute("SELECT rowid FROM s(?, ?)", (QUESTION, 3))] == EXPECTED
        careful.close()

rows(CREATE_MANY)
for stop in with_progress_handler, with_interrupt:
    way = stop.__name__.replace("_", " ")
    for what, sql in ENDLESS.items():
        with test(f"{what} stops in time {way}"), stopped_in_time():
            stop(sql)
    with test(f"a sync stops in time {way}; it goes on where it was"):
        pending = rows("SELECT pending FROM biobert_status('m')")[0][0]
        with stopped_in_time():
            stop("SELECT * FROM biobert_sync('m')")
        left = rows("SELECT pending FROM biobert_status('m')")[0][0]
        assert 0 < left <= pending
with test("what a stopped sync had committed is not done again"):
    first = rows("SELECT done, total FROM biobert_sync('m', 1000)")[0]
    assert first == (0, left)
    assert rows("SELECT pending FROM biobert_status('m')")[0][0] == 0

with test("DROP TABLE removes the index and nothing else"):
    rows("DROP TABLE s")
    rows("DROP TABLE m")
    # The statistics are bestpractice's.
    left = rowids("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%' ORDER BY 1")
    assert left == ["many", "papers"], left

report()

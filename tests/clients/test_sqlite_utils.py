"""sqlite-utils: the library, and the command line with --load-extension."""

import json

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from importlib.metadata import version

import sqlite_utils
from check import *

path = database("sqlite_utils.db")
versions(f"sqlite-utils {version('sqlite-utils')}", f"SQLite {sqlite3.sqlite_version}", f"Python {sys.version.split()[0]}")

# The command line -------------------------------------------------------------------------------

PROGRAM = [sys.executable, "-m", "sqlite_utils"]
LOAD = f"--load-extension={EXTENSION}"


def command(name, *arguments):
    ended = subprocess.run([*PROGRAM, name, path, *arguments, LOAD], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr.strip()
    return ended.stdout


def query(sql, **parameters):
    bound = [word for key, value in parameters.items() for word in ("-p", key, str(value))]
    return json.loads(command("query", sql, *bound))


with test("sqlite-utils query: creates the index and syncs it, as progress and as command"):
    query(CREATE)
    assert query("SELECT * FROM biobert_sync('s')")[-1]["message"] == "up to date"
    query("INSERT INTO s(s) VALUES('sync')")
    assert query("SELECT rows, pending FROM biobert_status('s')") == [{"rows": 176, "pending": 0}]

with test("sqlite-utils query -p: question and k, which arrive as text, give the shell's rows"):
    for sql in (
        "SELECT rowid FROM s(:q, :k)",
        "SELECT rowid FROM s WHERE s MATCH :q AND k = :k",
        "SELECT rowid FROM s WHERE s MATCH :q LIMIT CAST(:k AS INTEGER)",
    ):
        assert [row["rowid"] for row in query(sql, q=QUESTION, k=3)] == EXPECTED, sql

with test("sqlite-utils rows: the index as a table, with filter, order and limit"):
    assert len(json.loads(command("rows", "s"))) == 176
    some = json.loads(command("rows", "s", "--where", "year > :y", "-p", "y", "1950", "--order", "year desc", "--limit", "3"))
    assert len(some) == 3 and list(some[0]) == ["title", "abstract", "year", "journal", "field"]

with test("sqlite-utils tables, schema, analyze-tables, indexes, triggers and dump see it"):
    tables = {row["table"]: row for row in json.loads(command("tables", "--counts", "--columns"))}
    assert tables["s"]["count"] == 176
    assert tables["s"]["columns"] == ["title", "abstract", "year", "journal", "field"]
    assert command("schema", "s").startswith("CREATE VIRTUAL TABLE s USING biobert")
    assert "Total rows: 176" in command("analyze-tables", "s")
    assert json.loads(command("indexes", "s")) == [] and json.loads(command("triggers", "s")) == []
    assert "biobert" in command("dump")

with test("sqlite-utils vacuum and optimize, without the extension, leave the index as it was"):
    for name in "vacuum", "optimize":
        subprocess.run([*PROGRAM, name, path], check=True)
    assert [row["rowid"] for row in query("SELECT rowid FROM s(:q, 3)", q=QUESTION)] == EXPECTED
    query("INSERT INTO s(s) VALUES('integrity-check')")

# The library ------------------------------------------------------------------------------------

db = sqlite_utils.Database(path)
db.conn.enable_load_extension(True)
db.conn.load_extension(EXTENSION)


def rowids(sql, parameters=()):
    return [row["rowid"] for row in db.query(sql, parameters)]


with test("db.query() binds question and k by place and by name; a float is its whole number"):
    assert rowids("SELECT rowid FROM s(?, ?)", (QUESTION, 3)) == EXPECTED
    assert rowids("SELECT rowid FROM s WHERE s MATCH :q AND k = :k", {"q": QUESTION, "k": 3}) == EXPECTED
    assert rowids("SELECT rowid FROM s(?, ?)", (QUESTION, 3.0)) == EXPECTED

with test("a vector goes out as bytes and comes back as a query"):
    vector = next(db.query("SELECT vector FROM s WHERE rowid = 20"))["vector"]
    assert rowids("SELECT rowid FROM s WHERE s MATCH ? LIMIT 1", (vector,)) == [20]

with test("db['s'] is a table: count, columns, keys, rows_where, get, what made it"):
    table = db["s"]
    assert table.count == 176 and table.virtual_table_using == "BIOBERT"
    assert [column.name for column in table.columns] == ["title", "abstract", "year", "journal", "field"]
    assert table.pks == ["rowid"] and table.foreign_keys == []
    assert len(list(table.rows_where("year > ? and title is not null", [1990], order_by="year"))) > 0
    assert table.get(20)["title"] == db["papers"].get(20)["title"]
    assert "s" in db.table_names()
    assert table.analyze_column("journal").num_null == 0

with test("inside `with db.conn` the command syncs; biobert_sync() names the ways out"):
    with db.conn:
        db["papers"].insert({"id": 1000, "title": "Regeneration of the zebrafish heart"})
        # Writes of newer versions are transactions of their own: this one is open for certain.
        db.conn.execute("UPDATE papers SET year = 2002 WHERE id = 1000")
        db.conn.execute("INSERT INTO s(s) VALUES('sync')")
        with raises("transaction", "INSERT INTO"):
            db.conn.execute("SELECT * FROM biobert_sync('s')").fetchall()
    assert rowids("SELECT rowid FROM s WHERE s MATCH 'zebrafish' AND mode = 'lexical'") == [1000]

with test("an index with text of its own takes insert_all, delete_where and update"):
    db.execute("CREATE VIRTUAL TABLE own USING biobert(title, year INTEGER UNINDEXED)")
    db["own"].insert_all({"title": f"text {i}", "year": 2000 + i} for i in range(1, 4))
    db["own"].update(2, {"title": "zebrafish"})
    db["own"].delete_where("year = ?", [2003])
    assert list(db["own"].rows) == [{"title": "text 1", "year": 2001}, {"title": "zebrafish", "year": 2002}]
    assert rowids("SELECT rowid FROM own(?, ?)", ("zebrafish", 1)) == [2]
    db["own"].drop()
    db.conn.commit()

# Time limits ------------------------------------------------------------------------------------


def with_progress_handler(sql):
    end = time.monotonic() + LIMIT
    db.conn.set_progress_handler(lambda: time.monotonic() > end, 1000)
    try:
        list(db.query(sql))
    finally:
        db.conn.set_progress_handler(None, 0)


def with_interrupt(sql):
    timer = threading.Timer(LIMIT, db.conn.interrupt)
    timer.start()
    try:
        list(db.query(sql))
    finally:
        timer.cancel()


for stop in with_progress_handler, with_interrupt:
    for what, sql in ENDLESS.items():
        with test(f"{what} stops in time {stop.__name__.replace('_', ' ')}"), stopped_in_time():
            stop(sql)

with test("sqlite-utils query ended by `timeout` keeps what a sync committed; the next one goes on"):
    query(CREATE_MANY)
    total = db["many"].count
    process = subprocess.Popen([*PROGRAM, "query", path, "SELECT * FROM biobert_sync('m', 16)", LOAD], stdout=subprocess.DEVNULL)

    def pending():
        return next(db.query("SELECT pending FROM biobert_status('m')"))["pending"]

    while pending() == total and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.wait()
    left = pending()
    assert 0 < left < total, f"{left} of {total} are pending"
    assert query("SELECT * FROM biobert_sync('m')")[0]["total"] == left
    assert pending() == 0

with test("sqlite-utils drop-table removes the index and nothing else"):
    db.close()
    command("drop-table", "s")
    command("drop-table", "m")
    left = [row["table"] for row in json.loads(command("tables"))]
    assert left == ["papers", "many"], left

report()

"""Datasette, 0.65 and 1.0: the whole application, asked as a browser asks it, without a socket.

Its table page selects hidden columns too, and asks `IS NOT NULL` of each column for the facets that it
suggests: what is no search must be answered as FTS5 answers it.
"""

import asyncio
import json
import subprocess
import sys
import time
from urllib.parse import urlencode

from check import *
from datasette.app import Datasette
from datasette.utils.sqlite import sqlite3
from datasette.version import __version__

NEW = not __version__.startswith("0.")
path = database(f"datasette_{'1' if NEW else '0'}.db")
name = os.path.splitext(os.path.basename(path))[0]
versions(f"datasette {__version__}", f"SQLite {sqlite3.sqlite_version}", f"Python {sys.version.split()[0]}")


class Server:
    """One Datasette with a time limit; `settings` on top of it."""

    def __init__(self, **settings):
        self.datasette = Datasette([path], sqlite_extensions=[EXTENSION], settings=settings)
        self.database = self.datasette.get_database(name) if not NEW else None

    async def get(self, page, expected=200, **arguments):
        url = f"/{name}{page}" + ("?" + urlencode(arguments) if arguments else "")
        response = await self.datasette.client.get(url)
        assert response.status_code == expected, f"{url}: HTTP {response.status_code}: {said(response)}"
        return response

    async def rows(self, page, **arguments):
        return (await self.get(page + ".json", _shape="array", **arguments)).json()

    async def sql(self, sql, expected=200, **arguments):
        """The page of a query typed by a visitor, as JSON."""
        page = "/-/query.json" if NEW else ".json"
        return (await self.get(page, expected, _shape="array", sql=sql, **arguments)).json()

    async def write(self, sql, arguments=()):
        """As a plug-in writes."""
        await self.datasette.get_database(name).execute_write(sql, arguments, block=True)


def said(response):
    try:
        return response.json()["error"]
    except (json.JSONDecodeError, KeyError):
        return response.text[:100]


def rowids(rows):
    return [row["rowid"] for row in rows]


async def creates_and_syncs(server):
    with test("a plug-in's write creates and syncs the index, inside its transaction"):
        await server.write(CREATE)
        await server.write("INSERT INTO s(s) VALUES('sync')")
        status = await server.sql("SELECT rows, pending FROM biobert_status('s')")
        assert status == [{"rows": 176, "pending": 0}]

    with test("biobert_sync() in a plug-in's write function gives its progress"):
        await server.write("INSERT INTO s(s) VALUES('reset')")
        # 1.0 begins a transaction unless told not to.
        outside = {"transaction": False} if NEW else {}
        progress = await server.datasette.get_database(name).execute_write_fn(
            lambda connection: [tuple(row) for row in connection.execute("SELECT * FROM biobert_sync('s')")],
            **outside,
        )
        assert progress[-1][0] == 176 and progress[-1][5] == "up to date"


async def searches(server):
    with test("the arguments of a page's URL are the bound question and k"):
        for sql in (
            "SELECT rowid FROM s(:q, :k)",
            "SELECT rowid FROM s WHERE s MATCH :q AND k = :k",
            "SELECT rowid FROM s WHERE s MATCH :q LIMIT :k",
            "SELECT s.rowid, p.title FROM s(:q, :k) s JOIN papers p ON p.id = s.rowid ORDER BY s.rank",
        ):
            assert rowids(await server.sql(sql, q=QUESTION, k=3)) == EXPECTED, sql
        page = "/-/query" if NEW else ""
        html = (await server.get(page, sql="SELECT * FROM s(:q, :k)", q=QUESTION, k=3)).text
        assert "multiple drug resistance" in html

    with test("a k that is no number is an error of the page, with our message"):
        answer = await server.sql("SELECT rowid FROM s(:q, :k)", expected=400, q=QUESTION, k="ten")
        assert "k is 'ten'" in answer["error"]

    with test("a visitor cannot write through a search table"):
        await server.sql("INSERT INTO s(s) VALUES('reset')", expected=400)
        assert (await server.sql("SELECT pending FROM biobert_status('s')"))[0]["pending"] == 0

    with test("sentences that answer come by a join with biobert_highlight()"):
        sql = "SELECT h.text FROM s(:q, 1) s JOIN papers p ON p.id = s.rowid, biobert_highlight(:q, p.abstract) h"
        assert len(await server.sql(sql, q=QUESTION)) == 1


async def table_page(server):
    with test("the table page opens, as HTML, JSON and CSV"):
        html = (await server.get("/s")).text
        assert "Experiments in plant hybridization" in html and "176 rows" in html
        assert (await server.rows("/s"))[0]["title"] == "Experiments in plant hybridization"
        assert (await server.get("/s.csv", _stream=1, _size="max")).text.count("\n") > 176

    with test("its pages follow one another to the end, in the content's order and in a column's"):
        for order in {}, {"_sort": "year"}, {"_sort_desc": "title"}:
            seen, more = [], {}
            while more is not None:
                page = (await server.get("/s.json", _shape="objects", _size=50, **order, **more)).json()
                seen += page["rows"]
                more = {"_next": page["next"]} if page["next"] else None
            assert len(seen) == 176 and len({row["title"] for row in seen}) == 176, order

    with test("facets of declared columns, and those that it suggests by itself"):
        page = (await server.get("/s.json", _facet="journal", _facet_size=3, _shape="objects")).json()
        results = page["facet_results"]
        journals = (results["results"] if NEW else results)["journal"]["results"]
        assert journals[0]["count"] > 1
        await server.get("/s", _facet="field")
        await server.get("/s.json", _facet="year", **({"_extra": "suggested_facets"} if NEW else {}))

    filters = {
        "year__gt=1950": "year > 1950",
        "year__in=1950,1953": "year IN (1950, 1953)",
        "year__not=1950": "year <> 1950",
        "year__isnull=1": "year IS NULL",
        "year__notnull=1": "year IS NOT NULL",
        "title__contains=vaccin": "title LIKE '%vaccin%'",
        "title__notlike=%a%": "title NOT LIKE '%a%'",
        "title__startswith=The": "title LIKE 'The%'",
        "title__endswith=cells": "title LIKE '%cells'",
        "title__glob=*DNA*": "title GLOB '*DNA*'",
        "journal__isblank=1": "journal IS NULL OR journal = ''",
        "journal__notblank=1": "journal IS NOT NULL AND journal <> ''",
        "journal=Nature": "journal = 'Nature'",
        "rowid__lte=20": "id <= 20",
    }
    for argument, condition in filters.items():
        with test(f"?{argument} has the rows of the content with {condition}"):
            of_index = await server.rows("/s", _size="max", **dict([argument.split("=", 1)]))
            of_content = await server.sql(f"SELECT title FROM papers WHERE {condition} ORDER BY id")
            assert [row["title"] for row in of_index] == [row["title"] for row in of_content]

    # Without a search these columns are NULL in every row; document and vector are not.
    for column in "s", "k", "mode", "words", "rank", "distance", "bm25", "passage":
        with test(f"without a search, {column} is null in every row, and can be asked, sorted and faceted"):
            assert len(await server.rows("/s", _size="max", **{f"{column}__isnull": 1})) == 176
            assert await server.rows("/s", **{f"{column}__notnull": 1}) == []
            await server.get("/s", _sort=column)
            await server.get("/s", _facet=column)
    with test("document and vector are there in every row"):
        for column in "document", "vector":
            assert len(await server.rows("/s", _size="max", **{f"{column}__notnull": 1})) == 176
            assert await server.rows("/s", **{f"{column}__isnull": 1}) == []

    with test("?s=question, or MATCH in _where, makes the table page a search"):
        found = await server.rows("/s", s=QUESTION, _sort="rank", _size=3)
        assert rowids(found) == EXPECTED
        found = await server.rows("/s", s=QUESTION, k=3)
        assert sorted(rowids(found)) == sorted(EXPECTED)
        found = await server.rows("/s", _where=f"s MATCH '{QUESTION}' AND k = 3")
        assert sorted(rowids(found)) == sorted(EXPECTED)

    with test("a row has its own page"):
        row = (await server.get("/s/20.json", _shape="objects")).json()["rows"][0]
        assert row["title"] and (await server.get("/s/20")).status_code == 200

    with test("the pages of the database and of the tables behind the index open"):
        await server.get("")
        for table in "s_config", "s_docs", "s_chunks", "s_codes", "s_full", "s_fts", "s_words":
            await server.get(f"/{table}")


async def beside_a_sync(server):
    with test("twenty searches at a time find their rows beside a plug-in that syncs"):
        await server.write(CREATE_MANY)

        async def syncing():
            for _ in range(10):
                await server.write("INSERT INTO m(m, rank) VALUES('sync', ?)", [16])

        searches = [server.sql("SELECT rowid FROM s(:q, :k)", q=QUESTION, k=3) for _ in range(20)]
        _, *found = await asyncio.gather(syncing(), *searches)
        assert all(rowids(rows) == EXPECTED for rows in found)
        assert (await server.sql("SELECT pending FROM biobert_status('m')"))[0]["pending"] > 0
        await server.write("DROP TABLE m")


async def time_limit():
    server = Server(sql_time_limit_ms=int(LIMIT * 1000))
    for what, sql in ENDLESS.items():
        with test(f"{what} stops at sql_time_limit_ms"):
            begin = time.monotonic()
            answer = await server.sql(sql, expected=400)
            assert time.monotonic() - begin < LATE and "too long" in answer["error"]
    with test("a search finds its rows again after one that was stopped"):
        assert rowids(await server.sql("SELECT rowid FROM s(:q, :k)", q=QUESTION, k=3)) == EXPECTED


def command_line():
    search = urlencode({"sql": "SELECT rowid FROM s(:q, 3)", "q": QUESTION})
    with test("datasette --load-extension --get, of an immutable file too: the table page and a search"):
        for immutable, page, sought in (
            ([], f"/{name}/s.json?_size=1", "Experiments in plant hybridization"),
            (["-i"], f"/{name}{'/-/query' if NEW else ''}.json?{search}", str(EXPECTED[0])),
        ):
            command = [sys.executable, "-m", "datasette", *immutable, path]
            command += [f"--load-extension={EXTENSION}", "--get", page]
            ended = subprocess.run(command, capture_output=True, text=True)
            assert ended.returncode == 0 and sought in ended.stdout, ended.stderr or ended.stdout


async def all_tests():
    server = Server(sql_time_limit_ms=5000)
    await creates_and_syncs(server)
    await searches(server)
    await table_page(server)
    await beside_a_sync(server)
    await time_limit()


asyncio.run(all_tests())
command_line()
report()

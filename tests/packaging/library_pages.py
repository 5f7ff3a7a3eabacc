"""The pages of a library in Datasette: asked as a browser asks them, without a socket."""

import asyncio
import html
import os
import re
import shutil
import sqlite3
import time
from urllib.parse import quote, urlencode

import biobert_sqlite
from biobert_sqlite import mapping
from biobert_sqlite.datasette_plugin import drawing, serving
from check import *
from datasette.app import Datasette
from datasette.version import __version__

WORK = os.environ["WORK"]
LIBRARY = os.path.join(WORK, "pages.db")
#: Names and texts that break out of SQL, of HTML, of addresses.
HOSTILE = (
    "'; DROP TABLE papers; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "../../../etc/passwd",
    "\0\x01\x1b[31m",
    "%s%n%d",
    "\U0001f9ec \u202e מבחן ﷺ",
    "AND OR NOT ( \" *",
    "a" * 1999,
)
#: How a Datasette takes the settings of its plug-ins and its permissions.
SETTINGS = "metadata" if __version__.startswith("0.") else "config"
ODD = 'odd "name" <b>'


def make_library():
    """The library, and beside it an index whose every name is hostile."""
    shutil.copy(os.environ["LIBRARY"], LIBRARY)
    db = sqlite3.connect(LIBRARY)
    biobert_sqlite.load(db)
    name = ODD.replace('"', '""')
    db.execute("CREATE TABLE strange(id INTEGER PRIMARY KEY, title, body, \"a.b'c<i>\")")
    texts = [(f"<b>title</b> {n}", "One <script>alert(2)</script>. Two & three.", "<u>x</u>") for n in range(3)]
    db.executemany("INSERT INTO strange VALUES (NULL, ?, ?, ?)", texts)
    db.execute(
        f'CREATE VIRTUAL TABLE "{name}" USING biobert(title, body, "a.b\'c<i>" UNINDEXED,'
        " content='strange', content_rowid='id')"
    )
    db.execute(f'INSERT INTO "{name}"("{name}") VALUES(\'sync\')')
    # Longer than any model takes: half a million characters, not all of them ASCII.
    db.execute("CREATE TABLE books(id INTEGER PRIMARY KEY, title, body)")
    pages = [f"On page {n} the naïve reader meets the word w{n}q. " for n in range(10_000)]
    db.execute("INSERT INTO books VALUES (1, 'A book', ?)", ("".join(pages),))
    db.execute(
        "CREATE VIRTUAL TABLE books_search USING biobert(title, body, content='books', content_rowid='id',"
        " search='lexical')"
    )
    db.execute("INSERT INTO books_search(books_search) VALUES('sync')")
    db.commit()
    db.close()


class Server:
    def __init__(self, files=(LIBRARY,), **arguments):
        self.datasette = Datasette(list(files), **arguments)

    async def get(self, path, expected=200, **arguments):
        url = "/-/library" + path + ("?" + urlencode(arguments) if arguments else "")
        response = await self.datasette.client.get(url)
        assert response.status_code == expected, f"{url[:120]}: HTTP {response.status_code}: {response.text[:300]}"
        return response

    async def json(self, path, expected=200, **arguments):
        return (await self.get(path + ".json", expected, **arguments)).json()


async def drawn(server, path, **arguments):
    """The JSON of a map, once it is there."""
    for _ in range(100):
        response = await server.datasette.client.get(f"/-/library{path}/map.json?" + urlencode(arguments))
        if response.status_code != 202:
            return response.json()
    raise AssertionError(f"the map of {path} is not ready")


def text_of(page):
    """What a person reads."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


async def searching(server):
    search = "/pages/papers_search"
    with test("all libraries are listed"):
        page = await server.get("")
        assert "papers_search" in page.text and ODD in text_of(page)

    with test("a question finds papers, with the sentence marked and the words strong"):
        page = await server.get(search, q="hierarchical navigable graphs")
        assert "Navigable Small World" in page.text and "<mark>" in page.text and "<b>" in page.text
        found = await server.json(search, q="hierarchical navigable graphs")
        best = found["papers"][0]
        assert "Navigable" in best["title"] and "graph" in best["sentence"]
        assert best["link"].startswith("https://") and best["values"]["authors"]

    with test("its JSON has what the page has"):
        titles = [paper["title"] for paper in found["papers"]]
        assert len(titles) == 10 and all(title in text_of(page) for title in titles)

    with test("pages follow one another without a gap"):
        ids = []
        for number in (1, 2, 3):
            ids += [p["id"] for p in (await server.json(search, q="language", page=number))["papers"]]
        assert len(ids) == len(set(ids)) == 22

    with test("without a question the papers are there to leaf through"):
        assert len((await server.json(search))["papers"]) == 10

    with test("filters and words narrow a search, and each can be taken away"):
        found = await server.json(search, q="language", **{"min.year": 2015, "max.year": 2016})
        assert found["papers"] and all(p["values"]["year"] in (2015, 2016) for p in found["papers"])
        found = await server.json(search, q="language", **{"f.journal": "arXiv"})
        assert found["papers"] and all(p["values"]["journal"] == "arXiv" for p in found["papers"])
        page = await server.get(search, q="language", **{"f.journal": "arXiv"})
        assert "journal" in text_of(page) and 'href="/-/library/pages/papers_search?q=language"' in page.text
        assert [p["values"]["year"] for p in (await server.json(search, words="suffix"))["papers"]] == [1980]

    with test("facets count the papers that were found"):
        facets = {f["column"]: f for f in (await server.json(search, q="language"))["facets"]}
        assert sum(facets["year"]["counts"]) <= 22 and "arXiv" in facets["journal"]["values"]

    with test("words that are no condition are said beside the form, which keeps them"):
        page = await server.get(search, 400, q="language", words="AND (")
        assert 'value="AND ("' in page.text and "AND" in text_of(page) and "Nothing was found" not in page.text
        assert "AND" in (await server.json(search, 400, words="AND ("))["note"]

    with test("more like this leaves the paper itself out, and can be filtered"):
        found = await server.json(search, like=best["id"], **{"min.year": 2000})
        assert found["papers"] and best["id"] not in [p["id"] for p in found["papers"]]
        assert "More like" in text_of(await server.get(search, like=best["id"]))

    with test("a paper has a page, with the sentence that answers and papers like it"):
        page = await server.get(f"{search}/{best['id']}", q="what is navigable")
        assert best["title"] in text_of(page) and "<mark>" in page.text and "Like this one" in page.text
        answer = await server.json(f"{search}/{best['id']}", q="what is navigable")
        sentence = answer["sentence"]
        assert answer["text"][sentence["start_char"] : sentence["end_char"]] == sentence["text"]
        assert len(answer["similar"]) == 5
        lone = await server.json(f"{search}/{best['id']}/sentence", q="what is navigable")
        assert lone["sentence"] == sentence and sentence["text"] in "".join(p for _, p in lone["pieces"])

    with test("of a whole book no page takes long, and the sentence stands at its place"):
        # Other programs may have the processor: a limit by the clock would be theirs.
        patient = Server(**{SETTINGS: {"plugins": {"biobert-sqlite": {"time_limit_ms": 120_000}}}})
        begin = time.process_time()
        answer = await patient.json("/pages/books_search/1", q="w9q")
        await patient.get("/pages/books_search", q="w9q")
        sentence = answer["sentence"]
        assert answer["text"][sentence["start_char"] : sentence["end_char"]] == sentence["text"]
        data = answer["text"].encode()[sentence["start_byte"] : sentence["end_byte"]]
        assert data.decode() == sentence["text"] and time.process_time() - begin < LATE

    with test("what is not there is said: a database, an index, a paper, a table that is no index"):
        names = ("/other/papers_search", "/pages/other", "/pages/papers", "/pages/sqlite_master", search + "/999999")
        for path in names:
            assert "no" in (await server.json(path, 404))["message"]
            await server.get(path, 404)


async def maps(server):
    search = "/pages/papers_search"
    with test("a map has every paper once, inside the picture, and its topics"):
        found = await drawn(server, search)
        points = [point for topic in found["topics"] for point in topic["points"]]
        assert sorted(p["id"] for p in points) == list(range(1, 23)) and found["total"] == 22
        assert all(0 < p["x"] < mapping.WIDTH and 0 < p["y"] < mapping.HEIGHT for p in points)
        assert all(topic["words"] for topic in found["topics"]) and not found["found"]

    with test("its points are links to papers, with their titles"):
        page = await server.get(search + "/map")
        for point in points:
            link = f'<a href="/-/library/pages/papers_search/{point["id"]}"><circle cx="{point["x"]}"'
            assert link in page.text and html.escape(point["title"], quote=False) in html.unescape(page.text)

    with test("it is computed once"):
        drawing_ = drawing._drawings[(LIBRARY, "papers_search")]
        await server.get(search + "/map")
        assert drawing._drawings[(LIBRARY, "papers_search")] is drawing_

    with test("what a question finds stands out, and can be read as a list"):
        page = await server.get(search + "/map", q="language", **{"min.year": 2018})
        assert 'class="found"' in page.text and "papers_search?q=language&amp;min.year=2018" in page.text
        listed = [p["id"] for p in (await server.json(search, q="language", **{"min.year": 2018}))["papers"]]
        assert set(listed) <= set((await drawn(server, search, q="language", **{"min.year": 2018}))["found"])

    with test("while it is drawn a page says so, and looks again"):
        patience, drawing.PATIENCE = drawing.PATIENCE, 0
        drawing._drawings.clear()
        page = await server.get(search + "/map", 202)
        assert "being drawn" in page.text and 'http-equiv="refresh"' in page.text
        drawing.PATIENCE = patience
        await drawn(server, search)

    with test("hostile names and titles are shown as they are on a map too"):
        odd = "/pages/" + quote_part(ODD)
        await drawn(server, odd)
        page = await server.get(odd + "/map")
        assert "&lt;b&gt;title" in page.text and "<b>title" not in page.text

    with test("an index of words alone has no map, and says why"):
        assert "no paper" in text_of(await server.get("/pages/books_search/map")).lower()

    with test("too large a library is not drawn beside searches: what to type is said"):
        drawing._drawings.clear()
        most, drawing.MOST_PAPERS = drawing.MOST_PAPERS, 21
        message = (await server.json(search + "/map", 400))["message"]
        drawing.MOST_PAPERS = most
        assert "22 papers" in message and "map_table.sql" in message


async def map_tables():
    """A table of the map in the database, in a copy."""
    copy = os.path.join(WORK, "mapped.db")
    shutil.copy(LIBRARY, copy)
    db = sqlite3.connect(copy)
    db.execute("CREATE TABLE papers_search_map(id INTEGER PRIMARY KEY, x, y, topic)")
    rows = [(1, 0, 0, "left"), (2, 10, 1e308, "right, <b>"), (3, 5, "here", None), (4, 5, None, None), (99, 1, 1, "none")]
    db.executemany("INSERT INTO papers_search_map VALUES (?, ?, ?, ?)", rows)
    db.commit()
    db.close()
    with test("a table of the map is drawn as it is, without what is no place and no paper"):
        server = Server(files=[copy])
        found = await drawn(server, "/mapped/papers_search")
        placed = {p["id"]: (topic["words"], p["x"]) for topic in found["topics"] for p in topic["points"]}
        assert placed == {1: ("left", 30.0), 2: ("right, <b>", 970.0)} and found["table"] == "papers_search_map"
        assert "<b>" not in (await server.get("/mapped/papers_search/map")).text.partition("<svg")[2]
    with test("who may not see that table sees no map"):
        hidden = {"databases": {"mapped": {"tables": {"papers_search_map": {"allow": False}}}}}
        await Server(files=[copy], **{SETTINGS: hidden}).get("/mapped/papers_search/map", 403)


async def hostile(server):
    before = open(LIBRARY, "rb").read()
    odd = "/pages/" + quote_part(ODD)
    with test("hostile names of an index, a column and texts of papers are shown as they are"):
        page = await server.get(odd, q="title")
        assert "<script>alert" not in page.text and "<u>x" not in page.text and "<b>title" not in page.text
        assert "&lt;script&gt;" in page.text and "a.b&#39;c&lt;i&gt;" in page.text
        found = await server.json(odd, **{"f.a.b'c<i>": "<u>x</u>"})
        assert len(found["papers"]) == 3
        page = await server.get(odd + "/1", q="title")
        assert "<script>alert" not in page.text and "&lt;script&gt;" in page.text

    for path in ("/pages/papers_search", odd):
        for text in HOSTILE:
            with test(f"{text[:30]!r} is a question like any other, on {path[7:20]}"):
                page = await server.get(path, q=text)
                assert "<script>alert" not in page.text and "<img" not in page.text and "49" not in text_of(page)[:60]
                await server.get(path + ".json", q=text)
    with test("in words, a filter, a page, a key they are errors that are shown, or find nothing"):
        for text in HOSTILE:
            for arguments in (
                {"words": text},
                {"f.year": text},
                {"min.year": text, "q": "a"},
                {"f." + text: "1"},
                {"like": text},
                {"page": text},
            ):
                response = await server.datasette.client.get("/-/library/pages/papers_search?" + urlencode(arguments))
                assert response.status_code in (200, 400), (arguments, response.status_code)
                assert "<script>alert" not in response.text and "<img" not in response.text
            for path in (f"/{quote_part(text)}/papers_search", f"/pages/{quote_part(text)}"):
                response = await server.datasette.client.get("/-/library" + path)
                assert response.status_code in (400, 404), (path, response.status_code)
                assert "<script>alert" not in response.text
    with test("too long a question is an error"):
        assert "characters" in (await server.json("/pages/papers_search", 400, q="a" * 2001))["message"]
    with test("nothing runs in a page but its own script"):
        policy = (await server.get("/pages/papers_search")).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
    with test("the file is as it was"):
        assert open(LIBRARY, "rb").read() == before


def quote_part(text):
    from datasette.utils import tilde_encode

    return quote(tilde_encode(text), safe="~+")


async def strangers(server):
    for sql in (
        "SELECT biobert_load('/etc/passwd')",
        "SELECT biobert_config('threads', 1)",
        "SELECT * FROM biobert_train('mlm', 'SELECT 1', 'folder')",
        "SELECT * FROM main.biobert_train('mlm', 'SELECT 1', 'folder')",
        "SELECT biobert_unload('default')",
    ):
        with test(f"a visitor's {sql[:40]} is refused"):
            page = "/pages/-/query.json" if not __version__.startswith("0.") else "/pages.json"
            response = await server.datasette.client.get(page + "?" + urlencode({"sql": sql}))
            assert response.status_code == 400 and re.search("not authorized|prohibited", response.text), response.text
    assert not os.path.exists("folder")


async def settings():
    serving.pace = serving.Pace()
    hidden = {"databases": {"pages": {"tables": {"papers_search": {"allow": False}, "papers": {"allow": False}}}}}
    with test("who may not see a table of Datasette sees no page of it"):
        server = Server(**{SETTINGS: hidden})
        await server.get("/pages/papers_search", 403)
        await server.get("/pages/papers_search/1/sentence.json", 403, q="a")
        await server.get("/pages/papers_search/map", 403)
        assert "papers_search" not in (await server.get("")).text
    with test("who may not see the content sees of it what the index has"):
        del hidden["databases"]["pages"]["tables"]["papers_search"]
        paper = (await Server(**{SETTINGS: hidden}).json("/pages/papers_search"))["papers"][0]
        assert set(paper["values"]) == {"year", "journal"}
    with test("a time limit stops a page, and is said"):
        limited = Server(**{SETTINGS: {"plugins": {"biobert-sqlite": {"time_limit_ms": 0.001}}}})
        assert "stopped after" in (await limited.json("/pages/papers_search", 503, q="language"))["message"]
    with test("Datasette's own limit does not stop a page"):
        await Server(settings={"sql_time_limit_ms": 1}).get("/pages/papers_search", q="language")
    with test("the precision of the model is a setting"):
        fast = Server(**{SETTINGS: {"plugins": {"biobert-sqlite": {"precision": "int8"}}}})
        await fast.datasette.invoke_startup()
        await fast.get("/pages/papers_search", q="language")
        models = await fast.datasette.get_database("pages").execute("SELECT precision FROM biobert_models")
        assert [tuple(row) for row in models.rows] == [("int8",)]
    with test("without a model words decide, and the page says what to type"):
        del os.environ["BIOBERT_MODEL"]
        page = await Server().get("/pages/papers_search", q="hierarchical navigable graphs")
        assert "Words only" in page.text
        assert "biobert model get" in page.text and "Navigable Small World" in page.text


async def many(server):
    with test("fifty questions at a time are all answered"):
        asked = [server.json("/pages/papers_search", q=f"question {n} about language") for n in range(50)]
        assert all(len(found["papers"]) == 10 for found in await asyncio.gather(*asked))
    with test("after so many no sentence is looked for, until the server has time again"):
        serving.pace._mean, serving.pace._ended = 1.0, time.monotonic()
        assert await server.json("/pages/papers_search/1/sentence", q="language") == {"busy": True}
    serving.pace = serving.Pace()
    with test("of fifty sentences at a time some are answered, and the others told that it is busy"):
        asked = [server.json(f"/pages/papers_search/{n % 22 + 1}/sentence", q=f"question {n}") for n in range(50)]
        answers = await asyncio.gather(*asked)
        assert any(a.get("sentence") for a in answers) and any(a.get("busy") for a in answers)


async def all_tests():
    make_library()
    server = Server()
    await server.datasette.invoke_startup()
    await searching(server)
    await maps(server)
    await map_tables()
    await hostile(server)
    await strangers(server)
    await many(server)
    await settings()


versions(f"datasette {__version__}")
asyncio.run(all_tests())
report()

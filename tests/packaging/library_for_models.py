"""The MCP server, asked over standard input and output by the client of the package mcp."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys

from check import *
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

LIBRARY = os.environ["LIBRARY"]
ENVIRONMENT = {name: os.environ[name] for name in ("BIOBERT_MODEL", "HOME")}


async def ask(session, tool, **arguments):
    """(whether it is an error, the answer)."""
    answer = await session.call_tool(tool, arguments)
    failed = answer.is_error if hasattr(answer, "is_error") else answer.isError
    text = answer.content[0].text
    return failed, text if failed else json.loads(text)


async def tools(session):
    with test("there are four tools, all of which only read"):
        listed = (await session.list_tools()).tools
        assert [tool.name for tool in listed] == ["search", "get", "similar", "cite"]
        hints = [tool.annotations.model_dump(by_alias=True) for tool in listed]
        assert all(hint["readOnlyHint"] for hint in hints)

    with test("search() finds papers with title, link and excerpt"):
        _, found = await ask(session, "search", question="hierarchical navigable graphs", count=3)
        assert len(found["papers"]) == 3
        best = found["papers"][0]
        assert "Navigable" in best["title"] and best["link"].startswith("https://") and best["excerpt"]

    with test("words and filters narrow it"):
        _, found = await ask(session, "search", question="language", filters={"year>=": "2015", "year<=": "2016"})
        assert found["papers"] and all(paper["year"] in (2015, 2016) for paper in found["papers"])
        _, found = await ask(session, "search", question="language", words="suffix")
        assert [paper["year"] for paper in found["papers"]] == [1980]

    with test("get() has the whole text"):
        _, paper = await ask(session, "get", id=best["id"])
        assert best["title"] == paper["title"] and len(paper["texts"]["abstract"]) > 100

    with test("similar() leaves the paper itself out"):
        _, found = await ask(session, "similar", id=best["id"], count=5)
        assert len(found["papers"]) == 5 and best["id"] not in [p["id"] for p in found["papers"]]

    with test("cite() gives sentences that stand at their offsets, in characters and in bytes"):
        for id in range(1, 23):
            _, paper = await ask(session, "get", id=id)
            _, cited = await ask(session, "cite", id=id, question="what is learnt", count=3)
            for sentence in cited["sentences"]:
                text = paper["texts"][sentence["column"]]
                assert text[sentence["start_char"] : sentence["end_char"]] == sentence["text"]
                data = text.encode()[sentence["start_byte"] : sentence["end_byte"]]
                assert data.decode() == sentence["text"]

    with test("what cannot be done is said, and the server goes on"):
        for expected, tool, arguments in (
            ("there is no paper 999999", "get", {"id": 999999}),
            ("there is no paper -1", "cite", {"id": -1, "question": "a"}),
            ("filters nothing here", "search", {"question": "a", "filters": {"\"; DROP TABLE papers": "1"}}),
            ("the question is empty", "search", {"question": " "}),
            ("word itself", "search", {"question": "a", "words": "AND ("}),
        ):
            failed, said = await ask(session, tool, **arguments)
            assert failed and expected in said, said
        failed, _ = await ask(session, "search", question="'; DROP TABLE papers; --")
        assert not failed


async def main():
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "biobert_sqlite.mcp", LIBRARY], env=ENVIRONMENT
    )
    with open(os.devnull, "w") as nowhere:
        async with stdio_client(server, nowhere) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            await tools(session)


def ends(*arguments):
    command = [sys.executable, "-m", "biobert_sqlite.mcp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


before = open(LIBRARY, "rb").read()
asyncio.run(main())
with test("the file is as it was"):
    assert open(LIBRARY, "rb").read() == before
with test("a file that is not there, and one without an index: the error says what to type"):
    assert "biobert import" in ends("nowhere.db").stderr
    empty = os.path.join(os.environ["WORK"], "empty.db")
    sqlite3.connect(empty).execute("CREATE TABLE t(a)").connection.close()
    assert "biobert index" in ends(empty).stderr
    assert "there are: papers_search" in ends(LIBRARY, "--index", "other").stderr
report()

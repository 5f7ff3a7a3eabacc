"""Many people search a library at the same time: how long do they wait for a page of results?

    python tests/bench/page.py LIBRARY.db --questions 'SELECT text FROM questions' [--users 50] [--write]

Starts Datasette with the plug-in (the Python that runs this has both: `build/packages/plugins/bin/python`, made by
tests/packaging/test_wheel.sh), lets each of the users ask a question, read for a while (exponential, `--think`
seconds on average) and ask the next. No question is asked twice: each is one of the file's and a word of
another. What is measured is the time from the request to the last byte of the page; `--script` also fetches
the sentences of the first papers, as the page's script does.

The load on the machine is printed beside the figures: other programs that run meanwhile make them larger.
"""

import argparse
import asyncio
import contextlib
import datetime
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import httpx

RESULTS = Path(__file__).with_name("PAGE_RESULTS.md")
PORT, SEED = 8765, 7
#: The papers of a page that a screen shows.
IN_SIGHT = 4


def questions(path, sql):
    """Questions without end, none of them twice."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        texts = [row[0] for row in db.execute(sql)]
    words = sorted({word for text in texts for word in text.split() if len(word) > 5})
    chance, asked = random.Random(SEED), set()
    while True:
        question = f"{chance.choice(texts)} {chance.choice(words)}"
        if question not in asked:
            asked.add(question)
            yield question


@contextlib.contextmanager
def datasette(path, settings):
    """A running server; the block begins once it answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"plugins": {"biobert-sqlite": settings}}, file)
        file.flush()
        command = [sys.executable, "-m", "datasette", "serve", path, "-p", str(PORT), "-m", file.name]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            for _ in range(600):
                with contextlib.suppress(httpx.HTTPError):
                    httpx.get(f"http://127.0.0.1:{PORT}/-/versions.json")
                    break
                time.sleep(0.1)
            yield server.pid, f"http://127.0.0.1:{PORT}/-/library"
        finally:
            server.terminate()
            server.wait()


def processor_seconds(pid):
    """User and system time of a process so far: what neighbours on the machine do not change."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Measured:
    def __init__(self):
        self.processor = 0.0
        self.pages, self.sentences, self.busy, self.failed = [], [], 0, []


async def get(client, url, times, measured):
    begin = time.perf_counter()
    try:
        response = await client.get(url)
        if response.status_code != 200:
            measured.failed.append(f"HTTP {response.status_code}")
            return None
    except httpx.HTTPError as error:
        measured.failed.append(type(error).__name__)
        return None
    times.append(time.perf_counter() - begin)
    return response


async def user(client, address, asks, given, stop, measured, chance):
    await asyncio.sleep(chance.uniform(0, given.think))
    while time.monotonic() < stop:
        question = urlencode({"q": next(asks)})
        page = await get(client, f"{address}?{question}", measured.pages, measured)
        if page and 'class="paper"' not in page.text:
            measured.failed.append("no papers")
        elif page and "Words only" in page.text:
            measured.failed.append("words only: the index's model was not found")
        if page and given.script:
            urls = [part.split('"')[0] for part in page.text.split('data-sentence="')[1 : IN_SIGHT + 1]]
            for url in urls:
                host = address.partition("/-/")[0]
                answer = await get(client, f"{host}{url}?{question}", measured.sentences, measured)
                if answer and answer.json().get("busy"):
                    measured.busy += 1
                    break
        await asyncio.sleep(chance.expovariate(1 / given.think))


async def measure(address, given):
    measured, asks = Measured(), questions(given.library, given.questions)
    limits = httpx.Limits(max_connections=given.users)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        stop = time.monotonic() + given.seconds
        people = [
            user(client, address, asks, given, stop, measured, random.Random(SEED + n)) for n in range(given.users)
        ]
        await asyncio.gather(*people)
    return measured


def row(what, times):
    if not times:
        return f"| {what} | 0 | | | | |"
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    figures = (statistics.median(times), cuts[89], cuts[98], max(times))
    return f"| {what} | {len(times)} | " + " | ".join(f"{1000 * t:.0f}" for t in figures) + " |"


def report(given, measured, before):
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    lines = [
        f"# {datetime.date.today()}: {given.users} users, a question every {given.think:g} s each, {given.seconds} s",
        "",
        f"{given.papers:,} papers, {os.cpu_count()} cores, model {given.precision}, sentences fetched:"
        f" {'yes' if given.script else 'no'}, Datasette's threads: 3. Load average before {before:.1f}, after {load}.",
        "",
        "| ms | number | median | 90 % | 99 % | most |",
        "| --- | --- | --- | --- | --- | --- |",
        row("page of results", measured.pages),
        *([row("sentence", measured.sentences)] if given.script else []),
        "",
        f"{len(measured.failed)} failed{': ' + ', '.join(sorted(set(measured.failed))) if measured.failed else ''};"
        f" {len(measured.pages) / given.seconds:.1f} pages/s,"
        f" {1000 * measured.processor / max(1, len(measured.pages)):.0f} ms of the server's processor time each"
        + (f"; {measured.busy} sentences refused as busy" if given.script else ""),
    ]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("--index", default="")
    parser.add_argument("--questions", required=True, help="SQL: a column of questions, out of the library")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--think", type=float, default=10.0)
    parser.add_argument("--precision", default="int8", choices=("f32", "int8"))
    parser.add_argument("--script", action="store_true")
    parser.add_argument("--write", action="store_true", help=f"append to {RESULTS.name}")
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with datasette(given.library, {"precision": given.precision}) as (pid, home):
        listed = httpx.get(home, follow_redirects=False)
        address = home.partition("/-/")[0] + (
            listed.headers["location"] if listed.is_redirect else f"/-/library/{Path(given.library).stem}/{given.index}"
        )
        begun = httpx.get(address)
        if begun.status_code != 200:
            sys.exit(f"page.py: {address}: HTTP {begun.status_code}: name the index with --index")
        with contextlib.closing(sqlite3.connect(given.library)) as db:
            name = address.rpartition("/")[2]
            given.papers = db.execute(f'SELECT count(*) FROM "{name}_docs"').fetchone()[0]
        used = processor_seconds(pid)
        measured = asyncio.run(measure(address, given))
        measured.processor = processor_seconds(pid) - used
    text = report(given, measured, before)
    print(text)
    if given.write:
        with RESULTS.open("a") as file:
            file.write("\n" + text)
    sys.exit(bool(measured.failed))


if __name__ == "__main__":
    main()

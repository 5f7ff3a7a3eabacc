"""What the pages ask of Datasette: connections, time limits, permissions, addresses."""

import asyncio
import sqlite3
import time
from typing import Any, Callable, Dict, List, TypeVar

from datasette.utils import tilde_encode

from .. import guard, loading, models, reading, schema

NAME = "biobert-sqlite"
#: Milliseconds that a statement of a page may take. Datasette's own limit is for the SQL of visitors.
TIME_LIMIT_MS = 10_000
#: Virtual machine steps of SQLite between two looks at the clock.
STEPS = 500
#: How often the names of a database's indexes are read again, in seconds.
FRESH_SECONDS = 5.0

#: A search that takes longer than this, from request to rows, shows a server with enough to do.
SLOW_SECONDS = 0.1
#: How much the newest search counts in the mean, and for how long the mean says something.
NEWEST, REMEMBERED_SECONDS = 0.3, 10.0

T = TypeVar("T")


class TookTooLong(Exception):
    """A page's statement was stopped by its time limit."""


def setting(datasette: Any, key: str) -> Any:
    return (datasette.plugin_config(NAME) or {}).get(key)


def prepare(conn: Any, datasette: Any) -> None:
    """Loads biobert into a new connection of Datasette. Raises ExtensionsNotSupported."""
    loading.load(conn)
    precision = setting(datasette, "precision")
    if precision:
        try:
            model = models.find_model()
        except models.NoModel:
            model = None
        if model:
            conn.execute("SELECT biobert_load(?, 'default', json_object('precision', ?))", (model, precision))
    guard.refuse(conn)


async def run(datasette: Any, database: Any, read: Callable[[Any], T]) -> T:
    """read(connection) in a thread of Datasette's, stopped after the time limit."""
    limit = float(setting(datasette, "time_limit_ms") or TIME_LIMIT_MS) / 1000

    def limited(conn: Any) -> T:
        stop = time.monotonic() + limit
        conn.set_progress_handler(lambda: time.monotonic() > stop, STEPS)
        try:
            return read(conn)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TookTooLong(f"stopped after {limit:g} s") from error
            raise
        finally:
            conn.set_progress_handler(None, 0)

    return await database.execute_fn(limited)


class Pace:
    """How busy the server is with pages of results: what is nice to have waits for better times."""

    def __init__(self) -> None:
        self._running, self._mean, self._ended = 0, 0.0, 0.0

    def is_busy(self) -> bool:
        recent = time.monotonic() - self._ended < REMEMBERED_SECONDS
        return self._running > 0 or (recent and self._mean > SLOW_SECONDS)

    async def run(self, datasette: Any, database: Any, read: Callable[[Any], T]) -> T:
        """run(), which counts."""
        begin = time.monotonic()
        self._running += 1
        try:
            return await run(datasette, database, read)
        finally:
            self._running -= 1
            self._ended = time.monotonic()
            self._mean += NEWEST * (self._ended - begin - self._mean)


pace = Pace()

_names: Dict[Any, Any] = {}


async def index_names(datasette: Any, database: Any) -> List[str]:
    """The search indexes of a database."""
    key = (id(datasette), database.name)
    kept = _names.get(key)
    if not kept or time.monotonic() - kept[0] > FRESH_SECONDS:
        kept = _names[key] = (time.monotonic(), await run(datasette, database, schema.indexes))
    return kept[1]


def index_url(datasette: Any, database: str, index: str, *parts: Any) -> str:
    route = datasette.get_database(database).route or database
    path = "/".join(["/-/library", tilde_encode(route), tilde_encode(index), *map(str, parts)])
    return str(datasette.urls.path(path))


async def may_see(datasette: Any, request: Any, database: str, table: str) -> bool:
    """Whether the visitor may look at a table."""
    if hasattr(datasette, "allowed"):
        from datasette.resources import TableResource

        resource = TableResource(database=database, table=table)
        return await datasette.allowed(action="view-table", resource=resource, actor=request.actor)
    visible, _ = await datasette.check_visibility(
        request.actor,
        permissions=[("view-table", (database, table)), ("view-database", database), "view-instance"],
    )
    return visible


def _touch(conn: Any) -> None:
    """A search of every index: reads the model, the codes and the words into memory."""
    for name in schema.indexes(conn):
        try:
            reading.search(conn, schema.read_index(conn, name), reading.Question(text="a"), 1)
        except (sqlite3.Error, schema.NotAnIndex):
            continue  # the page says what is wrong


async def warm(datasette: Any) -> None:
    """Lets every thread of Datasette's search once."""
    threads = max(1, int(datasette.setting("num_sql_threads")))
    for database in list(datasette.databases.values()):
        if not database.is_memory:
            await asyncio.gather(*(database.execute_fn(_touch) for _ in range(threads)))

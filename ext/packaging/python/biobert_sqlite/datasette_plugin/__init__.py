"""Plug-in of Datasette: every connection has biobert, and each search index has pages of its own.

/-/library                     the search indexes of all databases
/-/library/DB/INDEX            a search: ?q=question&words=...&like=ID&f.COLUMN=value&min.COLUMN=, max.COLUMN=
/-/library/DB/INDEX/ID         a paper: its text, what is like it
/-/library/DB/INDEX/map        all papers as points, those that are alike side by side; a search marks what it finds
each with .json beside it

Settings, in datasette.yaml: plugins: {biobert-sqlite: {precision: int8, time_limit_ms: 10000}}.
"""

import sqlite3
import sys
from typing import Any, Callable, List, Optional, Tuple

from datasette import hookimpl

from .. import loading, models
from . import pages, serving

_warned: List[str] = []


@hookimpl
def prepare_connection(conn: Any, database: str, datasette: Any) -> None:
    """Loads biobert, and takes from the SQL of strangers what opens files or runs for hours."""
    try:
        serving.prepare(conn, datasette)
    except loading.ExtensionsNotSupported as error:
        if not _warned:
            _warned.append(str(error))
            print(f"biobert-sqlite: {error}", file=sys.stderr)


@hookimpl
def startup(datasette: Any) -> Callable[[], Any]:
    """Loads the model and reads the indexes once, so that the first visitor does not wait."""

    async def warm() -> None:
        try:
            models.find_model()
        except models.NoModel as error:
            print(f"biobert-sqlite: {error}", file=sys.stderr)
        await serving.warm(datasette)

    return warm


@hookimpl
def register_routes() -> List[Tuple[str, Callable[..., Any]]]:
    index = r"^/-/library/(?P<database>[^/]+)/(?P<index>[^/]+?)"
    form = r"(?P<format>\.json)?$"
    return [
        (r"^/-/library/?$", pages.libraries),
        (index + form, pages.search),
        (index + r"/map" + form, pages.map_),
        (index + r"/(?P<id>-?[0-9]{1,18})/sentence\.json$", pages.sentence),
        (index + r"/(?P<id>-?[0-9]{1,18})" + form, pages.paper),
    ]


@hookimpl
def menu_links(datasette: Any) -> List[dict]:
    return [{"href": datasette.urls.path("/-/library"), "label": "Search by meaning"}]


@hookimpl
def table_actions(datasette: Any, database: str, table: str) -> Callable[[], Any]:
    async def actions() -> List[dict]:
        if table not in await serving.index_names(datasette, datasette.get_database(database)):
            return []
        return [{"href": serving.index_url(datasette, database, table), "label": "Search by meaning"}]

    return actions


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Optional[Callable[[], Any]]:
    """A file with an index, opened by a Python that cannot load the extension."""
    if not isinstance(exception, sqlite3.Error) or "no such module: biobert" not in str(exception):
        return None

    async def explain() -> Any:
        return pages.message(datasette, request, 500, "This file has a search index of biobert", loading.advice())

    return explain

"""Plug-in of sqlite-utils: every connection of its command and its library has biobert."""

import sqlite3
import warnings

from sqlite_utils import hookimpl

from . import loading


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Loads biobert; where Python cannot, sqlite-utils goes on without it, and a warning says why."""
    try:
        loading.load(conn)
    except loading.ExtensionsNotSupported as error:
        warnings.warn(f"biobert is not loaded: {error}", RuntimeWarning, stacklevel=2)

"""Connections on which others type or choose what is asked: they read, and open nothing."""

import sqlite3
from pathlib import Path
from typing import Any, Optional
from urllib.parse import quote

from . import loading

#: What may not be called there: they open paths, write folders, or change settings of the process.
REFUSED = frozenset(("biobert_load", "biobert_unload", "biobert_config", "biobert_train", "biobert_read"))


def _authorize(action: int, first: Optional[str], second: Optional[str], *_: Any) -> int:
    calls = action == sqlite3.SQLITE_FUNCTION and second in REFUSED
    reads = action == sqlite3.SQLITE_READ and first in REFUSED
    return sqlite3.SQLITE_DENY if calls or reads else sqlite3.SQLITE_OK


def refuse(conn: Any) -> None:
    """Refuses, on this connection, the functions and tables of REFUSED."""
    conn.set_authorizer(_authorize)


def open_reading(path: str) -> sqlite3.Connection:
    """A connection with biobert that only reads. Raises FileNotFoundError, ExtensionsNotSupported, sqlite3.Error."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file '{path}'; 'biobert import {path} FILE...' makes it")
    address = f"file:{quote(str(Path(path).resolve()))}?mode=ro"
    conn = sqlite3.connect(address, uri=True, check_same_thread=False)
    loading.load(conn)
    conn.execute("PRAGMA query_only = ON")
    conn.execute("PRAGMA trusted_schema = OFF")
    refuse(conn)
    return conn

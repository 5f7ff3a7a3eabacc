"""Loading the extensions into a connection of sqlite3, pysqlite3 or apsw."""

import sys
from pathlib import Path
from typing import Any

from . import models

#: Where the extensions and the command lie.
FOLDER = Path(__file__).resolve().parent / "bin"


class ExtensionsNotSupported(RuntimeError):
    """The Python that runs was built without loadable extensions of SQLite."""


_ADVICE = (
    "this Python's sqlite3 cannot load extensions ({python}). It was built without them, as pyenv's and "
    "macOS's own are. Use one of: Debian's or Ubuntu's /usr/bin/python3, conda's or Homebrew's Python; pyenv: "
    "PYTHON_CONFIGURE_OPTS=--enable-loadable-sqlite-extensions pyenv install --force {version}; or leave Python "
    "as it is and use another SQLite module: pip install pysqlite3-binary (import pysqlite3 as sqlite3) or apsw. "
    "The command 'biobert' works in any case."
)


def loadable_path(name: str = "biobert") -> str:
    """The path of an extension, for `.load` and sqlite3_load_extension(), without its ending.

    name: 'biobert', or 'biobert_import', which reads files of literature (biobert_read).
    """
    if name not in ("biobert", "biobert_import"):
        raise ValueError(f"no extension {name!r}: there are 'biobert' and 'biobert_import'")
    return str(FOLDER / name)


def load(conn: Any) -> None:
    """Loads biobert into an open connection: the functions biobert_... and the module `biobert`.

    Needs no model yet: the first function that runs one looks for it (models.py says where). Loading of
    extensions is switched off again afterwards. Raises ExtensionsNotSupported, with what to do, where
    Python's sqlite3 cannot load any.
    """
    models.prepare_environment()
    _load(conn, "biobert")


def load_importer(conn: Any) -> None:
    """Loads biobert_import into an open connection: biobert_read(), which reads files of literature."""
    _load(conn, "biobert_import")


def supported(conn: Any) -> bool:
    """Whether a connection can load extensions."""
    return hasattr(conn, "enable_load_extension") or hasattr(conn, "enableloadextension")


def advice() -> str:
    """What to do where extensions cannot be loaded."""
    version = ".".join(map(str, sys.version_info[:3]))
    return _ADVICE.format(python=sys.executable or "Python", version=version)


def _load(conn: Any, name: str) -> None:
    if not supported(conn):
        raise ExtensionsNotSupported(advice())
    # apsw has other names for the same.
    enable = getattr(conn, "enable_load_extension", None) or conn.enableloadextension
    load_extension = getattr(conn, "load_extension", None) or conn.loadextension
    enable(True)
    try:
        load_extension(loadable_path(name))
    finally:
        enable(False)

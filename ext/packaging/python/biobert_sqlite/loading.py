"""Loading the extensions into a connection of sqlite3, pysqlite3 or apsw."""

import sys
from pathlib import Path
from typing import Any, List

from . import models

#: Where the extensions and the command lie.
FOLDER = Path(__file__).resolve().parent / "bin"


class ExtensionsNotSupported(RuntimeError):
    """The Python that runs was built without loadable extensions of SQLite."""


#: Whose Python can load extensions, on each system; on Windows python.org's can.
_OTHERS = {
    "linux": "/usr/bin/python3 -m venv ENV && ENV/bin/pip install biobert-sqlite  # the system's Python",
    "darwin": "brew install python && $(brew --prefix)/bin/python3 -m venv ENV && ENV/bin/pip install biobert-sqlite"
    "  # Homebrew's Python",
}
_PYENV = {
    "linux": "PYTHON_CONFIGURE_OPTS=--enable-loadable-sqlite-extensions pyenv install --force {version}",
    "darwin": "LDFLAGS=-L$(brew --prefix sqlite)/lib CPPFLAGS=-I$(brew --prefix sqlite)/include "
    "PYTHON_CONFIGURE_OPTS=--enable-loadable-sqlite-extensions pyenv install --force {version}",
}


def _ending() -> str:
    return {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")


def loadable_path(name: str = "biobert") -> str:
    """The path of an extension, for `.load` and sqlite3_load_extension().

    name: 'biobert', or 'biobert_import', which reads files of literature (biobert_read).
    """
    if name not in ("biobert", "biobert_import"):
        raise ValueError(f"no extension {name!r}: there are 'biobert' and 'biobert_import'")
    return str(FOLDER / (name + _ending()))


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
    """What to type where extensions cannot be loaded: that which fits this Python and this system."""
    lines: List[str] = []
    if "pyenv" in sys.base_prefix and sys.platform in _PYENV:
        lines.append(_PYENV[sys.platform].format(version=".".join(map(str, sys.version_info[:3]))))
    if sys.platform in _OTHERS:
        lines.append(_OTHERS[sys.platform])
    lines.append("conda create -n ENV python pip && conda run -n ENV pip install biobert-sqlite  # conda's Python")
    lines.append("pip install apsw  # another SQLite module, for this Python: load(apsw.Connection('library.db'))")
    return (
        f"this Python's sqlite3 cannot load extensions ({sys.executable or 'Python'}): it was built without them, "
        "as pyenv's and macOS's own are. Type one of these:\n  "
        + "\n  ".join(lines)
        + "\nThe command 'biobert' works in any case."
    )


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

"""Semantic search and embeddings for biomedical text, inside SQLite.

    import sqlite3, biobert_sqlite
    db = sqlite3.connect("papers.db")
    biobert_sqlite.load(db)
    db.execute("SELECT biobert_embed('aspirin')")

The functions, tables and the search index are described in the project's docs;
`SELECT name, arguments, what FROM biobert_help` lists them.
"""

from ._version import __version__
from .loading import ExtensionsNotSupported, load, load_importer, loadable_path
from .models import NoModel, find_model

__all__ = [
    "ExtensionsNotSupported",
    "NoModel",
    "__version__",
    "find_model",
    "load",
    "load_importer",
    "loadable_path",
]

"""What a database says of its search indexes: read from sqlite_schema, and nothing else is believed."""

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

#: Columns by what they hold, each with the names that people give them, the likeliest first.
ROLES: Dict[str, Tuple[str, ...]] = {
    "title": ("title", "article_title", "paper_title", "articletitle", "name", "subject", "headline"),
    "authors": ("authors", "author", "first_author", "author_list", "author_names", "creators"),
    "journal": ("journal", "journal_title", "publication", "source_title", "venue", "booktitle"),
    "year": ("year", "publication_year", "pub_year", "pubyear", "published", "date"),
    "doi": ("doi",),
    "pmid": ("pmid", "pubmed_id", "pubmedid"),
    "pmcid": ("pmcid", "pmc"),
    "url": ("url", "link"),
}

_QUOTES = {'"': '"', "'": "'", "`": "`", "[": "]"}
_USING = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\b.*?\bUSING\s+biobert\s*\(", re.I | re.S)


class NotAnIndex(LookupError):
    """No search index has this name; the message names those that there are."""


@dataclass(frozen=True)
class Column:
    """A declared column of an index; indexed: its text is searched, else it is for filters and output."""

    name: str
    type: str
    indexed: bool


@dataclass(frozen=True)
class Index:
    """A search index, as its CREATE VIRTUAL TABLE declares it."""

    name: str
    columns: Sequence[Column]
    options: Dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The column that is shown as a paper's title."""
        indexed = [column.name for column in self.columns if column.indexed]
        return _of_role("title", indexed) or (indexed or [self.columns[0].name])[0]

    @property
    def texts(self) -> List[str]:
        """The indexed columns beside the title."""
        return [column.name for column in self.columns if column.indexed and column.name != self.title]

    @property
    def filters(self) -> List[Column]:
        """The columns that filter."""
        return [column for column in self.columns if not column.indexed]


def quote(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def roles(names: Sequence[str]) -> Dict[str, str]:
    """{role: column} for the roles that a list of columns has."""
    found = ((role, _of_role(role, names)) for role in ROLES)
    return {role: name for role, name in found if name}


def _of_role(role: str, names: Sequence[str]) -> Optional[str]:
    folded = {name.lower(): name for name in reversed(names)}
    return next((folded[likely] for likely in ROLES[role] if likely in folded), None)


def _pieces(text: str) -> Iterator[str]:
    """The arguments in the parentheses of a CREATE VIRTUAL TABLE: commas in quotes and brackets are text."""
    begin = at = depth = 0
    while at < len(text):
        c = text[at]
        if c in _QUOTES:
            end = text.find(_QUOTES[c], at + 1)
            at = len(text) if end < 0 else end
        elif c == "(":
            depth += 1
        elif c == "," and depth == 0 or c == ")" and depth == 0:
            yield text[begin:at].strip()
            begin = at + 1
            if c == ")":
                return
        elif c == ")":
            depth -= 1
        at += 1


def _unquote(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] in _QUOTES and text[-1] == _QUOTES[text[0]]:
        return text[1:-1].replace(text[-1] * 2, text[-1])
    return text


_OPTION = re.compile(r"\s*([A-Za-z_]+)\s*=(.*)\Z", re.S)


def indexes(conn: Any) -> List[str]:
    """The names of the search indexes of the main database."""
    rows = conn.execute("SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    return [name for name, sql in rows if _USING.match(sql or "")]


def read_index(conn: Any, name: str) -> Index:
    """The index of this name. Raises NotAnIndex for any other table and for none."""
    row = conn.execute(
        "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE", (name,)
    ).fetchone()
    start = _USING.match(row[1] or "") if row else None
    if not start:
        there = ", ".join(indexes(conn)) or "none"
        raise NotAnIndex(f"no search index {name!r} here; there are: {there}")
    arguments = list(_pieces(row[1][start.end() :]))
    options = [_OPTION.match(argument) for argument in arguments]
    declared = [argument for argument, option in zip(arguments, options) if not option]
    # Names and types are SQLite's own; which of them are filters only the declaration says.
    info = conn.execute("SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden = 0", (row[0],)).fetchall()
    columns = [
        Column(column, type_ or "", not re.search(r"\bUNINDEXED\s*\Z", declaration, re.I))
        for (column, type_), declaration in zip(info, declared)
    ]
    if not columns or len(columns) != len(info):
        raise NotAnIndex(f"the index {name!r} is declared in a way that is not understood: {row[1][:200]}")
    return Index(row[0], columns, {o[1].lower(): _unquote(o[2]) for o in options if o})


@dataclass(frozen=True)
class Papers:
    """The table that an index reads, for the columns that the index does not have."""

    table: str
    key: str
    columns: Sequence[str]


def columns_of(conn: Any, table: str) -> List[str]:
    """The columns of a table or view of the main database; none: there is no such table."""
    return [row[0] for row in conn.execute("SELECT name FROM pragma_table_xinfo(?, 'main')", (table,)).fetchall()]


def read_papers(conn: Any, index: Index) -> Optional[Papers]:
    """The content of an index where it is a table or view of the main database."""
    content = index.options.get("content", "")
    schema, _, table = content.rpartition(".")
    if not content or schema not in ("", "main"):
        return None
    table = _unquote(table)
    there = columns_of(conn, table)
    return Papers(table, index.options.get("content_rowid", "rowid"), there) if there else None

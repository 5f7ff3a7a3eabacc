"""Searches of an index, for programs that show them: every statement reads, and every value is bound."""

import re
import sqlite3
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple
from urllib.parse import quote as url_quote

from . import marking
from .schema import Column, Index, Papers, quote, roles

#: (column, operator, value): operators of OPERATORS.
Filter = Tuple[Column, str, str]
OPERATORS = ("=", ">=", "<=")


@dataclass(frozen=True)
class Question:
    """What is asked. text: language; words: what must and must not occur; like: the key of a paper."""

    text: str = ""
    words: str = ""
    like: Optional[int] = None
    filters: Sequence[Filter] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.words or self.like is not None)


@dataclass
class Hit:
    """A paper that was found. passage: the text that fits best, with the title in front of it; texts: of
    the indexed columns beside the title; values: of the others."""

    id: int
    rank: Optional[float]
    title: str
    passage: str
    texts: Dict[str, str]
    values: Dict[str, Any]

    @property
    def text(self) -> str:
        """The texts, a line each."""
        return "\n".join(text for text in self.texts.values() if text)


def _whole(text: str) -> Optional[int]:
    """A whole number that SQLite can hold."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def _conditions(index: Index, asked: Question, lexical: bool) -> Tuple[List[str], List[Any]]:
    name = quote(index.name)
    conditions: List[str] = []
    values: List[Any] = []
    if asked.like is not None:
        conditions.append(f"{name} MATCH (SELECT vector FROM {name} WHERE rowid = ?) AND rowid <> ?")
        values += [asked.like, asked.like]
    elif asked.text:
        conditions.append(f"{name} MATCH ?" + (" AND mode = 'lexical'" if lexical else ""))
        values.append(asked.text)
    if asked.words:
        conditions.append("words MATCH ?")
        values.append(asked.words)
    for column, operator, value in asked.filters:
        assert operator in OPERATORS
        number = _whole(value)
        # A column without a type keeps 5 and '5' apart; one with a type converts what it is compared with.
        if operator == "=" and not column.type and number is not None:
            conditions.append(f"{quote(column.name)} IN (?, ?)")
            values += [value, number]
        else:
            conditions.append(f"{quote(column.name)} {operator} ?")
            values.append(number if operator != "=" and number is not None else value)
    return conditions, values


def search(
    conn: Any, index: Index, asked: Question, limit: int, offset: int = 0, lexical: bool = False
) -> List[Hit]:
    """The best `limit` papers after `offset`, best first; all in the order of their keys where nothing is asked."""
    conditions, values = _conditions(index, asked, lexical)
    columns = [index.title, *index.texts, *(column.name for column in index.filters)]
    sql = f"SELECT rowid, rank, passage, {', '.join(map(quote, columns))} FROM {quote(index.name)}"
    if conditions:
        sql += " WHERE " + " AND ".join(conditions)
    if not asked.is_empty:
        sql += " ORDER BY rank"
    rows = conn.execute(sql + " LIMIT ? OFFSET ?", (*values, limit, offset)).fetchall()
    return [_hit(index, row) for row in rows]


def _hit(index: Index, row: Sequence[Any]) -> Hit:
    first_filter = 4 + len(index.texts)
    values = dict(zip((column.name for column in index.filters), row[first_filter:]))
    texts = dict(zip(index.texts, map(_text, row[4:first_filter])))
    return Hit(row[0], row[1], _text(row[3]), _text(row[2]), texts, values)


def _text(value: Any) -> str:
    return "" if value is None else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def paper(conn: Any, index: Index, key: int) -> Optional[Hit]:
    """One paper by its key; None: there is none."""
    columns = [index.title, *index.texts, *(column.name for column in index.filters)]
    row = conn.execute(
        f"SELECT rowid, NULL, NULL, {', '.join(map(quote, columns))} FROM {quote(index.name)} WHERE rowid = ?",
        (key,),
    ).fetchone()
    return _hit(index, row) if row else None


def add_columns(conn: Any, papers: Papers, hits: Sequence[Hit]) -> None:
    """Gives the papers what their own table knows of them beside the index's columns."""
    wanted = [column for role, column in roles(papers.columns).items() if role != "title"]
    if not wanted or not hits:
        return
    marks = ", ".join("?" * len(hits))
    rows = conn.execute(
        f"SELECT {quote(papers.key)}, {', '.join(map(quote, wanted))} FROM main.{quote(papers.table)} "
        f"WHERE {quote(papers.key)} IN ({marks})",
        [hit.id for hit in hits],
    ).fetchall()
    known = {row[0]: dict(zip(wanted, row[1:])) for row in rows}
    for hit in hits:
        hit.values = {**known.get(hit.id, {}), **hit.values}


def link(values: Dict[str, Any]) -> Optional[str]:
    """Where the paper can be read: by its PMID, DOI or PMCID, else by the url that it came with."""
    of = {role: _text(values.get(column)).strip() for role, column in roles(list(values)).items()}
    if re.fullmatch(r"[0-9]+", of.get("pmid", "")):
        return f"https://pubmed.ncbi.nlm.nih.gov/{of['pmid']}/"
    if re.fullmatch(r"10\.[0-9.]+/\S+", of.get("doi", "")):
        return "https://doi.org/" + url_quote(of["doi"], safe="/:;()")
    if re.fullmatch(r"PMC[0-9]+", of.get("pmcid", "")):
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{of['pmcid']}/"
    if re.match(r"https?://", of.get("url", "")):
        return of["url"]
    return None


def size(conn: Any, index: Index) -> Dict[str, Any]:
    """What biobert_status says of an index: rows, pending, stale, failed, model, notes, ..."""
    cursor = conn.execute("SELECT * FROM biobert_status(?)", (index.name,))
    names = [column[0] for column in cursor.description]
    return dict(zip(names, cursor.fetchone()))


@dataclass(frozen=True)
class Sentence:
    """A sentence of a text: text[start_char:end_char], and the same in bytes of its UTF-8."""

    text: str
    similarity: Optional[float]
    start_char: int
    end_char: int
    start_byte: int
    end_byte: int


#: Characters of a text of which every sentence is looked at; of a longer one, those of the passage that fits best.
WHOLE = 8000


def _stretch(conn: Any, index: Index, question: str, hit: Hit, text: str) -> Tuple[int, int]:
    """Where in a text to look for the answer."""
    if len(text) <= WHOLE:
        return 0, len(text)
    name = quote(index.name)
    row = conn.execute(f"SELECT passage FROM {name} WHERE {name} MATCH ? AND rowid = ?", (question, hit.id)).fetchone()
    found = marking.place(_text(row[0]), hit.title, text) if row else None
    return found or (0, WHOLE)


def sentences(
    conn: Any, index: Index, question: str, hit: Hit, text: str, count: int = 1
) -> List[Sentence]:
    """The sentences of a paper's text that are nearest to a question. Runs the model on each of them."""
    start, end = _stretch(conn, index, question, hit, text)
    start_byte = len(text[:start].encode())
    rows = conn.execute(
        "SELECT text, similarity, start_char, end_char, start_byte, end_byte FROM biobert_highlight(?, ?, ?)",
        (question, text[start:end], count),
    ).fetchall()
    return [
        Sentence(r[0], r[1], start + r[2], start + r[3], start_byte + r[4], start_byte + r[5]) for r in rows
    ]


def is_no_model(error: sqlite3.Error) -> bool:
    """Whether a search failed because there is no model, or another one than the index was made with."""
    return bool(re.search(r"no model is|made by another model", str(error)))

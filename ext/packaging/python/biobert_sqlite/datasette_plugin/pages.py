"""The pages of a library: rendered on the server, read-only, each with its JSON beside it."""

import asyncio
import sqlite3
from dataclasses import asdict
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlencode

from datasette.utils import tilde_decode
from datasette.utils.asgi import Response
from jinja2 import Environment, PackageLoader

from .. import mapping, marking, models, reading, schema
from .._version import __version__
from ..reading import Hit, Question
from ..schema import Index
from . import drawing, facets, serving

#: Papers on a page, and how many of the best are looked at: for the filters, and as pages.
PAGE, BEST = 10, 100
#: Characters of a question: more is no question, and costs the model time.
LONGEST = 2000
SIMILAR = 5
#: Papers that a question makes stand out on a map.
MARKED = 20

#: Nothing is loaded from elsewhere, and no script runs but the page's own.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

_templates = Environment(
    loader=PackageLoader(__name__.rpartition(".")[0], "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


class BadRequest(Exception):
    """What was asked cannot be answered: the message says why."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status, self.title = status, title


def _render(datasette: Any, request: Any, template: str, status: int = 200, **values: Any) -> Response:
    static = str(datasette.urls.path("/-/static-plugins/biobert_sqlite"))
    body = _templates.get_template(template).render(
        static=static, version=__version__, home=str(datasette.urls.path("/-/library")), **values
    )
    return Response.html(body, status=status, headers=HEADERS)


def message(datasette: Any, request: Any, status: int, title: str, text: str) -> Response:
    """A page that says what is wrong, or the same as JSON."""
    if request.path.endswith(".json"):
        return Response.json({"error": title, "message": text}, status=status)
    return _render(datasette, request, "library_message.html", status, title=title, text=text)


def _answers_errors(view: Any) -> Any:
    """Turns what a view raises into a page."""

    async def answer(request: Any, datasette: Any) -> Response:
        try:
            return await view(request, datasette)
        except BadRequest as error:
            return message(datasette, request, error.status, error.title, str(error))
        except serving.TookTooLong as error:
            return message(datasette, request, 503, "This took too long", f"{error}; ask again, or ask for less")
        except schema.NotAnIndex as error:
            return message(datasette, request, 404, "There is no such library", str(error))
        except sqlite3.Error as error:
            return message(datasette, request, 400, "This cannot be searched", str(error))

    return answer


# What a request asks ---------------------------------------------------------------------------------


async def _open(request: Any, datasette: Any) -> Tuple[Any, Index]:
    """The database and the index that the address names: both are looked up, neither is believed."""
    route, name = (tilde_decode(request.url_vars[part]) for part in ("database", "index"))
    try:
        database = datasette.get_database(route=route)
    except KeyError:
        raise BadRequest(404, "There is no such database", f"no database {route!r} here") from None
    try:
        index = await serving.run(datasette, database, lambda conn: schema.read_index(conn, name))
    except UnicodeError:
        raise BadRequest(404, "There is no such library", "its name is no text") from None
    if not await serving.may_see(datasette, request, database.name, index.name):
        raise BadRequest(403, "Not for you", f"{index.name} is not open to you")
    return database, index


def _number(text: str, what: str) -> int:
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 18:
        raise BadRequest(400, "This is no number", f"{what} is {text[:40]!r}: a whole number is expected")
    return int(text)


def _text(request: Any, name: str) -> str:
    text = (request.args.get(name) or "").strip()
    if len(text) > LONGEST:
        raise BadRequest(400, "This is too long", f"{name} has {len(text)} characters; {LONGEST} are the most")
    # What no UTF-8 has came from a broken address.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _filters(request: Any, index: Index) -> List[reading.Filter]:
    columns = {column.name: column for column in index.filters}
    found: List[reading.Filter] = []
    for argument in request.args:
        prefix, dot, name = argument.partition(".")
        operator = {"f": "=", "min": ">=", "max": "<="}.get(prefix) if dot else None
        if not operator or not _text(request, argument):
            continue
        if name not in columns:
            there = ", ".join(columns) or "none"
            raise BadRequest(400, "There is no such filter", f"no column {name[:40]!r} filters; there are: {there}")
        found.append((columns[name], operator, _text(request, argument)))
    return found


def _question(request: Any, index: Index) -> Question:
    like = _text(request, "like")
    return Question(
        text=_text(request, "q"),
        words=_text(request, "words"),
        like=_number(like, "like") if like else None,
        filters=_filters(request, index),
    )


# What is found ----------------------------------------------------------------------------------------


def _find(conn: Any, index: Index, asked: Question) -> Tuple[List[Hit], str, int]:
    """The best papers, a note, and the page's status. Where the model is missing words alone decide; what
    cannot be searched (words that are no condition) is said beside the form that can mend it."""
    try:
        return reading.search(conn, index, asked, BEST), "", 200
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            raise
        if not asked.text or asked.like is not None or not reading.is_no_model(error):
            return [], str(error), 400
        note = models.ADVICE if "no model is" in str(error) else str(error)
    return reading.search(conn, index, asked, BEST, lexical=True), f"Words only: {note}", 200


async def _papers_table(request: Any, datasette: Any, database: Any, index: Index) -> Optional[schema.Papers]:
    """The table behind the index, where the visitor may look at it too."""
    papers = await serving.run(datasette, database, lambda conn: schema.read_papers(conn, index))
    visible = papers and await serving.may_see(datasette, request, database.name, papers.table)
    return papers if visible else None


def _line(values: Dict[str, Any]) -> List[str]:
    """Authors, journal, year: what is said under a title."""
    of = schema.roles(list(values))
    authors = str(values.get(of.get("authors", ""), "") or "")
    first, more = (authors.partition(";")[0], ";" in authors)
    parts = [first + (" et al." if more else "")]
    parts += [str(values.get(of.get(role, ""), "") or "") for role in ("journal", "year")]
    return [part for part in parts if part]


def _shown(hit: Hit, asked: Question, url: str) -> Dict[str, Any]:
    """A paper as templates and JSON have it."""
    text, words = hit.text, marking.question_words(f"{asked.text} {asked.words}")
    sentence = marking.best_sentence(text, words, marking.place(hit.passage, hit.title, text))
    query = f"?{urlencode({'q': asked.text})}" if asked.text else ""
    return {
        "id": hit.id,
        "rank": hit.rank,
        "title": hit.title,
        "sentence": text[slice(*sentence)] if sentence else None,
        "passage": hit.passage or hit.text,
        "values": hit.values,
        "line": _line(hit.values),
        "link": reading.link(hit.values),
        "url": f"{url}/{hit.id}{query}",
        "pieces": marking.excerpt(text, words, sentence),
    }


def _for_json(paper: Dict[str, Any]) -> Dict[str, Any]:
    values = {k: v if not isinstance(v, bytes) else v.hex() for k, v in paper["values"].items()}
    return {**{k: v for k, v in paper.items() if k not in ("pieces", "line")}, "values": values}


class _Address:
    """The address of a search, with some arguments changed."""

    def __init__(self, path: str, request: Any) -> None:
        self.path = path
        self.pairs = [(k, v) for k in request.args for v in request.args.getlist(k) if v]

    def __call__(self, **changes: Any) -> str:
        """None takes an argument out; a page begins anew where anything else changes."""
        gone = {*changes, "page"}
        pairs = [pair for pair in self.pairs if pair[0] not in gone]
        pairs += [(k, v) for k, v in changes.items() if v is not None]
        return self.path + ("?" + urlencode(pairs) if pairs else "")

    def hidden(self, *without: str) -> List[Tuple[str, str]]:
        """Arguments that a form takes along."""
        return [pair for pair in self.pairs if pair[0] not in without]


# Pages ------------------------------------------------------------------------------------------------


@_answers_errors
async def libraries(request: Any, datasette: Any) -> Response:
    """The search indexes of all databases."""
    found = []
    for name, database in datasette.databases.items():
        if database.is_memory:
            continue
        for index in await serving.index_names(datasette, database):
            if await serving.may_see(datasette, request, name, index):
                found.append((name, index, serving.index_url(datasette, name, index)))
    if len(found) == 1:
        return Response.redirect(found[0][2])
    return _render(datasette, request, "library_list.html", libraries=found)


@_answers_errors
async def search(request: Any, datasette: Any) -> Response:
    """The search page of an index."""
    database, index = await _open(request, datasette)
    asked = _question(request, index)
    page = min(max(_number(_text(request, "page") or "1", "page"), 1), BEST // PAGE)
    table = await _papers_table(request, datasette, database, index)

    def read(conn: Any) -> Dict[str, Any]:
        hits, note, status = _find(conn, index, asked)
        here = hits[(page - 1) * PAGE : page * PAGE]
        if table:
            reading.add_columns(conn, table, here)
        like = reading.paper(conn, index, asked.like) if asked.like is not None else None
        return {"hits": hits, "here": here, "note": note, "status": status, "like": like}

    found = await serving.pace.run(datasette, database, read)
    url = serving.index_url(datasette, database.name, index.name)
    papers = [_shown(hit, asked, url) for hit in found["here"]]
    groups = facets.facets(index, found["hits"], asked.filters)
    if request.url_vars["format"]:
        answer = _search_json(database, index, asked, page, papers, groups, found["note"])
        return Response.json(answer, status=found["status"], headers=HEADERS)
    return _render(
        datasette,
        request,
        "library_search.html",
        **found,
        address=_Address(url, request),
        asked=asked,
        facets=groups,
        index=index,
        page=page,
        papers=papers,
        pages=-(-len(found["hits"]) // PAGE),
        per_page=PAGE,
        best=BEST,
        url=url,
    )


def _search_json(
    database: Any,
    index: Index,
    asked: Question,
    page: int,
    papers: List[dict],
    groups: List[facets.Facet],
    note: str,
) -> Dict[str, Any]:
    return {
        "database": database.name,
        "index": index.name,
        "question": asked.text,
        "words": asked.words,
        "like": asked.like,
        "filters": [[column.name, operator, value] for column, operator, value in asked.filters],
        "page": page,
        "note": note,
        "papers": [_for_json(paper) for paper in papers],
        "facets": [{"column": g.column.name, "values": g.values, "counts": g.counts} for g in groups],
    }


@_answers_errors
async def map_(request: Any, datasette: Any) -> Response:
    """The map of an index; of a question the papers that it finds stand out."""
    database, index = await _open(request, datasette)
    asked = _question(request, index)
    if not database.path:
        raise BadRequest(400, "There is no map", f"{database.name} is in memory: a map is drawn of a file")
    drawn = await drawing.find(datasette, database, index)
    if drawn.error:
        raise BadRequest(400, "There is no map", drawn.error)
    url = serving.index_url(datasette, database.name, index.name)
    if not drawn.map:
        if request.url_vars["format"]:
            return Response.json({"drawing": True}, status=202, headers=HEADERS)
        return _render(datasette, request, "library_drawing.html", 202, index=index, url=url)
    table = drawn.map.table
    if table and not await serving.may_see(datasette, request, database.name, table):
        raise BadRequest(403, "Not for you", f"{table} is not open to you")
    hits, note, status = [], "", 200
    if not asked.is_empty:
        hits, note, status = await serving.pace.run(datasette, database, lambda conn: _find(conn, index, asked))
    # Filters alone choose papers; a question ranks them all, and the best are meant.
    found = {hit.id for hit in hits[: MARKED if asked.text or asked.like is not None else BEST]}
    if request.url_vars["format"]:
        return Response.json({**asdict(drawn.map), "found": sorted(found), "note": note}, status, headers=HEADERS)
    about: Dict[str, Any] = {"index": index, "url": url, "asked": asked, "note": note, "found": found}
    return _render(
        datasette,
        request,
        "library_map.html",
        status,
        **about,
        address=_Address(url + "/map", request),
        map=drawn.map,
        size=(mapping.WIDTH, mapping.HEIGHT),
    )


@_answers_errors
async def paper(request: Any, datasette: Any) -> Response:
    """A paper: its text with the sentence that answers, and the papers that are like it."""
    database, index = await _open(request, datasette)
    key = int(request.url_vars["id"])
    asked = Question(text=_text(request, "q"))
    table = await _papers_table(request, datasette, database, index)

    def read(conn: Any) -> Optional[Tuple[Hit, List[Hit], Optional[reading.Sentence]]]:
        hit = reading.paper(conn, index, key)
        if not hit:
            return None
        like = reading.search(conn, index, Question(like=key), SIMILAR)
        if table:
            reading.add_columns(conn, table, [hit, *like])
        return hit, like, _sentence(conn, index, asked.text, hit)

    found = await serving.run(datasette, database, read)
    if not found:
        raise BadRequest(404, "There is no such paper", f"{index.name} has no paper {key}")
    hit, like, sentence_ = found
    url = serving.index_url(datasette, database.name, index.name)
    words = marking.question_words(asked.text)
    span = (sentence_.start_char, sentence_.end_char) if sentence_ else marking.best_sentence(hit.text, words)
    shown = _shown(hit, asked, url)
    similar = [_shown(other, Question(), url) for other in like]
    if request.url_vars["format"]:
        answer = {"paper": _for_json(shown), "text": hit.text, "similar": [_for_json(p) for p in similar]}
        return Response.json({**answer, "sentence": asdict(sentence_) if sentence_ else None}, headers=HEADERS)
    pieces = marking.mark(hit.text, words, span)
    about: Dict[str, Any] = {"paper": shown, "similar": similar, "pieces": pieces, "asked": asked}
    return _render(datasette, request, "library_paper.html", index=index, url=url, **about)


def _sentence(conn: Any, index: Index, question: str, hit: Optional[Hit]) -> Optional[reading.Sentence]:
    """The sentence that answers by its meaning; None without a question, a text or a model."""
    if not question or not hit or not hit.text:
        return None
    try:
        return next(iter(reading.sentences(conn, index, question, hit, hit.text)), None)
    except sqlite3.OperationalError as error:
        if reading.is_no_model(error):
            return None
        raise


#: One sentence is looked for at a time, few requests wait, and searches come first: a page has a sentence by
#: words already.
_ONE_SENTENCE = asyncio.Semaphore(1)
_WAITING_MOST = 4
_waiting: List[str] = []


@_answers_errors
async def sentence(request: Any, datasette: Any) -> Response:
    """The sentence of a paper that answers a question: what the page's script asks for, paper by paper."""
    if len(_waiting) >= _WAITING_MOST or serving.pace.is_busy():
        return Response.json({"busy": True}, headers=HEADERS)
    _waiting.append(request.path)
    try:
        async with _ONE_SENTENCE:
            return await _find_sentence(request, datasette)
    finally:
        _waiting.remove(request.path)


async def _find_sentence(request: Any, datasette: Any) -> Response:
    database, index = await _open(request, datasette)
    question, key = _text(request, "q"), int(request.url_vars["id"])

    def read(conn: Any) -> Tuple[str, Optional[reading.Sentence]]:
        hit = reading.paper(conn, index, key)
        return hit.text if hit else "", _sentence(conn, index, question, hit)

    text, found = await serving.run(datasette, database, read)
    pieces = []
    if found:
        span = (found.start_char, found.end_char)
        pieces = marking.excerpt(text, marking.question_words(question), span)
    return Response.json({"sentence": asdict(found) if found else None, "pieces": pieces}, headers=HEADERS)

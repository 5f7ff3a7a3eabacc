"""The map of an index: papers that are alike lie side by side, coloured and named by topic.

Read from a table INDEX_map where the database has one (id, x, y and, if it is there, topic, the topic's words:
sql/queries/map_table.sql makes it), else computed by biobert_map(), biobert_clusters() and biobert_topics().
"""

import math
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from .schema import Index, columns_of, quote

#: The picture's size in its own units, and the empty border of it.
WIDTH, HEIGHT, MARGIN = 1000, 700, 30
#: Points that are drawn: of a larger library every n-th paper, so that a page stays under a megabyte.
SHOWN_MOST = 4000
#: More points than these are drawn smaller.
DENSE = 500
#: Rows that are read of a table of the map.
READ_MOST = 1_000_000
#: Words of a topic's name on the picture, and of those that are kept of it.
NAME_WORDS, WORDS = 3, 6
#: The average width of a name's letter and the height of its line, in units of the picture.
LETTER, LINE = 7.5, 18

#: (id, x, y, number of the topic, its words, title); of a table of the map the words stand for the number.
Row = Tuple[int, float, float, Any, Optional[str], Optional[str]]


@dataclass(frozen=True)
class Point:
    """A paper, at its place in the picture."""

    id: int
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Topic:
    """Papers of one colour, from left to right; label: where its name stands, None where there is no room."""

    words: str
    name: str
    size: int
    points: Sequence[Point]
    middle: Point
    label: Optional[Tuple[float, float]]


@dataclass(frozen=True)
class Map:
    """topics: the largest first, last the papers without one (words ''); table: that it was read from."""

    topics: Sequence[Topic]
    total: int
    table: Optional[str]

    @property
    def shown(self) -> int:
        return sum(len(topic.points) for topic in self.topics)

    @property
    def is_dense(self) -> bool:
        return self.shown > DENSE


def read(conn: Any, index: Index, most: int) -> Map:
    """The map of an index. Raises TooLarge where it would have to be computed of more than `most` papers."""
    table = _find_table(conn, index)
    if table:
        rows = conn.execute(_of_table(index, *table), (READ_MOST,)).fetchall()
    else:
        _check_size(conn, index, most)
        rows = conn.execute(_computed(index), (index.name,) * 3).fetchall()
    return _arrange(rows, table[0] if table else None)


class TooLarge(sqlite3.OperationalError):
    """A map that a server should not compute while people search."""


def _check_size(conn: Any, index: Index, most: int) -> None:
    (count,) = conn.execute(f"SELECT count(*) FROM {quote(index.name)}").fetchone()
    if count > most:
        raise TooLarge(
            f"{index.name} has {count:,} papers: more than {most:,} are not drawn beside searches. Keep a map in the "
            f"file: .read sql/queries/map_table.sql; or type: biobert map LIBRARY.db --html map.html"
        )


def _find_table(conn: Any, index: Index) -> Optional[Tuple[str, List[str]]]:
    name = f"{index.name}_map"
    there = columns_of(conn, name)
    return (name, there) if {"id", "x", "y"} <= {column.lower() for column in there} else None


def _of_table(index: Index, name: str, there: Sequence[str]) -> str:
    topic = "m.topic" if "topic" in map(str.lower, there) else "NULL"
    return (
        f"SELECT s.rowid, m.x, m.y, {topic}, {topic}, s.{quote(index.title)} FROM main.{quote(name)} m "
        f"JOIN {quote(index.name)} s ON s.rowid = m.id LIMIT ?"
    )


def _computed(index: Index) -> str:
    """Each function runs once: materialized, their rows are joined by an index that SQLite makes."""
    return (
        "WITH place AS MATERIALIZED (SELECT rowid AS id, x, y FROM biobert_map(?)), "
        "member AS MATERIALIZED (SELECT rowid AS id, cluster FROM biobert_clusters(?)), "
        f"topic AS MATERIALIZED (SELECT cluster, words FROM biobert_topics(?, NULL, 0, {WORDS})) "
        f"SELECT place.id, place.x, place.y, member.cluster, topic.words, s.{quote(index.title)} FROM place "
        "LEFT JOIN member ON member.id = place.id LEFT JOIN topic ON topic.cluster = member.cluster "
        f"JOIN {quote(index.name)} s ON s.rowid = place.id"
    )


def _is_place(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _fit(values: Sequence[float], size: int) -> Callable[[float], float]:
    """Moves and stretches values so that they fill a side of the picture."""
    low, range_ = min(values), float(max(values)) - min(values)
    if range_ <= 0 or not math.isfinite(range_):
        return lambda value: size / 2
    stretch = (size - 2 * MARGIN) / range_
    return lambda value: round(MARGIN + (value - low) * stretch, 1)


def _sample(rows: Sequence[Row]) -> List[Row]:
    """At most SHOWN_MOST of them, evenly."""
    count = min(len(rows), SHOWN_MOST)
    return [rows[number * len(rows) // count] for number in range(count)]


def _arrange(rows: Iterable[Row], table: Optional[str]) -> Map:
    placed = sorted((row for row in rows if _is_place(row[1]) and _is_place(row[2])), key=lambda row: row[0])
    if not placed:
        return Map((), 0, table)
    across, down = _fit([row[1] for row in placed], WIDTH), _fit([row[2] for row in placed], HEIGHT)
    sizes = Counter(row[3] for row in placed)
    words = {row[3]: _text(row[4]) for row in placed}
    members: Dict[Any, List[Point]] = defaultdict(list)
    for key, x, y, number, _, title in _sample(placed):
        members[number].append(Point(key, across(x), down(y), _text(title)))
    order = sorted(members, key=lambda number: (not words[number], -sizes[number], str(number)))
    labels = _Labels()
    topics = [_topic(words[number], sizes[number], members[number], labels) for number in order]
    return Map(topics, len(placed), table)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _topic(words: str, size: int, points: List[Point], labels: "_Labels") -> Topic:
    name, middle = ", ".join(words.split(", ")[:NAME_WORDS]), _middle(points)
    ordered = sorted(points, key=lambda point: (point.x, point.y, point.id))
    return Topic(words, name, size, ordered, middle, labels.place(name, middle))


def _middle(points: Sequence[Point]) -> Point:
    """The paper nearest to the middle of its topic's."""
    x, y = median(point.x for point in points), median(point.y for point in points)
    return min(points, key=lambda point: math.hypot(point.x - x, point.y - y))


class _Labels:
    """Names that do not overlap: of two that would, the larger topic's is shown."""

    def __init__(self) -> None:
        self._taken: List[Tuple[float, float, float]] = []

    def place(self, name: str, at: Point) -> Optional[Tuple[float, float]]:
        """Where a name's middle stands: above its paper, within the picture."""
        half = len(name) * LETTER / 2
        x, y = max(half, min(WIDTH - half, at.x)), max(LINE, at.y - LINE)
        clash = any(abs(x - x2) < half + half2 and abs(y - y2) < LINE for x2, y2, half2 in self._taken)
        if not name or clash:
            return None
        self._taken.append((x, y, half))
        return x, y

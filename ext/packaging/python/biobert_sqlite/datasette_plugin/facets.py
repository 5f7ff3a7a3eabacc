"""Which values of the filter columns there are, and how often: what a visitor can narrow a search by."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Iterable, List, Sequence

from ..reading import Filter, Hit
from ..schema import Column, Index, roles

#: Values that are shown of a column, the most frequent first.
SHOWN = 8
#: Columns of these roles name one paper each: they are no groups.
NO_GROUPS = ("title", "doi", "pmid", "pmcid", "url")


@dataclass
class Facet:
    """A column: a range of numbers, or values with counts."""

    column: Column
    is_range: bool
    values: List[Any]
    counts: List[int]
    chosen: str = ""
    low: str = ""
    high: str = ""


def _is_number(column: Column, role_of: dict) -> bool:
    return column.name == role_of.get("year") or column.type.upper() in ("INTEGER", "INT", "REAL", "NUMERIC")


def facets(index: Index, hits: Sequence[Hit], filters: Iterable[Filter]) -> List[Facet]:
    """Of the papers that were found; a column on which nothing can be chosen is left out."""
    role_of = roles([column.name for column in index.filters])
    single = {role_of.get(role) for role in NO_GROUPS}
    chosen = {(column.name, operator): value for column, operator, value in filters}
    found = []
    for column in index.filters:
        if column.name in single:
            continue
        counted = Counter(v for v in (hit.values.get(column.name) for hit in hits) if v not in (None, ""))
        top = counted.most_common(SHOWN)
        facet = Facet(column, _is_number(column, role_of), [v for v, _ in top], [n for _, n in top])
        facet.chosen = chosen.get((column.name, "="), "")
        facet.low, facet.high = chosen.get((column.name, ">="), ""), chosen.get((column.name, "<="), "")
        grouped = bool(top) and (len(counted) < sum(counted.values()) or len(counted) == 1)
        if facet.is_range or grouped or facet.chosen:
            found.append(facet)
    return found

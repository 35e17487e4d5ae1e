"""Finding products, tables and columns by words: whole, by their beginning, or with a slip of the finger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from weft.model.column import walk
from weft.model.mesh import Mesh
from weft.model.product import Product, Table

MOST = 50
_WORD = re.compile(r"[^\W_]+")
_LONGEST_QUERY = 200
_KINDS = ("product", "table", "column")
_WHOLE, _BEGINNING, _INSIDE, _SLIP = 1.0, 0.8, 0.5, 0.4
_ONE_SLIP, _TWO_SLIPS = 4, 8
"""Letters from which one or two slips are forgiven."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something that fits the words."""

    kind: Literal["product", "table", "column"]
    product: str
    table: str
    column: str
    label: str
    description: str
    owner: str


class Finds(msgspec.Struct, frozen=True, kw_only=True):
    """All that fits, the best first."""

    items: list[Found]


def search(mesh: Mesh, text: str, *, most: int = MOST) -> Finds:
    """What fits every word, the best first; no words find nothing."""
    words = _words(text[:_LONGEST_QUERY])
    if not words:
        return Finds(items=[])
    scored = [(score, found) for found, extra in _everything(mesh) if (score := _score(words, found, extra)) > 0]
    scored.sort(key=lambda pair: (-pair[0], _KINDS.index(pair[1].kind), pair[1].product, pair[1].label))
    return Finds(items=[found for _, found in scored[:most]])


def _everything(mesh: Mesh) -> Iterator[tuple[Found, str]]:
    """All that can be found, with words that lead to it beside its own."""
    for product in mesh.products:
        yield _found(product, None, "", product.name, product.description), f"{product.domain} {product.owner}"
        for table in product.tables:
            yield _found(product, table, "", table.name, _told(product, table)), table.contract
            for path, column in walk(table.columns):
                yield _found(product, table, path, path, column.description), column.classification


def _found(product: Product, table: Table | None, column: str, label: str, description: str) -> Found:
    return Found(
        kind="column" if column else "table" if table else "product",
        product=product.name,
        table=table.name if table else "",
        column=column,
        label=label,
        description=description,
        owner=product.owner,
    )


def _told(product: Product, table: Table) -> str:
    return f"{table.layer} table of {product.name}"


def _score(words: Sequence[str], found: Found, extra: str) -> float:
    """How well something fits: its name counts most, and every word must fit somewhere."""
    places = ((_words(found.label), 4.0), (_words(extra), 2.0), (_words(found.description), 1.0))
    total = 0.0
    for word in words:
        best = max((weight * _fit(word, other) for others, weight in places for other in others), default=0.0)
        if best <= 0:
            return 0.0
        total += best
    # A short name that the words fill is closer to what was meant than a long one that has them among others.
    return total + len(words) / max(len(words), len(places[0][0]))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _fit(word: str, other: str) -> float:
    if word == other:
        return _WHOLE
    if other.startswith(word):
        return _BEGINNING
    if len(word) >= _ONE_SLIP and word in other:
        return _INSIDE
    slips = 2 if len(word) >= _TWO_SLIPS else 1 if len(word) >= _ONE_SLIP else 0
    # A word that is still being typed may hold the slip already: compare it with as much of the other.
    near = slips and min(_distance(word, other, slips), _distance(word, other[: len(word)], slips)) <= slips
    return _SLIP if near else 0.0


def _distance(one: str, other: str, most: int) -> int:
    """Letters added, dropped, changed or swapped between two words; more than `most` is not told exactly."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i] + [0] * len(other)
        for j, there in enumerate(other, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                row[j] = min(row[j], older[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]

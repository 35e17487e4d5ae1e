"""Data routes: a row, a page of rows, a search, a SELECT. They parse the question, ask the door, and write the answer."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

import msgspec

from weft.model.errors import InvalidInput
from weft.model.event import Position
from weft.model.question import Condition, Operator, Question
from weft.serving.door import Page, rows_as_json
from weft.serving.http.answer import Answer, Headers, as_json, at
from weft.serving.http.call import Call, whole
from weft.serving.http.desk import Desk
from weft.serving.http.tabular import cells, column_types
from weft.serving.shelf import Shelf

_OPERATORS: tuple[Operator, ...] = ("eq", "ne", "gt", "gte", "lt", "lte", "in")
_PAGING = frozenset({"page", "size", "sort"})
_MOST_ROWS = 10_000


class SearchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What POST …/search takes."""

    filters: dict[str, Any] = {}
    query: str = ""
    sort: str = ""
    page: int = 1
    size: int = 20


class QueryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What POST /api/v1/query takes."""

    sql: str
    limit: int = 100


class Data:
    """The routes under a product's tables."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = desk.door
        self._shelf = Shelf(desk.door.house)

    async def row(self, call: Call) -> Answer:
        """GET one row."""
        return await self.one(call, call.param("product"), call.param("table"), call.param("key"))

    async def first_row(self, call: Call) -> Answer:
        """GET one row of a product's first table: the brief's spelling."""
        product = call.param("product")
        return await self.one(call, product, self._shelf.first_table(product), call.param("key"))

    async def one(self, call: Call, product: str, table: str, key: str) -> Answer:
        """The answer with one row; 304 for a caller who has it already."""
        row = await self._door.get(call.who, product, table, key, at_least=call.position(), trace=call.trace.id)
        tag = f'"{blake2b(row.body, digest_size=12).hexdigest()}"'
        headers = (*at(row.position), (b"etag", tag.encode()))
        if tag in _tags(call.header(b"if-none-match")):
            return Answer(status=304, headers=headers)
        return Answer(row.body, headers=headers)

    async def rows(self, call: Call) -> Answer:
        """GET a page of rows."""
        return await self.listed(call, call.param("product"), call.param("table"))

    async def listed(self, call: Call, product: str, table: str) -> Answer:
        """The answer with a page of rows as the URL's parameters ask."""
        sight = self._door.look(call.who, "read", product, table, trace=call.trace.id)
        parameters = call.query()
        question = _question(parameters)
        page = await self._door.find_in(sight, question, at_least=call.position())
        return _paged(page, _links(call.path, parameters, page))

    async def search(self, call: Call) -> Answer:
        """POST a search."""
        return await self.searched(call, call.param("product"), call.param("table"))

    async def first_search(self, call: Call) -> Answer:
        """POST a search of a product's first table: the brief's spelling."""
        product = call.param("product")
        return await self.searched(call, product, self._shelf.first_table(product))

    async def searched(self, call: Call, product: str, table: str) -> Answer:
        """The answer with a page of rows as the body asks."""
        sight = self._door.look(call.who, "read", product, table, trace=call.trace.id)
        body = await call.json(SearchBody)
        question = Question(
            conditions=tuple(_conditions(body.filters)),
            text=body.query,
            sort=_sort(body.sort),
            page=body.page,
            size=body.size,
        )
        page = await self._door.find_in(sight, question, at_least=call.position())
        return _paged(page, ())

    async def query(self, call: Call) -> Answer:
        """POST a SELECT."""
        body = await call.json(QueryBody)
        if not 1 <= body.limit <= _MOST_ROWS:
            raise InvalidInput(f"limit {body.limit} is out of range", hint=f"1 to {_MOST_ROWS}")
        started = self._desk.clock.monotonic()
        result = await self._door.query(
            call.who, body.sql, limit=body.limit, at_least=call.positions(), trace=call.trace.id
        )
        return as_json(
            {
                "columns": column_types(result.rows.schema),
                "rows": cells(result.rows),
                "seconds": round(self._desk.clock.monotonic() - started, 6),
            },
            headers=_positions(result.positions),
        )


def _question(parameters: dict[str, str]) -> Question:
    return Question(
        conditions=tuple(_condition(name, value) for name, value in parameters.items() if name not in _PAGING),
        sort=_sort(parameters.get("sort", "")),
        page=whole(parameters.get("page", ""), "page", 1),
        size=whole(parameters.get("size", ""), "size", 20),
    )


def _condition(name: str, value: Any) -> Condition:
    column, _, word = name.rpartition("__")
    for operator in _OPERATORS:
        if column and word == operator:
            return Condition(column=column, operator=operator, value=value)
    return Condition(column=name, operator="eq", value=value)


def _conditions(filters: dict[str, Any]) -> list[Condition]:
    found: list[Condition] = []
    for column, value in filters.items():
        if isinstance(value, dict):
            found.extend(_compared(column, operator, other) for operator, other in value.items())
        else:
            operator: Operator = "in" if isinstance(value, list) else "eq"
            found.append(Condition(column=column, operator=operator, value=value))
    return found


def _compared(column: str, word: object, value: Any) -> Condition:
    for operator in _OPERATORS:
        if word == operator:
            return Condition(column=column, operator=operator, value=value)
    raise InvalidInput(f"unknown operator {word!r} on {column!r}", hint=f"there are {', '.join(_OPERATORS)}")


def _positions(found: Mapping[str, Position]) -> Headers:
    """Where each table stands; what comes back as it was sent is understood by `Call.positions`."""
    return ((b"weft-position", "; ".join(f"{topic}={position}" for topic, position in found.items()).encode()),)


def _sort(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")] if header else []


def _paged(page: Page, links: Headers) -> Answer:
    body = {"items": rows_as_json(page), "page": page.page, "size": page.size, "total": page.total}
    return as_json(body, headers=(*at(page.position), *links))


def _links(path: str, parameters: dict[str, str], page: Page) -> Headers:
    """RFC 8288: where the pages around this one are."""
    last = max(1, -(-page.total // page.size))
    places = {"first": 1, "prev": page.page - 1, "next": page.page + 1, "last": last}
    kept = {name: value for name, value in parameters.items() if name != "page"}
    links = [
        f'<{path}?{urlencode({**kept, "page": number})}>; rel="{name}"'
        for name, number in places.items()
        if 1 <= number <= last
    ]
    return ((b"link", ", ".join(links).encode()),)

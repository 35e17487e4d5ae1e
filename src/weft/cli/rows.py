"""Rows of a table as a document: the same page that the HTTP port answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from weft.model.errors import InvalidInput, NotFound
from weft.model.principal import Principal
from weft.model.product import Table
from weft.model.question import Condition, Operator, Question
from weft.platform.node import Node
from weft.serving.door import rows_as_json

_OPERATORS: dict[str, Operator] = {"ne": "ne", "gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte", "in": "in"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A document with rows, and the columns that a table of them has."""

    document: dict[str, Any]
    columns: dict[str, str]


async def page_of_rows(
    node: Node,
    who: Principal,
    product: str,
    table: str,
    *,
    where: Sequence[str],
    sort: str,
    page: int,
    size: int,
) -> Rows:
    """A page of the rows that fit."""
    shape = table_of(node, product, table)
    order = tuple(name.strip() for name in sort.split(",") if name.strip())
    question = Question(conditions=tuple(map(_condition, where)), sort=order, page=page, size=size)
    found = await node.door.find(who, product, shape.name, question)
    document = {"items": rows_as_json(found), "page": found.page, "size": found.size, "total": found.total}
    return Rows(document=document, columns={column.name: column.name for column in found.columns})


async def one_row(node: Node, who: Principal, product: str, table: str, key: str) -> Rows:
    """The row of a key."""
    shape = table_of(node, product, table)
    found = await node.door.get(who, product, shape.name, key)
    columns = {column.name: column.name for column in shape.columns}
    return Rows(document=msgspec.json.decode(found.body, type=dict[str, msgspec.Raw]), columns=columns)


def table_of(node: Node, product: str, name: str = "") -> Table:
    """A table of a product; without a name, its first."""
    owner = node.door.product(product)
    found = owner.table(name) if name else next(iter(owner.tables), None)
    if found is None:
        there = ", ".join(table.name for table in owner.tables)
        raise NotFound(
            f"{product} has no table {name!r}" if name else f"{product} has no tables", hint=f"it has {there}"
        )
    return found


def _condition(text: str) -> Condition:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidInput(f"cannot read --where {text!r}", hint="write COLUMN=VALUE, such as status=PENDING")
    column, _, word = name.rpartition("__")
    if column and word in _OPERATORS:
        return Condition(column=column, operator=_OPERATORS[word], value=value)
    return Condition(column=name, operator="eq", value=value)

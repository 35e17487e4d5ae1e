"""A question as one SELECT with bound parameters: names come from the declared columns only, values are never text of SQL."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from weft.governance import filters
from weft.model.column import Column, walk
from weft.model.errors import InvalidInput
from weft.model.question import Condition, Question

_OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def select_rows(columns: tuple[Column, ...], question: Question) -> tuple[str, list[Any]]:
    """The page that a question asks for, over a relation `t`, with the count of all its rows as `_total`."""
    known = {path: column for path, column in walk(columns) if column.kind != "object"}
    wheres: list[str] = []
    params: list[Any] = []
    for condition in question.conditions:
        sql, bound = filters.to_sql(filters.bound(_filter(condition, known), columns), columns)
        wheres.append(f"({sql})")
        params.extend(bound)
    if question.text:
        texts = [f"contains(lower({_name(path)}), ?)" for path, column in known.items() if column.kind == "string"]
        wheres.append("(" + (" OR ".join(texts) or "false") + ")")
        params.extend([question.text.lower()] * len(texts))
    where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
    order = ", ".join([_order(name, known) for name in question.sort] or [_name(columns[0].name)])
    page = f"LIMIT {question.size} OFFSET {(question.page - 1) * question.size}"
    return f"SELECT *, count(*) OVER () AS _total FROM t{where} ORDER BY {order} {page}", params  # noqa: S608 - declared names, bound values


def _filter(condition: Condition, known: dict[str, Column]) -> filters.Filter:
    column = known.get(condition.column)
    if column is None:
        raise InvalidInput(f"unknown column {condition.column!r}", hint=f"there are {', '.join(sorted(known))}")
    if condition.operator == "in":
        values = condition.value.split(",") if isinstance(condition.value, str) else condition.value
        return filters.In(condition.column, tuple(_cast(column, value) for value in values))
    return filters.Compare(condition.column, _OPERATORS[condition.operator], _cast(column, condition.value))


def _cast(column: Column, value: Any) -> Any:
    """A value from a URL or a JSON body as a constant of the column's kind."""
    try:
        if column.kind == "integer":
            return int(value)
        if column.kind in {"decimal", "number"}:
            return Decimal(str(value))
    except (ValueError, InvalidOperation) as error:
        raise InvalidInput(f"{column.name!r} is of kind {column.kind}, not {value!r}") from error
    if column.kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value if column.kind == "boolean" else str(value)


def _order(name: str, known: dict[str, Column]) -> str:
    path = name.removeprefix("-")
    if path not in known:
        raise InvalidInput(f"cannot sort by unknown column {path!r}", hint=f"there are {', '.join(sorted(known))}")
    return f"{_name(path)} {'DESC' if name.startswith('-') else 'ASC'} NULLS LAST"


def _name(path: str) -> str:
    return ".".join(f'"{part}"' for part in path.split("."))

"""A question as SELECTs with bound parameters: names come from the declared columns only, values are never text of SQL."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from weft.governance import filters
from weft.model.column import Column, walk
from weft.model.errors import InvalidInput
from weft.model.product import Table
from weft.model.question import MAX_PAGE_SIZE, Condition, Question

_OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_DEEPEST = 1_000_000
_MOST_CONDITIONS = 50
_MOST_VALUES = 1000
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A page of rows and the number of all of them, over a relation `t`."""

    page: str
    count: str
    params: list[Any]


def select_rows(table: Table, question: Question) -> Selection:
    """The page that a question asks for; its order is total, so that pages neither repeat nor lose a row."""
    check_page(question)
    known = {path: column for path, column in walk(table.columns) if column.kind != "object"}
    wheres: list[str] = []
    params: list[Any] = []
    for condition in question.conditions:
        sql, bound = filters.to_sql(filters.bound(_filter(condition, known), table.columns), table.columns)
        wheres.append(f"({sql})")
        params.extend(bound)
    if question.text:
        texts = [
            f"contains(lower({_name(path)}), lower(?))" for path, column in known.items() if column.kind == "string"
        ]
        wheres.append("(" + (" OR ".join(texts) or "false") + ")")
        params.extend([question.text] * len(texts))
    where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
    limits = f"LIMIT {question.size} OFFSET {(question.page - 1) * question.size}"
    return Selection(
        page=f"SELECT * FROM t{where} {_order(table, question, known)} {limits}",  # noqa: S608 - declared names, bound values
        count=f"SELECT count(*) AS n FROM t{where}",  # noqa: S608 - as above
        params=params,
    )


def check_page(question: Question) -> None:
    """Refuse pages that would be too large or too deep."""
    if question.page < 1 or not 1 <= question.size <= MAX_PAGE_SIZE:
        raise InvalidInput(
            f"page {question.page} of size {question.size} is out of range", hint=f"size is 1 to {MAX_PAGE_SIZE}"
        )
    if question.page * question.size > _DEEPEST:
        raise InvalidInput(
            f"pages end at row {_DEEPEST}", hint="narrow it with filters, or ask with SQL at POST /api/v1/query"
        )
    if len(question.conditions) > _MOST_CONDITIONS:
        raise InvalidInput(f"more than {_MOST_CONDITIONS} filters", hint="ask with SQL at POST /api/v1/query")


def _filter(condition: Condition, known: dict[str, Column]) -> filters.Filter:
    column = known.get(condition.column)
    if column is None:
        raise InvalidInput(f"unknown column {condition.column!r}", hint=f"there are {', '.join(sorted(known))}")
    if condition.operator == "in":
        return filters.In(condition.column, tuple(cast(column, value) for value in _values(condition)))
    return filters.Compare(condition.column, _OPERATORS[condition.operator], cast(column, condition.value))


def _values(condition: Condition) -> list[Any]:
    values: Any = condition.value.split(",") if isinstance(condition.value, str) else condition.value
    if not isinstance(values, list | tuple) or not 1 <= len(values) <= _MOST_VALUES:
        raise InvalidInput(f"{condition.column!r}: `in` takes a list of 1 to {_MOST_VALUES} values")
    return list(values)


def cast(column: Column, value: Any) -> Any:
    """A value from a URL or a JSON body as a constant of the column's kind; InvalidInput if it is none."""
    misfit = InvalidInput(f"{column.name!r} is of kind {column.kind}, not {value!r}"[:200])
    if not isinstance(value, str | int | float | Decimal):
        raise misfit
    try:
        if column.kind == "integer":
            return _integer(value)
        if column.kind in {"decimal", "number"} and not isinstance(value, bool):
            return _finite(Decimal(str(value)))
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise misfit from error
    if column.kind == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value
    if not isinstance(value, str):
        raise misfit
    return value


def _integer(value: str | float | Decimal) -> int:
    number = Decimal(str(value))
    if isinstance(value, bool) or not _LEAST_INTEGER <= number <= _MOST_INTEGER or number != int(number):
        raise ValueError(value)
    return int(number)


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite() or abs(number.adjusted()) > 300:  # noqa: PLR2004 - the range of a double
        raise ValueError(number)
    return number


def _order(table: Table, question: Question, known: dict[str, Column]) -> str:
    asked = [name.removeprefix("-") for name in question.sort]
    for path in asked:
        if path not in known:
            raise InvalidInput(f"cannot sort by unknown column {path!r}", hint=f"there are {', '.join(sorted(known))}")
    rest = [path for path in (table.key or tuple(known)) if path not in asked and path in known]
    terms = [
        f"{_name(name.removeprefix('-'))} {'DESC' if name.startswith('-') else 'ASC'} NULLS LAST"
        for name in (*question.sort, *rest)
    ]
    return f"ORDER BY {', '.join(terms)}" if terms else ""


def _name(path: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in path.split("."))

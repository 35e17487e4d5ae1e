"""The row filter language: a small typed grammar, parsed once, run on values or turned into SQL with bound parameters.

    status <> 'CANCELLED' and (amount >= 100 or currency in ('EUR', 'USD')) and note is not null

Comparisons with an absent value are neither true nor false, and only true keeps a row: as in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from weft.model.column import Column, Kind, walk
from weft.model.errors import InvalidInput

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|'(?P<text>(?:[^']|'')*)'|(?P<op><>|!=|>=|<=|=|>|<|\(|\)|,)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*))"
)
_COMPARE = {"=": "=", "<>": "<>", "!=": "<>", ">": ">", "<": "<", ">=": ">=", "<=": "<="}
_MAX_LENGTH = 4000
_MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Compare:
    """A column against a constant."""

    column: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class In:
    """A column against a list of constants."""

    column: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether a column is absent."""

    column: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    term: Filter


@dataclass(frozen=True, slots=True)
class Both:
    """All terms hold."""

    terms: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Some term holds."""

    terms: tuple[Filter, ...]


Filter = Compare | In | IsNull | Not | Both | Either


def parse(text: str) -> Filter:
    """Read a filter; InvalidInput says where it stopped making sense."""
    if len(text) > _MAX_LENGTH:
        raise InvalidInput("the row filter is too long", hint=f"at most {_MAX_LENGTH} characters")
    parser = _Parser(_tokens(text), text)
    found = parser.either(0)
    parser.expect_end()
    return found


def _tokens(text: str) -> list[tuple[str, Any, int]]:
    found: list[tuple[str, Any, int]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidInput(
                f"row filter: cannot read {text[at:].strip()[:20]!r}", hint="text stands in 'single quotes'"
            )
        kind = str(match.lastgroup)
        value: Any = match.group(kind)
        if kind == "number":
            value = Decimal(value) if "." in value else int(value)
        elif kind == "text":
            value = value.replace("''", "'")
        elif kind == "word" and value.lower() in {"and", "or", "not", "in", "is", "null", "true", "false"}:
            kind, value = "keyword", value.lower()
        found.append((kind, value, match.start(kind) if kind != "keyword" else match.start("word")))
        at = match.end()
    return found


class _Parser:
    """Recursive descent over the tokens; `either` is the lowest precedence."""

    def __init__(self, tokens: list[tuple[str, Any, int]], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._at = 0

    def _peek(self) -> tuple[str, Any]:
        return self._tokens[self._at][:2] if self._at < len(self._tokens) else ("end", None)

    def _take(self, kind: str, value: Any = None) -> Any:
        found_kind, found = self._peek()
        if found_kind != kind or (value is not None and found != value):
            self._fail(f"expected {value or kind}")
        self._at += 1
        return found

    def _accept(self, kind: str, value: Any) -> bool:
        if self._peek() == (kind, value):
            self._at += 1
            return True
        return False

    def _fail(self, why: str) -> None:
        at = self._tokens[self._at][2] if self._at < len(self._tokens) else len(self._text)
        raise InvalidInput(
            f"row filter: {why} at character {at + 1}: …{self._text[at : at + 20]!r}",
            hint="see `weft explain WEFT-1310`",
        )

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            self._fail("nothing more was expected")

    def either(self, depth: int) -> Filter:
        if depth > _MAX_DEPTH:
            self._fail("nested too deep")
        terms = [self._both(depth)]
        while self._accept("keyword", "or"):
            terms.append(self._both(depth))
        return terms[0] if len(terms) == 1 else Either(tuple(terms))

    def _both(self, depth: int) -> Filter:
        terms = [self._not(depth)]
        while self._accept("keyword", "and"):
            terms.append(self._not(depth))
        return terms[0] if len(terms) == 1 else Both(tuple(terms))

    def _not(self, depth: int) -> Filter:
        if depth > _MAX_DEPTH:
            self._fail("nested too deep")
        if self._accept("keyword", "not"):
            return Not(self._not(depth + 1))
        if self._accept("op", "("):
            inner = self.either(depth + 1)
            self._take("op", ")")
            return inner
        return self._comparison()

    def _comparison(self) -> Filter:
        column = self._take("word")
        if self._accept("keyword", "is"):
            negated = self._accept("keyword", "not")
            self._take("keyword", "null")
            return Not(IsNull(column)) if negated else IsNull(column)
        if self._accept("keyword", "not"):
            self._take("keyword", "in")
            return Not(In(column, self._list()))
        if self._accept("keyword", "in"):
            return In(column, self._list())
        kind, operator = self._peek()
        if kind != "op" or operator not in _COMPARE:
            self._fail("expected a comparison")
        self._at += 1
        return Compare(column, _COMPARE[operator], self._constant())

    def _list(self) -> tuple[Any, ...]:
        self._take("op", "(")
        values = [self._constant()]
        while self._accept("op", ","):
            values.append(self._constant())
        self._take("op", ")")
        return tuple(values)

    def _constant(self) -> Any:
        kind, value = self._peek()
        if kind in {"number", "text"}:
            self._at += 1
            return value
        if kind == "keyword" and value in {"true", "false"}:
            self._at += 1
            return value == "true"
        self._fail("expected a constant")
        return None


def columns_of(node: Filter) -> set[str]:
    """The column paths that a filter looks at."""
    match node:
        case Compare(column=column) | In(column=column) | IsNull(column=column):
            return {column}
        case Not(term=term):
            return columns_of(term)
        case Both(terms=terms) | Either(terms=terms):
            return set().union(*(columns_of(term) for term in terms))


def check(text: str, columns: Sequence[Column]) -> str | None:
    """Why a filter does not fit these columns, or None."""
    try:
        bound(parse(text), columns)
    except InvalidInput as error:
        return error.message
    return None


def bound(node: Filter, columns: Sequence[Column]) -> Filter:
    """The filter with its constants turned into values of their columns' kinds; InvalidInput where they cannot be."""
    kinds: dict[str, Kind] = {path: column.kind for path, column in walk(tuple(columns))}
    for path in sorted(columns_of(node)):
        if path not in kinds:
            raise InvalidInput(f"unknown column {path!r}", hint=f"there are {', '.join(sorted(kinds))}")
        if kinds[path] == "object":
            raise InvalidInput(f"{path!r} is an object", hint="name one of its fields")
    return _bound(node, kinds)


def _bound(node: Filter, kinds: Mapping[str, Kind]) -> Filter:
    match node:
        case Compare(column=column, operator=operator, value=value):
            return Compare(column, operator, constant(column, kinds[column], value))
        case In(column=column, values=values):
            return In(column, tuple(constant(column, kinds[column], value) for value in values))
        case Not(term=term):
            return Not(_bound(term, kinds))
        case Both(terms=terms):
            return Both(tuple(_bound(term, kinds) for term in terms))
        case Either(terms=terms):
            return Either(tuple(_bound(term, kinds) for term in terms))
        case IsNull():
            return node


def constant(column: str, kind: Kind, value: Any) -> Any:
    """A constant as a value of a column's kind; InvalidInput if it is none."""
    fits: tuple[type, ...] = {
        "integer": (int, Decimal),
        "decimal": (int, Decimal),
        "number": (int, Decimal, float),
        "boolean": (bool,),
    }.get(kind, (str,))
    misfit = InvalidInput(f"{column!r} is of kind {kind} and cannot be compared with {value!r}")
    if not isinstance(value, fits) or (isinstance(value, bool) and kind != "boolean"):
        raise misfit
    try:
        if kind == "timestamp":
            moment = datetime.fromisoformat(str(value))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return date.fromisoformat(str(value)) if kind == "date" else value
    except (ValueError, OverflowError) as error:
        raise misfit from error


def keeps(node: Filter, row: Mapping[str, Any]) -> bool:
    """Whether a row of typed values passes."""
    return _truth(node, row) is True


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where any part is absent."""
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _truth(node: Filter, row: Mapping[str, Any]) -> bool | None:
    match node:
        case Compare(column=column, operator=operator, value=value):
            return _compare(value_at(row, column), operator, value)
        case In(column=column, values=values):
            return _any([_compare(value_at(row, column), "=", value) for value in values])
        case IsNull(column=column):
            return value_at(row, column) is None
        case Not(term=term):
            truth = _truth(term, row)
            return None if truth is None else not truth
        case Either(terms=terms):
            return _any([_truth(term, row) for term in terms])
        case Both(terms=terms):
            truths = [_truth(term, row) for term in terms]
            return False if False in truths else None if None in truths else True


def _any(truths: list[bool | None]) -> bool | None:
    return True if True in truths else None if None in truths else False


def _compare(left: Any, operator: str, right: Any) -> bool | None:
    if left is None:
        return None
    if isinstance(left, float) and isinstance(right, Decimal):
        right = float(right)
    outcomes = {"=": left == right, "<>": left != right}
    if operator in outcomes:
        return outcomes[operator]
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[operator]


def to_sql(node: Filter, columns: Sequence[Column], quote: str = '"') -> tuple[str, list[Any]]:
    """The filter as SQL over these columns, constants bound to `?` marks in order."""
    kinds: dict[str, Kind] = {path: column.kind for path, column in walk(tuple(columns))}

    def name(path: str) -> str:
        return ".".join(f"{quote}{part}{quote}" for part in path.split("."))

    def mark(path: str) -> str:
        return _MARKS.get(kinds[path], "?")

    def write(part: Filter) -> tuple[str, list[Any]]:
        match part:
            case Compare(column=column, operator=operator, value=value):
                return f"{name(column)} {operator} {mark(column)}", [_plain(value)]
            case In(column=column, values=values):
                marks = ", ".join([mark(column)] * len(values))
                return f"{name(column)} IN ({marks})", [_plain(value) for value in values]
            case IsNull(column=column):
                return f"{name(column)} IS NULL", []
            case Not(term=term):
                sql, params = write(term)
                return f"NOT ({sql})", params
            case Both(terms=terms) | Either(terms=terms):
                word = " AND " if isinstance(part, Both) else " OR "
                written = [write(term) for term in terms]
                return word.join(f"({sql})" for sql, _ in written), [p for _, params in written for p in params]

    return write(node)


_MARKS: Mapping[Kind, str] = {"timestamp": "CAST(? AS TIMESTAMPTZ)", "date": "CAST(? AS DATE)"}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

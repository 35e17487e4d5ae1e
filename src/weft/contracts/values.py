"""From a JSON value to the value that its column stores, exactly or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

import msgspec

from weft._kit.place import Path
from weft.model.column import PRECISION, Column

Convert = Callable[[Any], Any]

_EXACT = Context(prec=PRECISION, Emax=999_999, Emin=-999_999, traps=[Inexact, InvalidOperation])
_JSON = msgspec.json.Encoder(decimal_format="number")
_EXACT_FLOAT = 2**53


class Unstorable(ValueError):
    """A value that keeps its contract and still has no place in its column."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def converter(column: Column) -> Convert | None:
    """How a value of this column is converted; None when it is stored as it was decoded."""
    if column.kind == "decimal":
        return _decimal(column.scale)
    if column.kind == "object":
        return row_converter(column.fields)
    return _CONVERTERS[column.kind]


def row_converter(columns: Sequence[Column]) -> Convert:
    """How an object becomes a row: declared columns only, absent and null ones left out. Unstorable names the field."""
    names = tuple(column.name for column in columns)
    changes = tuple((column.name, change) for column in columns if (change := converter(column)) is not None)

    def convert(value: dict[str, Any]) -> dict[str, Any]:
        # Once per received row: a comprehension and a loop over what really changes are the quickest that Python has.
        row = {name: found for name in names if (found := value.get(name)) is not None}
        name = ""
        try:
            for name, change in changes:
                if name in row:
                    row[name] = change(row[name])
        except Unstorable as error:
            raise Unstorable(error.message, (name, *error.path)) from error
        return row

    return convert


def _integer(value: int | Decimal) -> int:
    number = value if type(value) is int else _whole(Decimal(value))
    if -(2**63) <= number < 2**63:
        return number
    raise Unstorable("is beyond 64 bits: whole numbers from -2^63 to 2^63-1 can be stored")


def _whole(value: Decimal) -> int:
    # Checked before the conversion: int(Decimal("1e999999")) would write out a million digits.
    if value.adjusted() > PRECISION:
        raise Unstorable("is beyond 64 bits: whole numbers from -2^63 to 2^63-1 can be stored")
    return int(value)


def _number(value: int | Decimal) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise Unstorable("is too large for a number of 64 bits")
    if type(value) is int and abs(value) > _EXACT_FLOAT and int(number) != value:
        raise Unstorable("is a whole number that a 64-bit float cannot hold exactly")
    return number or 0.0


def _decimal(scale: int) -> Convert:
    unit = Decimal(1).scaleb(-scale)
    zero = Decimal(0).scaleb(-scale)

    def convert(value: int | Decimal) -> Decimal:
        try:
            return _EXACT.quantize(value, unit) or zero
        except InvalidOperation as error:
            raise Unstorable(f"has more than {PRECISION - scale} digits before the point") from error
        except Inexact as error:
            raise Unstorable(f"has more than {scale} digits after the point") from error

    return convert


def timestamp(value: str) -> datetime:
    """The instant of an RFC 3339 text, in UTC, to the microsecond; finer digits are cut off."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = _unusual_timestamp(value)
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Unstorable("is outside the years 1 to 9999") from error


def _unusual_timestamp(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        leap = value[17:19] == "60"
        raise Unstorable("is a leap second" if leap else "is outside the years 1 to 9999") from error


def _date(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise Unstorable("is outside the years 1 to 9999") from error


def json_text(value: Any) -> str:
    """A value as JSON text, with the digits of its numbers as they came."""
    return _JSON.encode(value).decode()


_CONVERTERS: Mapping[str, Convert | None] = {
    "string": None,
    "boolean": None,
    "integer": _integer,
    "number": _number,
    "timestamp": timestamp,
    "date": _date,
    "json": json_text,
}

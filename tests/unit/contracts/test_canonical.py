"""One JSON form: whatever path a row takes, through memory or through Arrow, it is the same bytes."""

import json
import string
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.contracts import canonical
from weft.contracts.columns import arrow_schema, columns_of
from weft.contracts.values import row_converter
from weft.model.column import Column

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "whole": {"type": "integer"},
        "money": {"type": "number", "multipleOf": 0.01},
        "fine": {"type": "number", "multipleOf": 1e-9},
        "units": {"type": "number", "multipleOf": 1},
        "real": {"type": "number"},
        "flag": {"type": "boolean"},
        "at": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "any": {},
        "list": {"type": "array"},
        "group": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "at": {"type": "string", "format": "date-time"},
                "money": {"type": "number", "multipleOf": 0.01},
                "inner": {"type": "object", "properties": {"any": {"type": ["string", "integer"]}}},
            },
        },
    },
}
COLUMNS = columns_of(SCHEMA)

moments = st.datetimes(
    min_value=datetime(1, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
).map(datetime.isoformat)
texts = st.text(max_size=6)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6)
anything = st.recursive(
    st.booleans() | st.integers(-(2**80), 2**80) | texts | decimals.map(lambda d: Decimal(str(d))),
    lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(texts, inner | st.none(), max_size=3),
    max_leaves=5,
)


def rounded(places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=places)


def maybe(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.none() | value for name, value in fields.items()})


sent = maybe(
    {
        "text": texts,
        "whole": st.integers(-(2**63), 2**63 - 1),
        "money": rounded(2) | st.integers(-5, 5),
        "fine": rounded(9),
        "units": st.integers(-5, 5) | rounded(0),
        "real": st.floats(allow_nan=False, allow_infinity=False).map(lambda f: Decimal(repr(f))) | st.integers(-5, 5),
        "flag": st.booleans(),
        "at": moments,
        "day": st.dates().map(str),
        "any": anything,
        "list": st.lists(anything, max_size=2),
        "group": maybe(
            {"text": texts, "at": moments, "money": rounded(2), "inner": maybe({"any": texts | st.integers(0, 9)})}
        ),
    }
)


@given(st.lists(sent, min_size=1, max_size=4))
def test_memory_and_arrow_give_the_same_rows_and_the_same_bytes(rows: list[dict[str, Any]]) -> None:
    typed = [row_converter(COLUMNS)(row) for row in rows]

    back = canonical.rows_of(pa.Table.from_pylist(typed, schema=arrow_schema(COLUMNS)), COLUMNS)

    assert back == typed
    assert [canonical.encode(row, COLUMNS) for row in back] == [canonical.encode(row, COLUMNS) for row in typed]


@given(sent)
def test_what_was_encoded_is_decoded_to_the_same_row(row: dict[str, Any]) -> None:
    typed = row_converter(COLUMNS)(row)
    body = canonical.encode(typed, COLUMNS)

    decoded = canonical.decode(body, COLUMNS)

    assert decoded == typed
    assert canonical.encode(decoded, COLUMNS) == body
    json.loads(body)


def test_the_form_is_the_one_that_was_promised() -> None:
    row = row_converter(COLUMNS)(
        {
            "money": Decimal("19.9"),
            "fine": Decimal("0.000000001"),
            "units": 7,
            "real": 7,
            "at": "2026-11-21T12:00:00.120+02:00",
            "any": {"b": Decimal("1.10"), "a": None},
            "group": {"at": "2026-11-21T12:00:00Z", "text": None},
            "text": None,
        }
    )

    assert canonical.encode(row, COLUMNS) == (
        b'{"money":19.90,"fine":0.000000001,"units":7,"real":7.0,"at":"2026-11-21T10:00:00.12Z",'
        b'"any":{"b":1.10,"a":null},"group":{"at":"2026-11-21T12:00:00Z"}}'
    )


def test_minus_nothing_is_nothing() -> None:
    row = row_converter(COLUMNS)({"money": Decimal("-0.00"), "real": Decimal("-0.0")})

    assert canonical.encode(row, COLUMNS) == b'{"money":0.00,"real":0.0}'


def test_columns_that_a_table_lacks_are_left_out() -> None:
    table = pa.table({"text": ["a", None], "_row": [0, 1]})

    assert canonical.rows_of(table, COLUMNS) == [{"text": "a"}, {}]


def test_instants_of_another_zone_come_back_in_utc() -> None:
    column = Column(name="at", kind="timestamp")
    table = pa.table({"at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Tokyo"))})

    (row,) = canonical.rows_of(table, (column,))

    assert row["at"].tzinfo is UTC
    assert canonical.encode(row, (column,)) == b'{"at":"2026-01-01T00:00:00Z"}'


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_number_that_json_cannot_write_is_left_out(value: float) -> None:
    assert canonical.encode({"x": value}, (Column(name="x", kind="number"),)) == b"{}"


def test_every_letter_survives() -> None:
    column = Column(name="t", kind="string")
    text = string.printable + "é😀\u2028\x00"

    assert canonical.decode(canonical.encode({"t": text}, (column,)), (column,)) == {"t": text}

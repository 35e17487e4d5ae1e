"""Masks: one meaning on values and in SQL."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.governance.masks import mask, masked_row, masked_sql, sql_type
from weft.model.column import Column
from weft.model.principal import MaskKind

SALT = "5a" * 32
TEXT = Column(name="text", kind="string")
NUMBER = Column(name="number", kind="decimal", scale=2)
INNER = Column(name="inner", kind="object", fields=(TEXT, NUMBER))
COLUMNS = (TEXT, NUMBER, INNER)
PATHS = ("text", "number", "inner", "inner.text", "inner.number")
KINDS: tuple[MaskKind, ...] = ("none", "hide", "redact", "partial", "hash")


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("none", "DE89370400440532013000"), ("hide", None), ("redact", "***"), ("partial", "***3000")],
)
def test_a_mask_shows_what_it_promises(kind: MaskKind, shown: str | None) -> None:
    assert mask(kind, "DE89370400440532013000", TEXT, SALT) == shown


def test_a_short_text_keeps_its_tail_to_itself() -> None:
    assert mask("partial", "1234567", TEXT, SALT) == "***"


def test_equal_values_hash_alike_and_differently_under_another_salt() -> None:
    assert mask("hash", "a", TEXT, SALT) == mask("hash", "a", TEXT, SALT) != mask("hash", "a", TEXT, "other")


@pytest.mark.parametrize("kind", ["hide", "redact", "partial", "hash"])
def test_a_masked_number_is_gone(kind: MaskKind) -> None:
    assert mask(kind, Decimal("1.00"), NUMBER, SALT) is None


def test_columns_that_are_not_declared_do_not_pass() -> None:
    assert masked_row({"text": "a", "secret": "b"}, (TEXT,), {}, SALT) == {"text": "a"}


TEXTS = st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.none() | st.decimals(-99, 99, places=2)


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@given(
    text=TEXTS,
    number=NUMBERS,
    inner=st.none() | st.fixed_dictionaries({"text": TEXTS, "number": NUMBERS}),
    masks=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(KINDS)),
)
def test_values_and_sql_agree(
    duck: duckdb.DuckDBPyConnection, text: str, number: Decimal, inner: dict, masks: dict[str, MaskKind]
) -> None:
    row = {"text": text, "number": number, "inner": inner}
    cells = ", ".join(f'CAST(? AS {sql_type(column)}) AS "{column.name}"' for column in COLUMNS)
    shown = ", ".join(f'{sql} AS "{name}"' for name, sql in masked_sql(COLUMNS, masks, SALT).items())
    found = (
        duck.sql(f"SELECT {shown} FROM (SELECT {cells})", params=[text, number, inner]).to_arrow_table().to_pylist()[0]
    )
    assert found == masked_row(row, COLUMNS, masks, SALT)

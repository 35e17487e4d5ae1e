"""Compiled contracts: typed rows, cleaning before the check, caps, and the quick check never being laxer than the exact."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import jsonschema_rs as rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.contracts.schemas import validator
from weft.contracts.validator import MAX_DEFECTS, CompiledContract, parsed
from weft.model.errors import InvalidInput

Compile = Callable[..., CompiledContract]


def test_a_good_row_is_typed(compiled: Compile) -> None:
    contract = compiled(
        {
            "type": "object",
            "properties": {
                "amount": {"type": "number", "multipleOf": 0.01},
                "share": {"type": "number"},
                "count": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
                "day": {"type": "string", "format": "date"},
                "tags": {"type": "array"},
                "home": {"type": "object", "properties": {"city": {"type": "string"}}},
                "gone": {"type": ["string", "null"]},
            },
        }
    )

    row = contract.check(
        b'{"amount": 5, "share": 7, "count": 3.0, "at": "2026-11-21T12:00:00.5+02:00", "day": "2026-11-21",'
        b' "tags": [1.10, "x"], "home": {"city": "Porto", "secret": 1}, "gone": null, "undeclared": 1}'
    ).row

    assert row == {
        "amount": Decimal("5.00"),
        "share": 7.0,
        "count": 3,
        "at": datetime(2026, 11, 21, 10, 0, 0, 500_000, tzinfo=UTC),
        "day": date(2026, 11, 21),
        "tags": '[1.10,"x"]',
        "home": {"city": "Porto"},
    }
    assert str(row["amount"]) == "5.00"
    assert isinstance(row["share"], float)
    assert isinstance(row["count"], int)


def test_a_row_is_cleaned_before_it_is_checked(compiled: Compile) -> None:
    schema = {
        "type": "object",
        "required": ["currency"],
        "properties": {
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "phone": {"type": "string", "pattern": "^[0-9]+$"},
            "name": {"type": "string"},
            "home": {"type": "object", "properties": {"city": {"type": "string", "enum": ["porto"]}}},
        },
    }
    clean = {
        "currency": ("trim", "upper"),
        "phone": ("digits",),
        "name": ("collapse",),
        "home.city": ("trim", "lower"),
    }
    raw = b'{"currency": " eur\\n", "phone": "+49 (40) 12", "name": " A \\t B ", "home": {"city": " PORTO "}}'

    checked = compiled(schema, clean).check(raw)

    assert checked.row == {"currency": "EUR", "phone": "494012", "name": "A B", "home": {"city": "porto"}}
    assert checked.raw == raw
    assert not compiled(schema).check(raw).good


def test_cleaning_leaves_what_is_no_text_to_the_contract(compiled: Compile) -> None:
    contract = compiled({"type": "object", "properties": {"a": {"type": "string"}}}, {"a": ("trim",), "b.c": ("trim",)})

    assert [defect.rule for defect in contract.check(b'{"a": 5, "b": 7}').defects] == ["type"]


def test_defects_are_capped(compiled: Compile) -> None:
    names = [f"f{index}" for index in range(50)]
    contract = compiled({"type": "object", "required": names, "properties": {name: {} for name in names}})

    assert len(contract.check(b"{}").defects) == MAX_DEFECTS


def test_many_rows_keep_their_order(payments: CompiledContract) -> None:
    raws = [b"{}", b"[]", b"x"]

    assert [checked.raw for checked in payments.check_many(raws)] == raws


@pytest.mark.parametrize(
    "schema",
    ['{"type": "foo"}', '{"$ref": "http://127.0.0.1:9/x"}', '{"format": "iban"}', "{", "[]", '{"pattern": "(?=a)"}'],
)
def test_a_schema_that_cannot_be_enforced_does_not_compile(compiled: Compile, schema: str) -> None:
    with pytest.raises(InvalidInput):
        compiled(schema)


def test_uuid_is_asserted_in_every_draft(compiled: Compile) -> None:
    for dialect in ("http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"):
        schema = {"$schema": dialect, "type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}}

        assert [defect.rule for defect in compiled(schema).check(b'{"id": "x"}').defects] == ["format"]


@pytest.mark.parametrize(("multiple", "bad"), [(0.05, "0.01"), (0.25, "0.10"), (10, "5"), (0.01, "0.005")])
def test_every_multiple_is_exact(compiled: Compile, multiple: float, bad: str) -> None:
    contract = compiled({"type": "object", "properties": {"a": {"type": "number", "multipleOf": multiple}}})

    assert [defect.rule for defect in contract.check(b'{"a": %s}' % bad.encode()).defects] == ["multipleOf"]
    assert contract.check(json.dumps({"a": multiple * 4}).encode()).good


def test_a_hostile_pattern_runs_in_linear_time(compiled: Compile) -> None:
    contract = compiled({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}})

    assert not contract.check(json.dumps({"a": "a" * 100_000 + "!"}).encode()).good


def test_what_cannot_be_stored_is_named_to_the_innermost_field(compiled: Compile) -> None:
    money = {"type": "object", "properties": {"cents": {"type": "integer"}}}
    contract = compiled({"type": "object", "properties": {"a": {"type": "object", "properties": {"b/c": money}}}})

    (defect,) = contract.check(b'{"a": {"b/c": {"cents": 1e30}}}').defects

    assert (defect.rule, defect.path) == ("storage", "/a/b~1c/cents")
    assert "beyond 64 bits" in defect.message


def test_a_pattern_beside_a_format_keeps_both(compiled: Compile) -> None:
    rules = {"type": "string", "format": "uuid", "pattern": "^1"}
    contract = compiled({"type": "object", "properties": {"a": rules}})

    assert contract.check(b'{"a": "123e4567-e89b-12d3-a456-426614174000"}').good
    assert not contract.check(b'{"a": "223e4567-e89b-12d3-a456-426614174000"}').good
    assert not contract.check(b'{"a": "1"}').good


def test_references_are_followed_for_types(compiled: Compile) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"price": {"$ref": "#/definitions/money"}, "parent": {"$ref": "#/definitions/node"}},
        "definitions": {
            "money": {"type": "number", "multipleOf": 0.01, "minimum": 0},
            "node": {
                "type": "object",
                "properties": {"next": {"$ref": "#/definitions/node"}, "v": {"type": "integer"}},
            },
        },
    }
    contract = compiled(schema)

    checked = contract.check(b'{"price": 1.5, "parent": {"v": 1, "next": {"v": 2}}}')

    assert checked.row == {"price": Decimal("1.50"), "parent": {"v": 1, "next": '{"v":2}'}}
    assert [d.rule for d in contract.check(b'{"price": 1.005}').defects] == ["multipleOf"]


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-100, max_value=10**19).map(str)
texts = st.sampled_from(["USD", "usd", "USD\n", "", "PENDING", "COMPLETED", "2026-11-21T10:00:00Z", "nope"]) | st.text(
    max_size=4
)
values = (
    st.none()
    | st.booleans()
    | st.integers(-10, 2**70)
    | texts
    | st.dictionaries(st.sampled_from(["type", "last_four"]), texts, max_size=2)
)
names = ["payment_id", "customer_id", "currency", "status", "created_at", "updated_at", "payment_method", "x"]


@given(st.dictionaries(st.sampled_from(names), values), st.none() | numbers, st.booleans())
def test_a_row_is_good_exactly_if_the_exact_validator_and_the_store_take_it(
    payments: CompiledContract, changes: dict[str, Any], amount: str | None, complete: bool
) -> None:
    good = {
        "payment_id": "123e4567-e89b-12d3-a456-426614174000",
        "customer_id": 7,
        "currency": "USD",
        "status": "PENDING",
        "created_at": "2026-11-21T10:00:00Z",
    }
    row = {**good, **changes, "amount": "@"} if complete else {**changes, "amount": "@"}
    raw = json.dumps(row).replace('"@"', amount or "null").encode()
    decoded = json.loads(raw, parse_float=Decimal)

    checked = payments.check(raw)

    lawful = _exact(payments).is_valid(decoded)
    assert checked.good == (lawful and not any(defect.rule == "storage" for defect in checked.defects))
    assert lawful == (checked.good or {defect.rule for defect in checked.defects} == {"storage"})


def _exact(contract: CompiledContract) -> rs.Validator:
    return validator(parsed(contract.contract.schema))

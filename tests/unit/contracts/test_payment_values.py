"""The brief's payment schema against values at the edges: what is good, what is bad, and by which rule."""

import json
from typing import Any

import pytest

from weft.contracts.validator import CompiledContract

GOOD = {
    "payment_id": "123e4567-e89b-12d3-a456-426614174000",
    "customer_id": 7,
    "amount": 19.99,
    "currency": "USD",
    "status": "PENDING",
    "created_at": "2026-11-21T10:00:00Z",
}


def payment(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def spelled(field: str, text: str) -> bytes:
    """A payment whose field is written exactly so, whatever a JSON writer would make of it."""
    return json.dumps({**GOOD, field: "@"}).replace('"@"', text).encode()


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("amount", "19.99", None),
        ("amount", "0.07", None),
        ("amount", "4.35", None),
        ("amount", "0", None),
        ("amount", "-0.0", None),
        ("amount", "19.990", None),
        ("amount", "1e2", None),
        ("amount", "9999999999999999.99", None),
        ("amount", "0.001", "multipleOf"),
        ("amount", "19.999", "multipleOf"),
        ("amount", "9007199254740993.001", "multipleOf"),
        ("amount", "1e-999999", "multipleOf"),
        ("amount", "-0.01", "minimum"),
        ("amount", "1e308", "storage"),
        ("amount", "1" + "0" * 400, "storage"),
        ("amount", "99999999999999999.99", "storage"),
        ("amount", "1e999999", "storage"),
        ("amount", "NaN", "json"),
        ("amount", "Infinity", "json"),
        ("amount", "-Infinity", "json"),
        ("amount", "01", "json"),
        ("amount", "1.", "json"),
        ("amount", '"19.99"', "type"),
        ("amount", "true", "type"),
        ("amount", "null", "type"),
        ("customer_id", "7.0", None),
        ("customer_id", "9223372036854775807", None),
        ("customer_id", "9223372036854775808", "storage"),
        ("customer_id", "18446744073709551616", "storage"),
        ("customer_id", "1e999999999", "storage"),
        ("customer_id", "7.5", "type"),
        ("customer_id", "0", "minimum"),
        ("currency", '"USD\\n"', "pattern"),
        ("currency", '"usd"', "pattern"),
        ("currency", '"\uff35\uff33\uff24"', "pattern"),
        ("currency", '"US"', "pattern"),
        ("currency", '"\\ud800"', "json"),
        ("status", '"pending"', "enum"),
        ("payment_id", '"nope"', "format"),
        ("payment_id", '"123E4567-E89B-12D3-A456-426614174000"', None),
        ("payment_id", '"{123e4567-e89b-12d3-a456-426614174000}"', "format"),
        ("payment_id", '"123e4567-e89b-12d3-a456-426614174000\\n"', "format"),
        ("payment_id", '"123e4567e89b12d3a456426614174000"', "format"),
        ("payment_id", '"\uff11\uff12\uff13e4567-e89b-12d3-a456-426614174000"', "format"),
        ("created_at", '"2026-11-21T10:00:00"', "format"),
        ("created_at", '"2026-11-21 10:00:00Z"', "format"),
        ("created_at", '"2026-02-30T10:00:00Z"', "format"),
        ("created_at", '"2026-11-21T24:00:00Z"', "format"),
        ("created_at", '"2026-11-21t10:00:00z"', None),
        ("created_at", '"2026-11-21T10:00:00.123456789+05:30"', None),
        ("created_at", '"2016-12-31T23:59:60Z"', "storage"),
        ("created_at", '"0000-01-01T00:00:00Z"', "storage"),
        ("created_at", '"9999-12-31T23:59:59-01:00"', "storage"),
        ("payment_method", '{"type": "CASH"}', "enum"),
        ("payment_method", '{"last_four": "12345"}', "pattern"),
        ("payment_method", '{"last_four": "\uff11\uff12\uff13\uff14"}', "pattern"),
        ("payment_method", "[]", "type"),
        ("payment_method", "{}", None),
        ("extra", "1", None),
    ],
)
def test_a_value_is_judged_by_its_rule(payments: CompiledContract, field: str, text: str, rule: str | None) -> None:
    checked = payments.check(spelled(field, text))

    assert [defect.rule for defect in checked.defects] == ([] if rule is None else [rule])
    assert checked.good is (rule is None)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"{} {}", "json"),
        (b"\xef\xbb\xbf{}", "json"),
        (b'{"a": "\xff"}', "json"),
        (b"[" * 100_000, "json"),
        (b'{"a": ' * 65 + b"1" + b"}" * 65, "json"),
        (b'{"extra": ' + b"[" * 300 + b"]" * 300 + b"}", "json"),
        (b"1" * 100_000, "json"),
        (b"[]", "type"),
        (b'"text"', "type"),
        (b"null", "type"),
        (b"7", "type"),
    ],
)
def test_what_is_no_row_is_refused_as_a_whole(payments: CompiledContract, raw: bytes, rule: str) -> None:
    checked = payments.check(raw)

    assert [(defect.rule, defect.path) for defect in checked.defects] == [(rule, "")]
    assert checked.raw == raw
    assert checked.row is None


def test_a_missing_field_is_named(payments: CompiledContract) -> None:
    defects = payments.check(b"{}").defects

    assert {defect.path for defect in defects} == {f"/{name}" for name in GOOD}
    assert {defect.rule for defect in defects} == {"required"}


def test_all_defects_of_a_row_are_told_with_their_places(payments: CompiledContract) -> None:
    checked = payments.check(payment(currency="usd", amount=-1.005, payment_method={"last_four": 5}))

    assert {(defect.rule, defect.path) for defect in checked.defects} == {
        ("pattern", "/currency"),
        ("minimum", "/amount"),
        ("multipleOf", "/amount"),
        ("type", "/payment_method/last_four"),
    }

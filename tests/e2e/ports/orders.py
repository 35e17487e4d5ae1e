"""The rows that these tests send: their contract, and any rows that keep it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

SCHEMA = {
    "type": "object",
    "required": ["order_id", "amount", "status"],
    "properties": {
        "order_id": {"type": "string", "pattern": "^o[0-9]+$"},
        "amount": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "status": {"type": "string", "enum": ["NEW", "PAID", "CANCELLED"]},
        "email": {"type": "string", "classification": "confidential"},
        "iban": {"type": "string", "classification": "restricted"},
        "score": {"type": "integer", "classification": "restricted"},
        "card": {
            "type": "object",
            "properties": {
                "kind": {"type": "string"},
                "number": {"type": "string", "classification": "confidential"},
            },
        },
        "created_at": {"type": "string", "format": "date-time"},
        "extra": {"type": "object", "classification": "confidential"},
        "tags": {"type": "array", "classification": "restricted"},
        "answer": {"oneOf": [{"type": "string"}, {"type": "integer"}], "classification": "confidential"},
        "notes": {"type": ["object", "array", "string", "boolean", "integer"]},
    },
}
JSON_COLUMNS = ("extra", "tags", "answer", "notes")

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-9999, 9999), st.integers(-99, 99).map(lambda n: n / 4), TEXTS)
LISTS = st.lists(PLAIN, max_size=3)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), PLAIN | LISTS, max_size=3)
ORDERS = st.fixed_dictionaries(
    {"order_id": st.integers(1, 9).map("o{}".format), "amount": st.integers(0, 500).map(lambda cents: cents / 100)}
    | {"status": st.sampled_from(["NEW", "PAID", "CANCELLED"])},
    optional={
        "email": TEXTS,
        "iban": TEXTS,
        "score": st.integers(-(2**63), 2**63 - 1),
        "card": st.fixed_dictionaries({}, optional={"kind": TEXTS, "number": TEXTS}),
        "created_at": st.datetimes().filter(lambda at: at.year > 1).map(lambda at: at.isoformat() + "Z"),
        "extra": OBJECTS,
        "tags": LISTS,
        "answer": TEXTS | st.integers(-9999, 9999),
        "notes": OBJECTS | LISTS | TEXTS | st.booleans() | st.integers(-9999, 9999),
    },
)


def read_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of SQL or Python, where columns of any JSON hold its text, as the other ports write it."""
    return {name: json.loads(value) if name in JSON_COLUMNS and value else value for name, value in row.items()}

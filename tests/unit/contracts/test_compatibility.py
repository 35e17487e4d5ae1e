"""What a change of a contract means: cases by hand, and the proof held against real rows."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.contracts.compatibility import compare
from weft.contracts.validator import CompiledContract

OLD: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "Identifier"},
        "status": {"type": "string", "enum": ["A", "B"]},
        "amount": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$", "maxLength": 3},
        "method": {"type": "object", "properties": {"type": {"type": "string", "enum": ["CARD", "WIRE"]}}},
    },
}


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    schema = copy.deepcopy(OLD)
    change(schema)
    return json.dumps(schema)


def put(path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    def change(schema: dict[str, Any]) -> None:
        *above, last = path.split("/")
        node = schema
        for part in above:
            node = node[part]
        if value is None:
            del node[last]
        else:
            node[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "level", "reason"),
    [
        ("properties/id/description", "Another", "none", ""),
        ("title", "Payment", "none", ""),
        ("properties/note", {"type": "string"}, "compatible", "`note` is new and optional"),
        ("properties/method/properties/last", {"type": "string"}, "compatible", "`method.last` is new and optional"),
        ("properties/status/enum", ["A", "B", "C"], "compatible", "`status` may now also be C"),
        ("properties/amount/minimum", -5, "compatible", "the minimum of `amount` is -5 now"),
        ("properties/amount/minimum", None, "compatible", "the minimum of `amount` is no limit now"),
        ("properties/code/pattern", None, "compatible", "need not match the pattern"),
        ("properties/id/classification", "restricted", "compatible", "`id` is classified restricted now"),
        ("additionalProperties", False, "compatible", "not declared are refused now"),
        ("properties/status/enum", ["A"], "breaking", "`status` may no longer be B"),
        ("properties/method/properties/type/enum", ["CARD"], "breaking", "`method.type` may no longer be WIRE"),
        ("properties/amount/minimum", 1, "breaking", "the minimum of `amount` is 1 now"),
        ("properties/amount/maximum", 9, "breaking", "the maximum of `amount` is 9 now"),
        ("properties/amount/multipleOf", 0.001, "breaking", "had 2 decimal places and has 3"),
        ("properties/amount/type", "string", "breaking", "`amount` was decimal and is string"),
        ("properties/amount", None, "breaking", "`amount` is gone"),
        ("properties/method", None, "breaking", "`method` is gone"),
        ("properties/code/pattern", "^[A-Z]{2}$", "breaking", "`code` must match another pattern"),
        ("properties/code/maxLength", 2, "breaking", "the maxLength of `code` is 2 now"),
        ("properties/id/format", None, "compatible", "need not match the format uuid"),
        ("required", ["id", "status", "amount"], "breaking", "`amount` is required now"),
        ("required", ["id"], "breaking", "`status` may be absent now"),
        ("not", {"required": ["code"]}, "breaking", "rows that were good may now be refused"),
    ],
)
def test_a_change_has_its_verdict_and_its_reason(path: str, value: Any, level: str, reason: str) -> None:
    verdict = compare(json.dumps(OLD), changed(put(path, value)))

    assert verdict.level == level
    assert reason in "; ".join(verdict.reasons)
    assert (level == "none") == (not verdict.reasons)


def test_a_new_required_field_breaks() -> None:
    def change(schema: dict[str, Any]) -> None:
        schema["properties"]["day"] = {"type": "string"}
        schema["required"].append("day")

    verdict = compare(json.dumps(OLD), changed(change))

    assert (verdict.level, verdict.reasons[0]) == ("breaking", "`day` is new and required")


def test_the_example_shows_what_would_be_refused() -> None:
    verdict = compare(json.dumps(OLD), changed(put("properties/status/enum", ["A"])))

    assert '"B"' in verdict.example
    assert json.loads(verdict.example)


def test_comment_lines_and_order_change_nothing() -> None:
    text = "// a comment\n" + json.dumps(OLD, sort_keys=True)

    assert compare(text, json.dumps(OLD)).level == "none"


def test_a_field_called_title_is_a_field() -> None:
    old = {"type": "object", "properties": {"title": {"type": "string"}}}

    assert (
        compare(json.dumps(old), json.dumps({"type": "object", "properties": {"title": {"type": "integer"}}})).level
        == "breaking"
    )


rules = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", ["string", "null"]]),
        "minimum": st.integers(-2, 2),
        "maximum": st.integers(-2, 2),
        "maxLength": st.integers(0, 2),
        "enum": st.lists(st.sampled_from(["a", "b", 1, 2, None]), min_size=1, max_size=3, unique=True),
        "pattern": st.sampled_from(["^a", "b$", "^[ab]*$"]),
    },
)
schemas = st.builds(
    lambda fields, required: {"type": "object", "properties": fields, "required": sorted(required & set(fields))},
    st.dictionaries(st.sampled_from("xyz"), rules, min_size=1, max_size=3),
    st.sets(st.sampled_from("xyz")),
)
rows = st.dictionaries(
    st.sampled_from("xyz"), st.sampled_from(["a", "b", "ab", "", 1, 2, -1, 0.5, None, True]), max_size=3
)


@given(schemas, st.sampled_from("xyzv"), st.none() | rules, st.lists(rows, max_size=10))
def test_what_is_compatible_refuses_no_row_that_was_served(
    compiled: Callable[..., CompiledContract], old: Any, field: str, rule: Any, samples: list[Any]
) -> None:
    properties = {name: value for name, value in old["properties"].items() if name != field}
    new = {**old, "properties": properties if rule is None else {**properties, field: rule}}
    breaking = compare(json.dumps(old), json.dumps(new)).level == "breaking"
    before, after = compiled(old), compiled(new)

    for sample in samples:
        raw = json.dumps({name: value for name, value in sample.items() if name in old["properties"]}).encode()
        assert breaking or after.check(raw).good or not before.check(raw).good

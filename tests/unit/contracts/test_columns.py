"""From JSON Schema to columns."""

from typing import Any

import pyarrow as pa
import pytest

from weft.contracts.columns import arrow_schema, columns_of
from weft.model.column import Column


def column(schema: Any, *, required: bool = True, **root: Any) -> Column:
    names = ["a"] if required else []
    return columns_of({"type": "object", "required": names, "properties": {"a": schema}, **root})[0]


DRAFT_7 = {"$schema": "http://json-schema.org/draft-07/schema#"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "email"}, "string"),
        ({"type": "string", "format": "date-time"}, "timestamp"),
        ({"type": "string", "format": "date"}, "date"),
        ({"format": "date-time"}, "json"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": ["integer", "number"]}, "number"),
        ({"type": "number", "multipleOf": 0.01}, "decimal"),
        ({"type": "integer", "multipleOf": 5}, "integer"),
        ({"type": "boolean"}, "boolean"),
        ({"enum": ["A", "B"]}, "string"),
        ({"enum": ["A", 1]}, "json"),
        ({"const": 5}, "integer"),
        ({"const": True}, "boolean"),
        ({"type": "array"}, "json"),
        ({"type": "object"}, "json"),
        ({"type": "object", "properties": {"b": {"type": "string"}}}, "object"),
        ({"type": ["string", "null"]}, "string"),
        ({"type": ["string", "integer"]}, "json"),
        ({"type": "null"}, "json"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer"),
        ({"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "date"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "json"),
        ({"allOf": [{"type": "number"}, {"multipleOf": 0.5}]}, "decimal"),
        ({}, "json"),
        (True, "json"),
    ],
)
def test_a_schema_has_the_kind_that_holds_all_its_values(schema: Any, kind: str) -> None:
    assert column(schema).kind == kind


@pytest.mark.parametrize(
    ("multiple", "scale"), [(0.01, 2), (0.001, 3), (0.05, 2), (0.25, 2), (1, 0), (10, 0), (1e-8, 8)]
)
def test_a_decimal_has_the_digits_of_its_multiple(multiple: float, scale: int) -> None:
    assert (
        column({"type": "number", "multipleOf": multiple}).kind,
        column({"type": "number", "multipleOf": multiple}).scale,
    ) == ("decimal", scale)


def test_a_field_is_required_only_if_null_is_no_value_of_it() -> None:
    assert column({"type": "string"}).required
    assert not column({"type": "string"}, required=False).required
    assert not column({"type": ["string", "null"]}).required
    assert not column({"anyOf": [{"type": "string"}, {"type": "null"}]}).required
    assert not column({}).required


def test_classes_are_inherited_and_overridden() -> None:
    found = column(
        {
            "type": "object",
            "classification": "restricted",
            "properties": {"b": {"type": "string"}, "c": {"type": "string", "classification": "public"}},
        }
    )

    assert found.classification == "restricted"
    assert [field.classification for field in found.fields] == ["restricted", "public"]
    assert column({"type": "string"}).classification == "internal"


def test_before_2019_nothing_beside_a_reference_counts() -> None:
    schema = {"$ref": "#/definitions/any", "type": "string"}

    assert column(schema, definitions={"any": {}}, **DRAFT_7).kind == "json"
    assert column(schema, definitions={"any": {}}).kind == "string"


@pytest.mark.parametrize(
    "node",
    [
        {"$ref": "#/definitions/node"},
        {"allOf": [{"$ref": "#/definitions/node"}]},
        {"anyOf": [{"$ref": "#/definitions/node"}, {"type": "null"}]},
    ],
)
def test_a_circle_ends_as_json(node: Any) -> None:
    definitions = {"node": {"type": "object", "properties": {"next": node, "value": {"type": "integer"}}}}

    found = column({"$ref": "#/definitions/node"}, definitions=definitions, **DRAFT_7)

    assert [(field.name, field.kind) for field in found.fields] == [("next", "json"), ("value", "integer")]


def test_properties_come_from_all_parts_in_order() -> None:
    columns = columns_of(
        {
            "properties": {"a": {"type": "string"}},
            "allOf": [{"properties": {"b": {"type": "integer"}}, "required": ["b"]}, {"$ref": "#/$defs/more"}],
            "$defs": {"more": {"properties": {"c": {"type": "boolean"}, "never": False}}},
        }
    )

    assert {(found.name, found.kind, found.required) for found in columns} == {
        ("a", "string", False),
        ("b", "integer", True),
        ("c", "boolean", False),
    }


def test_arrow_types_are_those_of_the_conventions() -> None:
    columns = columns_of(
        {
            "properties": {
                "s": {"type": "string"},
                "i": {"type": "integer"},
                "d": {"type": "number", "multipleOf": 0.01},
                "n": {"type": "number"},
                "b": {"type": "boolean"},
                "t": {"type": "string", "format": "date-time"},
                "y": {"type": "string", "format": "date"},
                "j": {},
                "o": {"type": "object", "properties": {"s": {"type": "string"}}},
            }
        }
    )

    assert arrow_schema(columns).types == [
        pa.string(),
        pa.int64(),
        pa.decimal128(18, 2),
        pa.float64(),
        pa.bool_(),
        pa.timestamp("us", tz="UTC"),
        pa.date32(),
        pa.string(),
        pa.struct([pa.field("s", pa.string())]),
    ]

"""A contract in plain words: what everyone who reads the product may rely on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weft._kit.durations import percent, spoken
from weft.contracts.columns import columns_of
from weft.contracts.validator import parsed
from weft.model.column import Column
from weft.model.product import Contract, Quality, Table

_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "timestamp": "a point in time",
    "date": "a date",
    "json": "any JSON value",
    "object": "a group of fields",
}
_BOUNDS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("minLength", "at least {} characters long"),
    ("maxLength", "at most {} characters long"),
    ("pattern", "written as {}"),
)
_MANY = 8


def promise_of(contract: Contract, table: Table | None = None) -> tuple[str, ...]:
    """The promise as sentences: what each row has, what it may have, how it is kept, how good it is."""
    schema = parsed(contract.schema)
    noun = table.name if table else contract.name.removesuffix("-schema")
    noun = noun.replace("-", " ").replace("_", " ")
    columns = table.columns if table and table.columns else columns_of(schema)
    return (
        *_presence(noun, columns),
        *_fields(schema, columns),
        *_keeping(noun, table),
        *_quality(contract.quality),
    )


def _presence(noun: str, columns: Sequence[Column]) -> Iterator[str]:
    required = [column.name for column in columns if column.required]
    optional = [column.name for column in columns if not column.required]
    if required:
        yield f"Every {noun} has {_listed(required)}."
    if optional:
        yield f"It may also have {_listed(optional)}."


def _fields(schema: Mapping[str, Any], columns: Sequence[Column]) -> Iterator[str]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    for column in columns:
        rules = properties.get(column.name)
        yield f"{column.name} is {', '.join(_rules(column, rules if isinstance(rules, dict) else {}))}."


def _rules(column: Column, schema: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(schema.get("enum"), list):
        options = [str(option) for option in schema["enum"] if option is not None]
        yield f"one of {_listed(options)}" if len(options) <= _MANY else f"one of {len(options)} values"
    elif column.kind == "decimal":
        yield f"an exact number with {column.scale} decimal places"
    elif column.kind == "string" and schema.get("format"):
        yield f"text in the form of {_article(str(schema['format']))}"
    else:
        yield _KINDS[column.kind]
    for keyword, words in _BOUNDS:
        if keyword in schema:
            yield words.format(schema[keyword])
    if column.fields:
        yield f"which are {_listed([field.name for field in column.fields])}"
    if column.classification in {"confidential", "restricted"}:
        yield f"and is {column.classification}"


def _keeping(noun: str, table: Table | None) -> Iterator[str]:
    if table is None:
        return
    if table.key:
        yield f"For each {_listed(list(table.key))} the latest {noun} is kept."
    if table.on_invalid == "quarantine":
        yield "A row that breaks a rule is kept apart with its reason and is never served."
    else:
        yield "A row that breaks a rule is refused and is never served."


def _quality(quality: Quality) -> Iterator[str]:
    if quality.freshness is not None:
        yield f"A row can be read at most {spoken(quality.freshness)} after its event."
    if quality.completeness is not None:
        yield f"{percent(quality.completeness)} of required fields are there."
    if quality.accuracy is not None:
        yield f"{percent(quality.accuracy)} of rows keep these rules."


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"

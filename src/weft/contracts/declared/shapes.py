"""Checks a document against its kind's shape, and turns it into the kind's structure."""

from __future__ import annotations

import functools
from typing import Any

import jsonschema_rs as rs
import msgspec

from weft._kit.nearest import nearest
from weft.contracts.declared.breaches import explain, innermost
from weft.contracts.declared.findings import DeclaredFile
from weft.contracts.declared.repair import damage, repair
from weft.model.declaration import KINDS, Declaration

_ROUNDS = 3
"""A repair may bring to light what was hidden beneath it; after this many nothing new is expected."""


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind, for checks and for editors alike."""
    (schema,), definitions = msgspec.json.schema_components([KINDS[kind]], ref_template="#/$defs/{name}")
    if "Sources" in definitions:
        # Files may also be a mapping of named folders, which the structures cannot say beside a single one.
        named = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Files"}, "title": "Named folders"}
        definitions["Sources"]["properties"]["files"]["anyOf"].append(named)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": definitions}


@functools.cache
def _validator(kind: str) -> rs.Validator:
    return rs.validator_for(json_schema(kind), pattern_options=rs.RegexOptions(), offline=True)


def declared(file: DeclaredFile) -> Declaration | None:
    """The declaration that a file holds. Breaches of its shape are noted and mended, so that what it refers to can still be
    judged; None where nothing is left to judge.
    """
    value = file.document.value
    kind = _kind(file, value)
    if kind is None:
        return None
    validator = _validator(kind)
    if not validator.is_valid(value) and not _fitted(validator, file, value, kind):
        return None
    return msgspec.convert(_with_listed_files(value), KINDS[kind])


def _fitted(validator: rs.Validator, file: DeclaredFile, value: Any, kind: str) -> bool:
    """Whether the value fits, once numbers that stand where a text belongs are read as they were spelled (`version: 1.0`)
    and all else is mended.
    """
    for error in innermost(validator.iter_errors(value)):
        _take_spelling(file, value, error)
    schema = json_schema(kind)
    for _ in range(_ROUNDS):
        errors = list(innermost(validator.iter_errors(value)))
        if not errors:
            return True
        explain(file, value, errors, schema)
        for error in errors:
            file.damaged.update(damage(error))
        for error in errors:
            repair(value, error, schema)
    return validator.is_valid(value)


def _take_spelling(file: DeclaredFile, value: Any, error: rs.ValidationError) -> None:
    path = tuple(error.instance_path)
    kind: Any = error.kind
    text = file.document.texts.get(path)
    if kind.name == "type" and kind.types == ["string"] and text is not None:
        holder = value
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = text


def _kind(file: DeclaredFile, value: Any) -> str | None:
    if not isinstance(value, dict) or not value:
        file.problem("WEFT-1008", (), "the file is no declaration", why="it is empty or no mapping of keys to values")
        return None
    kind = value.get("kind")
    if kind is None:
        guess = nearest("kind", (key for key in value if key != "kind"))
        why = f"there is `{guess}`" if guess else "`kind` is missing"
        file.problem(
            "WEFT-1008", (), "the file does not say what it declares", why=why, fix=f"kind: {' | '.join(KINDS)}"
        )
        return None
    if not isinstance(kind, str) or kind not in KINDS:
        file.problem(
            "WEFT-1009",
            ("kind",),
            f"unknown kind `{kind}`",
            why=f"the kinds are {', '.join(KINDS)}",
            fix=f"did you mean `{guess}`?" if (guess := nearest(str(kind), KINDS)) else "",
        )
        return None
    return kind


def _with_listed_files(value: dict[str, Any]) -> dict[str, Any]:
    """The value with a mapping of named folders under `spec.sources.files` written as a list."""
    spec: dict[str, Any] = value.get("spec", {})
    sources: dict[str, Any] = spec.get("sources", {}) if value["kind"] == "DataProduct" else {}
    files: Any = sources.get("files")
    if not isinstance(files, dict) or not files or not all(isinstance(item, dict) for item in files.values()):
        return value
    listed: list[Any] = [dict(item, name=name) for name, item in files.items()]
    return {**value, "spec": {**spec, "sources": {**sources, "files": listed}}}

"""Mends a document that breaks its shape, so that one fault does not hide the next. What was mended is never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs as rs

from weft._kit.place import Path
from weft.contracts.declared.breaches import rules_at

_NAME = "x"
_VERSION = "x/v1"


def damage(error: rs.ValidationError) -> list[Path]:
    """The paths that an error makes meaningless: problems found there later would only repeat it."""
    path: Path = tuple(error.instance_path)
    kind: Any = error.kind
    match kind.name:
        case "additionalProperties":
            return [(*path, name) for name in kind.unexpected]
        case "required":
            return [(*path, kind.property)]
        case _:
            return [path]


def repair(value: Any, error: rs.ValidationError, schema: Mapping[str, Any]) -> None:
    """Take out what is too much, and put the least that fits where something is missing or wrong."""
    kind: Any = error.kind
    holder = _at(value, tuple(error.instance_path))
    rules = rules_at(error, schema)
    match kind.name:
        case "additionalProperties":
            for name in kind.unexpected:
                holder.pop(name, None)
        case "required":
            holder[kind.property] = _least(rules["properties"][kind.property], schema)
        case _ if error.instance_path:
            _at(value, tuple(error.instance_path[:-1]))[error.instance_path[-1]] = _least(rules, schema)
        case _:
            pass


def _least(rules: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """The smallest value that a rule lets through, as far as the shapes of declarations need."""
    if "$ref" in rules:
        return _least(schema["$defs"][rules["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in rules:
        return _least(rules["anyOf"][0], schema)
    if "enum" in rules:
        return rules["enum"][0]
    match rules.get("type"):
        case "object":
            return {name: _least(rules["properties"][name], schema) for name in rules.get("required", ())}
        case "array":
            return [_least(rules["items"], schema)] if rules.get("minItems") else []
        case _:
            return _VERSION if "pattern" in rules else _NAME


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value

"""What of a JSON Schema can be shown on columns, and what cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOTES = frozenset(
    ["$schema", "$id", "$comment", "title", "description", "default", "examples", "classification", "deprecated",
     "readOnly", "writeOnly", "$defs", "definitions"]
)  # fmt: skip
"""Keywords that judge nothing."""
REFERENCES = 20


class Unprovable(Exception):
    """A contract says something that whole columns cannot show."""


def resolved(root: Mapping[str, Any], schema: Any) -> Any:
    """The schema with its reference followed and a union with null written as a list of types."""
    for _ in range(REFERENCES):
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            if schema.keys() - NOTES - {"$ref"}:
                raise Unprovable("rules beside a reference")
            schema = _target(root, schema["$ref"])
        elif (branch := _nullable(schema)) is not None:
            branch = resolved(root, branch)
            if not isinstance(branch, dict) or "enum" in branch or "const" in branch:
                raise Unprovable("a union")
            return {**branch, "type": sorted(types_of(branch) | {"null"})}
        else:
            return schema
    raise Unprovable("references in a circle")


def types_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types that a schema names; a schema without any proves nothing."""
    named = schema.get("type")
    types = frozenset([named] if isinstance(named, str) else named or [])
    if not types:
        raise Unprovable("a field without a type")
    listed = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    return types - {"null"} if listed and None not in listed else types


def _target(root: Mapping[str, Any], reference: object) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise Unprovable("a reference")
    node: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            raise Unprovable("a reference")
        node = node[key]
    return node


def _nullable(schema: Mapping[str, Any]) -> Any:
    for name in ("anyOf", "oneOf"):
        branches = schema.get(name)
        if isinstance(branches, list) and not schema.keys() - NOTES - {name}:
            others = [branch for branch in branches if branch != {"type": "null"}]
            if len(branches) == len(others) + 1 == 2:  # noqa: PLR2004 one of two is null
                return others[0]
    return None

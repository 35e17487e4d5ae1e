"""A contract's JSON Schema made safe: bounded, offline, with linear regular expressions and asserted formats."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs as rs

from weft._kit.place import Path

MAX_WEIGHT = 100_000
"""Nodes of a schema with every reference written out: bounds the work of checking one row."""

_MAX_FAULTS = 20
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
UUID_PATTERN = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"
_SUBSCHEMAS = {"additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames"}
_LISTS = {"allOf", "anyOf", "oneOf", "prefixItems", "items"}
_MAPS = {"properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"}


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Why a schema cannot be a contract, and where in it. `rule` is dialect, schema, format, pattern, reference or weight."""

    path: Path
    rule: str
    message: str


def validator(schema: Mapping[str, Any]) -> rs.Validator:
    """The exact validator of a schema: no network, no files, linear regexes, every format asserted, `uuid` in any draft."""
    return rs.validator_for(
        dict(schema),
        formats={"uuid": _is_uuid},
        validate_formats=True,
        ignore_unknown_formats=False,
        pattern_options=rs.RegexOptions(),
        offline=True,
    )


def faults_of(schema: Any) -> tuple[SchemaFault, ...]:
    """Everything that keeps a schema from being a contract; empty when it can be one."""
    if not isinstance(schema, dict):
        return (SchemaFault((), "schema", "a contract is a JSON object that describes one row"),)
    if not is_known_dialect(schema):
        message = f"`{schema['$schema']}` is no dialect that is known here"
        return (SchemaFault(("$schema",), "dialect", message),)
    if found := _breaches_of_the_dialect(schema):
        return found
    if weight(schema) > MAX_WEIGHT:
        return (SchemaFault((), "weight", f"with its references written out it has over {MAX_WEIGHT:,} parts"),)
    return tuple(_refusals(schema))


def is_known_dialect(schema: Mapping[str, Any]) -> bool:
    """Whether `$schema` is absent or names one of the official drafts."""
    named = schema.get("$schema", _DRAFT_2020)
    return isinstance(named, str) and bool(
        re.fullmatch(r"https?://json-schema\.org/(draft-0[467]|draft/20(19-09|20-12))/schema#?", named)
    )


def ignores_beside_references(schema: Mapping[str, Any]) -> bool:
    """Whether keywords beside `$ref` mean nothing, as in draft-07 and before."""
    return "draft-0" in str(schema.get("$schema", ""))


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


@functools.cache
def _dialect(named: str) -> rs.Validator:
    """The validator of schemas that are written in an official draft; there are five."""
    return rs.validator_for({"$schema": named, "$ref": named}, offline=True)


def _breaches_of_the_dialect(schema: dict[str, Any]) -> tuple[SchemaFault, ...]:
    dialect = _dialect(schema.get("$schema", _DRAFT_2020))
    if dialect.is_valid(schema):
        return ()
    breaches = [SchemaFault(tuple(e.instance_path), "schema", e.message) for e in dialect.iter_errors(schema)]
    return tuple(breaches[:_MAX_FAULTS])


def _refusals(schema: dict[str, Any]) -> Iterator[SchemaFault]:
    """What the compiler refuses: it stops at the first, so each is taken out of a copy and the rest tried again."""
    left: Any = schema
    for _ in range(_MAX_FAULTS):
        try:
            validator(left)
        except ValueError as error:
            left = copy.deepcopy(left)
            fault = _refusal(left, error)
            yield fault
            if not fault.path or not _without(left, fault.path):
                return
        else:
            return


def _refusal(schema: Any, error: Exception) -> SchemaFault:
    path: Path = tuple(getattr(error, "instance_path", ()))
    message = str(error).splitlines()[0]
    keyword = str(path[-1]) if path else ""
    if keyword == "format":
        return SchemaFault(path, "format", f"the format `{_at(schema, path)}` is not known")
    if keyword in {"pattern", "patternProperties"} or 'is not a "regex"' in message:
        return SchemaFault(path, "pattern", f"`{_at(schema, path)}` is no regular expression that runs in linear time")
    rule = "reference" if "$ref" in message or "resource" in message.lower() or "Pointer" in message else "schema"
    return SchemaFault(path, rule, message)


def _at(schema: Any, path: Path) -> Any:
    for part in path:
        schema = schema[part]
    return schema


def _without(schema: Any, path: Path) -> bool:
    parent = _at(schema, path[:-1])
    if isinstance(parent, dict) and path[-1] in parent:
        del parent[path[-1]]
        return True
    return False


def weight(schema: dict[str, Any]) -> int:
    """How many parts a schema has once local references are written out; a circle counts once."""
    known: dict[str, int] = {}
    return _weigh(schema, schema, known, frozenset())


def _weigh(node: Any, root: dict[str, Any], known: dict[str, int], above: frozenset[str]) -> int:
    if not isinstance(node, dict):
        return 1
    total = 1 + sum(_weigh(child, root, known, above) for _, child in children(node))
    reference = node.get("$ref")
    if isinstance(reference, str) and reference not in above:
        if reference not in known:
            known[reference] = _weigh(resolve(root, reference), root, known, above | {reference})
        total += known[reference]
    return min(total, MAX_WEIGHT + 1)


def children(node: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The schemas directly inside a schema, with their paths."""
    for name, part in node.items():
        if isinstance(part, dict):
            if name in _SUBSCHEMAS:
                yield (name,), part
            elif name in _MAPS:
                yield from (((name, key), child) for key, child in part.items())
        elif isinstance(part, list) and name in _LISTS:
            yield from (((name, index), child) for index, child in enumerate(part))


def resolve(root: Mapping[str, Any], reference: str) -> Any:
    """The schema that a local reference points to, or None."""
    if reference == "#":
        return root
    if not reference.startswith("#/"):
        return None
    node: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            return None
        node = node[key]
    return node

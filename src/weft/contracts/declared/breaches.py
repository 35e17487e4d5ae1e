"""Breaches of a shape in words: what stands there, what belongs there, what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jsonschema_rs as rs

from weft._kit.nearest import did_you_mean, nearest
from weft._kit.place import Path
from weft.contracts.declared.findings import DeclaredFile

_WORDS = {
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


def innermost(errors: Iterable[rs.ValidationError]) -> Iterable[rs.ValidationError]:
    """The errors, with those of a union replaced by those of the branch that comes closest."""
    for error in errors:
        kind: Any = error.kind
        if kind.name not in {"anyOf", "oneOf"}:
            yield error
            continue
        depth = len(error.instance_path)
        branches = [list(innermost(branch)) for branch in kind.context]
        yield from min(branches, key=lambda branch: _distance(branch, depth))


def _distance(branch: list[rs.ValidationError], depth: int) -> tuple[bool, int, int, int]:
    """How far a branch of a union is from the value: another type altogether, values of other types one level down, how
    early it fails, how often.
    """
    depths = [len(error.instance_path) for error in branch]
    mistyped = [len(error.instance_path) for error in branch if error.kind.name == "type"]
    return depth in mistyped, mistyped.count(depth + 1), -min(depths, default=depth), len(branch)


def explain(file: DeclaredFile, value: Any, errors: Sequence[rs.ValidationError], schema: Mapping[str, Any]) -> None:
    """Note every breach. A key that is missing because it is misspelled is one breach, not two."""
    misspelled = {
        (*error.instance_path, nearest(name, known_keys(error, schema)))
        for error in errors
        if error.kind.name == "additionalProperties"
        for name in _unexpected(error)
    }
    for error in errors:
        kind: Any = error.kind
        if kind.name != "required" or (*error.instance_path, kind.property) not in misspelled:
            _explain(file, value, error, schema)


def _unexpected(error: rs.ValidationError) -> list[str]:
    kind: Any = error.kind
    return kind.unexpected


def _explain(file: DeclaredFile, value: Any, error: rs.ValidationError, schema: Mapping[str, Any]) -> None:
    path: Path = tuple(error.instance_path)
    kind: Any = error.kind
    match kind.name:
        case "additionalProperties":
            known = known_keys(error, schema)
            for name in kind.unexpected:
                fix = _guess(name, known)
                file.problem(
                    "WEFT-1102", (*path, name), f"unknown key `{name}`", why=_known(name, known), fix=fix, at_key=True
                )
        case "required":
            file.problem("WEFT-1103", path, f"`{kind.property}` is missing", fix=f"add `{kind.property}:` here")
        case "type":
            what = f"{_found(_at(value, path))} stands where {' or '.join(_WORDS[name] for name in kind.types)} belongs"
            file.problem("WEFT-1101", path, what, fix=_type_fix(kind.types, _at(value, path)))
        case "enum" | "const":
            options = [str(option) for option in getattr(kind, "options", ())]
            shown = [option for option in options if option]
            what = f"`{_at(value, path)}` is not one of {', '.join(shown)}"
            file.problem("WEFT-1104", path, what, fix=_guess(str(_at(value, path)), shown))
        case "minLength":
            file.problem("WEFT-1105", path, "is empty", fix="write a value or take the line out")
        case "minItems":
            file.problem("WEFT-1105", path, "the list is empty", fix="write at least one, or take the line out")
        case "pattern" if path == ("apiVersion",):
            file.problem("WEFT-1105", path, f"`{_at(value, path)}` is no version that is read here", fix="weft.dev/v1")
        case _:
            file.problem("WEFT-1105", path, error.message)


def known_keys(error: rs.ValidationError, schema: Mapping[str, Any]) -> list[str]:
    """The keys that the shape knows where an error arose."""
    node = rules_at(error, schema)
    return list(node.get("properties", {}))


def rules_at(error: rs.ValidationError, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of the shape that an error broke."""
    node: Any = schema
    for part in error.schema_path[:-1]:
        node = node[part]
    return node if isinstance(node, Mapping) else {}


def _guess(word: str, known: Iterable[str]) -> str:
    guess = did_you_mean(word, known)
    return guess if guess.startswith("did") else ""


def _known(word: str, known: list[str]) -> str:
    return "" if nearest(word, known) else f"known here: {', '.join(known)}"


def _found(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


def _type_fix(types: list[str], value: Any) -> str:
    if value is None:
        return "write a value or take the line out"
    return f"write [{value}]" if types == ["array"] and not isinstance(value, dict | list) else ""


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value

"""What a new version of a contract means for those who rely on the old one: a proof, and reasons that people can read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jsonschema_rs as rs

from weft.contracts.columns import columns_of
from weft.contracts.validator import parsed
from weft.model.column import Column, walk

Level = Literal["none", "compatible", "breaking"]

_ANNOTATIONS = {"description", "title", "examples", "default", "$comment", "$id"}
_SHOWN = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Compatibility:
    """The verdict. `example` shows by field, as JSON Schema, rows that were good and no longer are."""

    level: Level
    reasons: tuple[str, ...] = ()
    example: str = ""


def compare(old_schema_text: str, new_schema_text: str) -> Compatibility:
    """Breaking, unless it is proven that every row served under the old contract keeps the new one, and no column that
    could be read is gone or of another kind.
    """
    old, new = parsed(old_schema_text), parsed(new_schema_text)
    if _meaning(old) == _meaning(new):
        return Compatibility(level="none")
    losses, gains = _differences(old, new)
    proven, example = _proof(old, new)
    if proven and not losses:
        return Compatibility(level="compatible", reasons=tuple(gains))
    reasons = losses or ["rows that were good may now be refused"]
    return Compatibility(level="breaking", reasons=(*reasons, *gains), example=example)


def _meaning(schema: Any) -> Any:
    """A schema without what only people read, in an order of its own."""
    if isinstance(schema, dict):
        return {
            name: {key: _meaning(child) for key, child in part.items()} if _names(name, part) else _meaning(part)
            for name, part in schema.items()
            if name not in _ANNOTATIONS or not isinstance(part, str | list | int | float | None)
        }
    return [_meaning(part) for part in schema] if isinstance(schema, list) else schema


def _names(keyword: str, part: Any) -> bool:
    """Whether the keys of a keyword's value are names of fields: a field may well be called `title`."""
    return keyword in {"properties", "definitions", "$defs"} and isinstance(part, dict)


def _proof(old: dict[str, Any], new: dict[str, Any]) -> tuple[bool, str]:
    """Whether every old row keeps the new contract, and which do not. What cannot be proven counts as breaking."""
    try:
        before, after = rs.canonicalize(_closed(old)), rs.canonicalize(new)
        if after.covers(before) == rs.canonical.Containment.YES:
            return True, ""
        return False, _example(before.subtract(after).to_json_schema(), before.to_json_schema())
    except (ValueError, rs.ReferencingError):
        return False, ""


def _example(left: Any, before: Any) -> str:
    """The rows that are left over, by the fields in which they differ from any old row; empty if that is too long."""
    branches = left.get("anyOf", [left]) if isinstance(left, dict) else []
    known: Mapping[str, Any] = before.get("properties", {}) if isinstance(before, dict) else {}
    for branch in branches:
        fields: Mapping[str, Any] = branch.get("properties", {}) if isinstance(branch, dict) else {}
        telling = {name: rule for name, rule in fields.items() if rule != known.get(name)}
        text = json.dumps(telling, default=str)
        if telling and len(text) <= _SHOWN:
            return text
    return ""


def _closed(schema: Any) -> Any:
    """The schema of rows as they are served: declared fields only. So a new optional field cannot clash with old rows."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return schema
    properties = {name: _closed(part) for name, part in schema["properties"].items()}
    return {"additionalProperties": False, **schema, "properties": properties}


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What readers or writers lose, and what else is different, field by field."""
    before, after = dict(walk(columns_of(old))), dict(walk(columns_of(new)))
    losses = [f"`{path}` is gone" for path in before if path not in after and not _within_gone(path, before, after)]
    gains: list[str] = []
    for path, column in after.items():
        was = before.get(path)
        if was is None:
            (losses if column.required else gains).append(_added(path, column))
            continue
        losses.extend(_kind_changes(path, was, column))
        for loss, text in _rule_changes(path, _rules_at(old, path), _rules_at(new, path)):
            (losses if loss else gains).append(text)
    if old.get("additionalProperties") is not False and new.get("additionalProperties") is False:
        gains.append("fields that are not declared are refused now")
    return losses, gains


def _within_gone(path: str, before: Mapping[str, Column], after: Mapping[str, Column]) -> bool:
    above = path.rpartition(".")[0]
    return bool(above) and above in before and above not in after


def _added(path: str, column: Column) -> str:
    return f"`{path}` is new and required" if column.required else f"`{path}` is new and optional"


def _kind_changes(path: str, was: Column, now: Column) -> Iterator[str]:
    if was.kind != now.kind:
        yield f"`{path}` was {was.kind} and is {now.kind}"
    elif was.scale != now.scale:
        yield f"`{path}` had {was.scale} decimal places and has {now.scale}"
    if was.required and not now.required:
        yield f"`{path}` may be absent now"
    if now.required and not was.required:
        yield f"`{path}` is required now"


def _rules_at(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    node: Any = schema
    for part in path.split("."):
        properties = node.get("properties") if isinstance(node, dict) else None
        node = properties.get(part) if isinstance(properties, dict) else None
    return node if isinstance(node, dict) else {}


def _rule_changes(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    """Each changed rule, and whether it takes something away."""
    yield from _enum_changes(path, old.get("enum"), new.get("enum"))
    for lower, upper in (("minimum", "maximum"), ("exclusiveMinimum", "exclusiveMaximum"), ("minLength", "maxLength")):
        yield from _bound_changes(path, lower, old.get(lower), new.get(lower), rising=True)
        yield from _bound_changes(path, upper, old.get(upper), new.get(upper), rising=False)
    for keyword in ("pattern", "format"):
        was, now = old.get(keyword), new.get(keyword)
        if was != now and now is not None:
            yield True, f"`{path}` must match another {keyword} now: {now}"
        elif was != now:
            yield False, f"`{path}` need not match the {keyword} {was} any more"
    if old.get("classification", "internal") != new.get("classification", "internal"):
        yield False, f"`{path}` is classified {new.get('classification', 'internal')} now"


def _enum_changes(path: str, old: Any, new: Any) -> Iterator[tuple[bool, str]]:
    was, now = (old if isinstance(old, list) else None), (new if isinstance(new, list) else None)
    if now is None:
        if was is not None:
            yield False, f"`{path}` may hold any value now"
        return
    if was is None:
        yield True, f"`{path}` is limited to {len(now)} values now"
        return
    if gone := [str(option) for option in was if option not in now]:
        yield True, f"`{path}` may no longer be {', '.join(gone)}"
    if added := [str(option) for option in now if option not in was]:
        yield False, f"`{path}` may now also be {', '.join(added)}"


def _bound_changes(path: str, keyword: str, was: Any, now: Any, *, rising: bool) -> Iterator[tuple[bool, str]]:
    if was == now:
        return
    tighter = now is not None and (was is None or (now > was if rising else now < was))
    limit = "no limit" if now is None else now
    yield tighter, f"the {keyword} of `{path}` is {limit} now"

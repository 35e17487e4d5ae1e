"""From a contract and a layout to a regular expression: whatever line it matches is a row of the right shape and types.

The expression spells every byte: each key once and in its place, texts without escapes, numbers short enough to be exact,
days that exist. So a match leaves nothing to interpret; only bounds and patterns remain, to be checked on whole columns.
It is as narrow as that takes. A row that it does not match may be perfectly good, and is judged like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weft.contracts.keys import COMPOUND, KEY_BYTES
from weft.model.column import PRECISION, Column
from weft.pipelines.columnar.checks import Check, checks_of, has_bytes, is_literal, literals
from weft.pipelines.columnar.layout import Layout
from weft.pipelines.columnar.schema import NOTES, Unprovable, resolved, types_of

Steps = Sequence[Callable[[str], str]]
Clean = Mapping[str, Steps]
"""Column path → what cleaning does to its texts, in order."""

DAY = (
    "[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
"""A day of the years 1000 to 2999; the 29th of February is left to the judge."""
MOMENT = DAY + r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
TEXT = r'[^"\\\x00-\x1f\x{D800}-\x{DFFF}]*'
HEX = "[0-9a-fA-F-]*"
"""What a UUID is made of. Its shape is checked on the column: here it would mean some forty states more, which the
processor's cache has no room for.
"""
WHOLE = "(?:0|-?[1-9][0-9]{0,17})"
REAL = r"(?:(?:0|-?[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?|-0\.0{0,14}[1-9][0-9]{0,14})"
ANY_SCALAR = f'(?:"{TEXT}"|{WHOLE}|(?:0|-?[1-9][0-9]{{0,14}})\\.[0-9]{{1,15}}|true|false|null)'
OBJECT_RULES = NOTES | {"type", "properties", "required", "additionalProperties"}
DEPTH = 8
SHARE = 100
"""Bytes of a key for each of its columns at the least: any value that is no text takes fewer, with its comma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What proves rows: the expression for a line, and what remains to be checked on columns."""

    line: str
    checks: tuple[Check, ...]


def grammar_of(
    schema: Mapping[str, Any],
    columns: Sequence[Column],
    layout: Layout,
    clean: Clean | None = None,
    key: Sequence[str] = (),
) -> Grammar:
    """The grammar of a contract's rows in this layout; Unprovable when the contract says what no column can show."""
    writer = _Writer(schema, dict(clean or {}), frozenset(key))
    row = writer.object(schema, columns, layout, ())
    if writer.clean:
        raise Unprovable(f"cleaning of {', '.join(writer.clean)}")
    return Grammar(line=rf"^{row}\r?$", checks=(*writer.checks, *_key_checks(key, columns)))


def _key_checks(key: Sequence[str], columns: Sequence[Column]) -> list[Check]:
    """What the texts of a key have to pass: each within its share of the bytes, even if every one of them is escaped."""
    share = KEY_BYTES // max(len(key), 1)
    parts = [column for column in columns if column.name in key]
    if share < SHARE or any(column.kind in COMPOUND for column in parts):
        raise Unprovable("a key of many columns, or of objects")
    test = has_bytes(share // 2 - 1)
    return [Check(path=(column.name,), test=test) for column in parts if column.kind == "string"]


class _Writer:
    """Writes the expression and collects the checks beside it."""

    def __init__(self, root: Mapping[str, Any], clean: dict[str, Steps], key: frozenset[str]) -> None:
        self._root = root
        self._key = key
        self.clean = clean
        self.checks: list[Check] = []

    def object(
        self, schema: Mapping[str, Any], columns: Sequence[Column], layout: Layout, path: tuple[str, ...]
    ) -> str:
        if unknown := schema.keys() - OBJECT_RULES:
            raise Unprovable(f"the rule {min(unknown)} on an object")
        if len(path) > DEPTH:
            raise Unprovable("deep objects")
        properties: Mapping[str, Any] = schema.get("properties", {})
        extra = schema.get("additionalProperties", True)
        if not isinstance(extra, bool):
            raise Unprovable("rules for undeclared fields")
        required = set(schema.get("required", ())) | (set() if path else self._key)
        named = {column.name: column for column in columns}
        members: list[tuple[str, str, bool]] = []
        for key in layout.keys:
            value = self._member(key, properties, named, layout, path, extra=extra)
            if value is not None:
                members.append((key, f'"{_escaped(key)}": ?{value}', key in required))
        self._forget_unseen(properties, named, layout, path)
        return _sequence(members, required, layout)

    def _member(
        self,
        key: str,
        properties: Mapping[str, Any],
        named: Mapping[str, Column],
        layout: Layout,
        path: tuple[str, ...],
        *,
        extra: bool,
    ) -> str | None:
        """The expression for a member's value; None where a row with this member is left to the judge."""
        if not is_literal(key):
            return None
        if key not in properties:
            return ANY_SCALAR if extra and key not in named else None
        if key not in named:
            raise Unprovable(f"{key} has rules and no column")
        return self._value(resolved(self._root, properties[key]), named[key], layout.inner.get(key), (*path, key))

    def _value(self, schema: Any, column: Column, layout: Layout | None, path: tuple[str, ...]) -> str | None:
        if not isinstance(schema, dict) or column.kind == "json":
            return None
        types = types_of(schema)
        if column.kind == "object":
            inner = None if layout is None else self.object(schema, column.fields, layout, path)
        else:
            inner = self._scalar(schema, column, types, path)
        if "null" in types and (path[1:] or path[-1] not in self._key):
            return "null" if inner is None else f"(?:{inner}|null)"
        return inner

    def _scalar(
        self, schema: Mapping[str, Any], column: Column, types: frozenset[str], path: tuple[str, ...]
    ) -> str | None:
        steps = self._steps(column, path)
        if (check := checks_of(schema, column, path, steps)) is not None:
            self.checks.append(check)
        match column.kind:
            case "string":
                return None if "string" not in types else f'"{_text(schema, steps)}"'
            case "timestamp" | "date":
                return None if "string" not in types else f'"{MOMENT if column.kind == "timestamp" else DAY}"'
            case "boolean":
                return "(?:true|false)" if "boolean" in types else None
            case "integer":
                return WHOLE if "integer" in types else None
            case "decimal":
                return _decimal(column.scale) if "number" in types else None
            case _:
                return REAL if "number" in types else None

    def _steps(self, column: Column, path: tuple[str, ...]) -> Steps:
        steps = self.clean.pop(".".join(path), ())
        if steps and column.kind in {"timestamp", "date"}:
            raise Unprovable(f"cleaning of the time {'.'.join(path)}")
        return steps if column.kind == "string" else ()

    def _forget_unseen(
        self, properties: Mapping[str, Any], named: Mapping[str, Column], layout: Layout, path: tuple[str, ...]
    ) -> None:
        """Fields that the layout lacks are not in the expression, so that a row with one is left to the judge."""
        for key in (properties.keys() | named.keys()) - set(layout.keys):
            start = ".".join((*path, key))
            for name in [name for name in self.clean if name == start or name.startswith(f"{start}.")]:
                del self.clean[name]


def _sequence(members: Sequence[tuple[str, str, bool]], required: set[str], layout: Layout) -> str:
    """Members in order, the optional ones optional. One member must be there, so that the commas fall in place."""
    if required - {key for key, _, _ in members}:
        raise Unprovable("a required field that no row has")
    if not members:
        return r"\{\}"
    firm = [index for index, (_, _, needed) in enumerate(members) if needed] or [
        index for index, (key, _, _) in enumerate(members) if key in layout.always
    ]
    anchor = firm[0] if firm else 0
    text = ""
    for index, (_, member, needed) in enumerate(members):
        if index == anchor:
            text += member
        elif index < anchor:
            text += f"{member}, ?" if needed else f"(?:{member}, ?)?"
        else:
            text += f", ?{member}" if needed else f"(?:, ?{member})?"
    return rf"\{{{text}\}}"


def _text(schema: Mapping[str, Any], steps: Steps) -> str:
    if steps:
        return TEXT
    if (texts := literals(schema)) is not None:
        return f"(?:{'|'.join(_escaped(text) for text in texts)})"
    return HEX if schema.get("format") == "uuid" else TEXT


def _decimal(scale: int) -> str:
    whole = PRECISION - scale
    digits = rf"(?:\.[0-9]{{1,{scale}}})?" if scale else ""
    return f"(?:0|-?[1-9][0-9]{{0,{whole - 1}}}){digits}"


def _escaped(text: str) -> str:
    return re.sub(r"([^A-Za-z0-9_ ])", r"\\\1", text)

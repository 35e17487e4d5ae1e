"""What may be a row's key: there in every row, of one value a column, and small enough for every engine's index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from weft._kit.json_marks import pointer
from weft.contracts.messages import shown
from weft.model.column import Column, Kind
from weft.model.key import key_text
from weft.model.row import Defect

KEY_BYTES = 1000
"""The most that a key's text may take in UTF-8. State stores take twice as much, but for the name of its place as well."""
COMPOUND: frozenset[Kind] = frozenset({"object", "json"})
"""Kinds of columns that have no single value, and so can be no part of a key."""
_SHORT = KEY_BYTES // 4 - 1
"""Characters and commas that are within the limit, whatever they are and however they are escaped."""
_PLAIN = 50
"""Characters that a value takes at most if it is no text."""

KeyCheck = Callable[[Mapping[str, Any]], Defect | None]


def key_check(key: Sequence[str], columns: Sequence[Column]) -> KeyCheck:
    """A function that tells why a typed row cannot be kept under its key; None if it can."""
    compound = {column.name for column in columns if column.kind in COMPOUND}.intersection(key)
    short = _SHORT - _PLAIN * len(key)

    def check(row: Mapping[str, Any]) -> Defect | None:
        # Once per good row: most keys are seen to be short without writing them out.
        size = 0
        for name in key:
            value = row.get(name)
            if type(value) is str:
                if "\0" in value:
                    return _defect(name, f"{shown(value)} holds a NUL, which cannot be in a key")
                size += len(value) + 1
            elif value is None:
                return _defect(name, f"is missing, and every row has to have its key ({', '.join(key)})")
        return _too_long(row, key) if size > short else None

    def refuse(row: Mapping[str, Any]) -> Defect | None:
        name = min(compound)
        return check(row) if row.get(name) is None else _defect(name, "is an object or a list, which cannot be a key")

    return refuse if compound else check


def _too_long(row: Mapping[str, Any], key: Sequence[str]) -> Defect | None:
    size = len(key_text([row[name] for name in key]).encode())
    if size <= KEY_BYTES:
        return None
    longest = max(key, key=lambda name: len(str(row[name])))
    return _defect(longest, f"{shown(row[longest])} makes a key of {size} bytes; the most is {KEY_BYTES}")


def _defect(name: str, message: str) -> Defect:
    return Defect(rule="storage", path=pointer((name,)), message=message)

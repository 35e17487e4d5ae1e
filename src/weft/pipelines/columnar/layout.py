"""The layout of a file's rows: which keys its objects have and in which order, learnt from a few of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

MAX_KEYS = 400
SAMPLE = 400
"""So many rows tell the layout; what they do not show is judged row by row."""


@dataclass(slots=True)
class Layout:
    """The keys of an object in the order in which they come; nested objects have layouts of their own."""

    keys: list[str] = field(default_factory=list[str])
    always: set[str] = field(default_factory=set[str])
    """Keys that every object had."""
    inner: dict[str, Layout] = field(default_factory=dict[str, "Layout"])


def learnt(lines: Iterable[bytes]) -> Layout | None:
    """The layout that most of these rows share; None when they are no objects."""
    rows: list[Mapping[str, Any]] = []
    for line in lines:
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(row, dict):
            rows.append(row)
    return _of(rows) if rows else None


def _of(rows: Sequence[Mapping[str, Any]]) -> Layout:
    layout = Layout(keys=_merged([list(row) for row in rows]))
    layout.always = {key for key in layout.keys if all(key in row for row in rows)}
    for key in layout.keys:
        nested = [row[key] for row in rows if isinstance(row.get(key), dict)]
        if nested:
            layout.inner[key] = _of(nested)
    return layout


def _merged(orders: Sequence[list[str]]) -> list[str]:
    """One order that holds as many of the given ones as it can: each new key goes right after the key before it."""
    merged: list[str] = []
    for order in sorted(orders, key=len, reverse=True):
        place = 0
        for key in order:
            if key in merged:
                place = merged.index(key) + 1
            elif len(merged) < MAX_KEYS:
                merged.insert(place, key)
                place += 1
    return merged

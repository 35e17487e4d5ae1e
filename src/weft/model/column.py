"""The shape of a table as the whole house speaks of it: named, typed, classified columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Classification = Literal["public", "internal", "confidential", "restricted"]
CLASSIFICATIONS: tuple[Classification, ...] = ("public", "internal", "confidential", "restricted")

Kind = Literal["string", "integer", "decimal", "number", "boolean", "timestamp", "date", "json", "object"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `object` columns have `fields`; `decimal` columns have `scale`; `json` holds JSON text."""

    name: str
    kind: Kind
    required: bool = False
    scale: int = 0
    fields: tuple[Column, ...] = ()
    classification: Classification = "internal"
    description: str = ""


PRECISION = 18
"""Digits of a decimal column: 18 fit a 64-bit integer, which engines add up fast."""


def walk(columns: tuple[Column, ...], above: str = "") -> list[tuple[str, Column]]:
    """Every column and nested field with its dotted path, parents first."""
    found: list[tuple[str, Column]] = []
    for column in columns:
        path = f"{above}.{column.name}" if above else column.name
        found.append((path, column))
        found.extend(walk(column.fields, path))
    return found

"""A problem found in a declaration, with its place: what was wrong, why, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding of `weft check`. Errors stop a plan; warnings and notices do not."""

    code: str
    severity: Severity
    mark: Mark
    path: str
    what: str
    why: str = ""
    fix: str = ""

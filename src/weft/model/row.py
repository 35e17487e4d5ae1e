"""A received row and the verdict on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Why a row breaks its contract: the rule, the field as a JSON pointer, and a sentence."""

    rule: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """One row after its check: good rows carry typed values by column, bad ones their defects, both the original bytes."""

    raw: bytes
    row: Mapping[str, Any] | None
    defects: tuple[Defect, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the row keeps its contract."""
        return self.row is not None

"""What a writer is told: how many rows came in, how many were kept from the ports and why, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

from weft.model.event import Position
from weft.model.row import Defect


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """A row that broke its contract; rows count from 1, as a person would."""

    row: int
    defects: tuple[Defect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer to a write. Whoever reads at `position` or later sees these rows."""

    received: int
    accepted: int
    quarantined: int
    position: Position
    repeated: bool = False
    problems: tuple[RowProblem, ...] = ()
    """The first few only."""

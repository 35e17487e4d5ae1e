"""Changes to an engine's own tables: numbered, applied in order, each in one transaction, never taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from weft.model.errors import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step from a format to the next; its place in the tuple is its number."""

    name: str
    why: str
    sql: tuple[str, ...]


def pending(steps: Sequence[Migration], held: int, *, place: str) -> Sequence[tuple[int, Migration]]:
    """The steps that a store at format `held` still needs, each with the format that it leads to."""
    if held > len(steps):
        raise Environment(
            f"{place} has format {held}, and this version of Weft knows formats up to {len(steps)}",
            hint="a newer Weft wrote it: upgrade this one; nothing was changed",
        )
    return list(enumerate(steps, start=1))[held:]

"""Time and chance, handed in so that tests and simulation can hold them still."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time of day, with zone UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; for measuring, never for dates."""
        ...


class Ids(Protocol):
    """Makes identifiers and secrets."""

    def new(self) -> str:
        """A fresh identifier; later ones sort after earlier ones."""
        ...

    def secret(self) -> str:
        """At least 256 bits of chance as URL-safe text."""
        ...

"""Time and chance held still: a clock that is set by hand, and identifiers that count."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._seconds

    def move(self, seconds: float) -> None:
        """Let this much time pass; only `now` goes back when it is negative."""
        self._now += timedelta(seconds=seconds)
        self._seconds += max(seconds, 0.0)


class CountedIds:
    """Identifiers in counting order, and secrets that are the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        self._count += 1
        return f"id-{self._count:08d}"

    def secret(self) -> str:
        return hashlib.sha256(self.new().encode()).hexdigest()

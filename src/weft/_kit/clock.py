"""Time and identifiers, handed in: nothing else in the house asks the machine for either."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time of day, with zone UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back; for measuring, never for dates."""
        return time.monotonic()


_CHANCE = 10
_AT_ONCE = 256


class SystemIds:
    """Identifiers that sort by time of creation (UUID version 7) and secrets that nobody can guess."""

    def __init__(self) -> None:
        self._chances: list[int] = []
        os.register_at_fork(after_in_child=self._chances.clear)

    def new(self) -> str:
        """A fresh identifier."""
        millis = time.time_ns() // 1_000_000
        rand = self._chance()
        value = (millis << 80) | (7 << 76) | ((rand >> 68) << 64) | (2 << 62) | (rand & (1 << 62) - 1)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def secret(self) -> str:
        """256 bits of chance as URL-safe text."""
        return os.urandom(32).hex()

    def _chance(self) -> int:
        """80 bits. The system is asked for many of them at once, since each call to it costs more than they do."""
        while True:
            try:
                return self._chances.pop()
            except IndexError:
                chance = os.urandom(_CHANCE * _AT_ONCE)
                found = [int.from_bytes(chance[at : at + _CHANCE]) for at in range(0, len(chance), _CHANCE)]
                self._chances.extend(found)

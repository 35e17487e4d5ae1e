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


class SystemIds:
    """Identifiers that sort by time of creation (UUID version 7) and secrets that nobody can guess."""

    def new(self) -> str:
        """A fresh identifier."""
        millis = time.time_ns() // 1_000_000
        rand = int.from_bytes(os.urandom(10))
        value = (millis << 80) | (7 << 76) | ((rand >> 68) << 64) | (2 << 62) | (rand & (1 << 62) - 1)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def secret(self) -> str:
        """256 bits of chance as URL-safe text."""
        return os.urandom(32).hex()

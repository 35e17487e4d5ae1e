"""What a mesh keeps about its own work: counts, verdicts and runs. Written with the work, read by portal and CLI."""

from __future__ import annotations

from typing import Literal

import msgspec

STATS = "stats"
"""Space of `Stats` by topic."""

Share = float | None


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """All that ever came for one table, up to a position of its topic."""

    position: str = "0"
    received: int = 0
    good: int = 0
    bad: int = 0
    last_received: str | None = None
    newest: str | None = None
    """The latest event time among good rows."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch measured; None is unknown, and unknown is never met."""

    time: str
    rows: int
    good: int
    bad: int
    freshness: float | None = None
    """Seconds from the newest event time to being readable."""
    completeness: Share = None
    accuracy: Share = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work that ended."""

    id: str
    kind: Literal["refine", "bulk", "model"]
    table: str
    started: str
    seconds: float
    received: int = 0
    good: int = 0
    bad: int = 0
    status: Literal["ok", "failed"] = "ok"
    note: str = ""


def verdict_space(topic: str) -> str:
    """Space of a topic's verdicts, by zero-padded position."""
    return f"verdicts/{topic}"


def run_space(product: str) -> str:
    """Space of a product's runs, by id: ids sort by time."""
    return f"runs/{product}"

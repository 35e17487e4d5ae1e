"""Numbers in words for people: counts, shares and spans of time."""

from __future__ import annotations

from typing import Any


def counted(number: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def measured(name: str, value: Any) -> str:
    """A measure of quality as it is spoken of; unknown stays unknown."""
    from weft._kit.durations import percent

    if value is None:
        return "unknown"
    return span(float(value)) if name == "freshness" else percent(round(float(value), 6))


def span(seconds: float) -> str:
    """A span of time in its largest unit: `1.1 h`, `0.75 s`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.3g} s"

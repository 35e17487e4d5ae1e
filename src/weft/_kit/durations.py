"""Durations and shares as people write them: `1s`, `10m`, `7 years`, `99.999%`."""

from __future__ import annotations

import re
from decimal import Decimal

_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
    "w": Decimal(604_800),
    "mo": Decimal(30 * 86_400),
    "y": Decimal(365 * 86_400),
}
_WORDS = {
    "millisecond": "ms", "sec": "s", "second": "s", "min": "m", "minute": "m", "hr": "h", "hour": "h",
    "day": "d", "week": "w", "month": "mo", "yr": "y", "year": "y",
}  # fmt: skip
_PART = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([a-z]+)\s*", re.ASCII)
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?)\s*%", re.ASCII)
_WHOLE = 100
_NAMES = (("y", "year"), ("d", "day"), ("h", "hour"), ("m", "minute"), ("s", "second"))


def seconds(text: str) -> float:
    """The seconds of `500ms`, `1s`, `10m`, `1h 30m`, `7 years`; ValueError says what is missing."""
    total, end = Decimal(0), 0
    lowered = text.strip().lower()
    while end < len(lowered):
        part = _PART.match(lowered, end)
        if part is None:
            raise ValueError(_complaint(text))
        total += Decimal(part[1]) * _SECONDS[_unit(part[2], text)]
        end = part.end()
    if not lowered:
        raise ValueError("is empty: write a number with a unit, such as 1s, 10m or 7 years")
    return float(total)


def share(text: str) -> float:
    """The fraction that a percentage says: 0.99999 for `99.999%`; ValueError says what is missing."""
    found = _SHARE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{text}` is not a percentage: write it with a percent sign, such as 99.9%")
    value = Decimal(found[1])
    if value > _WHOLE:
        raise ValueError(f"`{text}` is more than 100%")
    return float(value / 100)


def spoken(amount: float) -> str:
    """A duration in words: `1 second`, `10 minutes`, `7 years`."""
    for unit, name in _NAMES:
        size = float(_SECONDS[unit])
        if amount >= size and amount % size == 0:
            return _counted(amount / size, name)
    return _counted(amount * 1000, "millisecond") if amount < 1 else _counted(amount, "second")


def short(amount: float) -> str:
    """A duration as it is written in declarations: `1s`, `10m`, `7y`."""
    for unit, _ in _NAMES:
        size = float(_SECONDS[unit])
        if amount >= size and amount % size == 0:
            return f"{amount / size:g}{unit}"
    return f"{amount * 1000:g}ms"


def percent(fraction: float) -> str:
    """A fraction as a percentage with no more digits than it has: `99.999 %`."""
    value = (Decimal(repr(fraction)) * 100).normalize()
    return f"{value:f} %"


def _counted(number: float, name: str) -> str:
    return f"{number:g} {name}" if number == 1 else f"{number:g} {name}s"


def _unit(word: str, text: str) -> str:
    unit = word if word in _SECONDS else _WORDS.get(word) or _WORDS.get(word.removesuffix("s"))
    if unit is None:
        raise ValueError(f"`{text}` has the unknown unit `{word}`: use ms, s, m, h, days, weeks, months or years")
    return unit


def _complaint(text: str) -> str:
    if re.fullmatch(r"[0-9.]+", text.strip()):
        return f"`{text}` has no unit: write {text.strip()}s for seconds, {text.strip()}m for minutes"
    return f"`{text}` is not a duration: write a number with a unit, such as 1s, 10m or 7 years"

"""The cleaning steps of a table: what they do to a text, and to the fields that name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[str], str]


def _collapse(text: str) -> str:
    return " ".join(text.split())


def _digits(text: str) -> str:
    return "".join(letter for letter in text if "0" <= letter <= "9")


STEPS: Mapping[str, Step] = {
    "trim": str.strip,
    "upper": str.upper,
    "lower": str.lower,
    "digits": _digits,
    "collapse": _collapse,
}

Plan = tuple[tuple[tuple[str, ...], tuple[Step, ...]], ...]


def plan_of(clean: Mapping[str, tuple[str, ...]]) -> Plan:
    """The steps by path; a column path such as `payment_method.type` reaches into objects."""
    return tuple((tuple(path.split(".")), tuple(STEPS[name] for name in steps)) for path, steps in clean.items())


def apply(plan: Plan, row: dict[str, Any]) -> None:
    """Clean a decoded row in place; what is absent or no text stays as it is, for the contract to judge."""
    for path, steps in plan:
        holder: Any = row
        for part in path[:-1]:
            holder = holder.get(part) if isinstance(holder, dict) else None
        value = holder.get(path[-1]) if isinstance(holder, dict) else None
        if isinstance(value, str):
            for step in steps:
                value = step(value)
            holder[path[-1]] = value

"""A question to a table: conditions, words to look for, an order and a page. What ports parse and the door answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One column against one value (a tuple of values for `in`). Values are text or plain JSON; the door casts them."""

    column: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Conditions are joined by AND. `sort` names columns, `-` in front turns the order round."""

    conditions: tuple[Condition, ...] = ()
    text: str = ""
    sort: tuple[str, ...] = ()
    page: int = 1
    size: int = 20


MAX_PAGE_SIZE = 1000

"""Columns of text: aligned, cut to the terminal's width, safe to show."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_GAP = "  "
_LEAST = 8


def grid(rows: Sequence[Sequence[str]], *, width: int | None = None, right: frozenset[int] = frozenset()) -> list[str]:
    """Rows of equal length as lines; columns in `right` are aligned there, and what is wider than `width` is cut."""
    if not rows:
        return []
    widths = _fitted([max(map(cells, column)) for column in zip(*rows, strict=True)], width)
    return [_line(row, widths, right) for row in rows]


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def cut(text: str, width: int) -> str:
    """The text in at most so many columns."""
    if cells(text) <= width:
        return text
    taken, room = "", width - 1
    for character in text:
        room -= _cell(character)
        if room < 0:
            break
        taken += character
    return taken + "…"


def _line(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    shown: list[str] = []
    for index, (text, width) in enumerate(zip(row, widths, strict=True)):
        short = cut(text, width)
        space = " " * (width - cells(short))
        shown.append(space + short if index in right else short + space)
    return _GAP.join(shown).rstrip()


def _fitted(widths: list[int], width: int | None) -> list[int]:
    """Widths that fit: the widest column gives first, none below a least."""
    if width is None:
        return widths
    surplus = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    while surplus > 0 and max(widths) > _LEAST:
        widest = widths.index(max(widths))
        next_widest = max((other for other in widths if other < widths[widest]), default=0)
        give = min(surplus, widths[widest] - max(next_widest, _LEAST)) or 1
        widths[widest] -= give
        surplus -= give
    return widths


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

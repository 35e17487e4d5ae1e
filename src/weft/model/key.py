"""The text of a row's key, as it stands in paths and views: values joined by commas, commas and backslashes escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<separator>,)|(?P<plain>[^,\\]+)", re.DOTALL)


def key_text(values: Sequence[Any]) -> str:
    """One text for one key; different keys never share one."""
    return ",".join(str(value).replace("\\", "\\\\").replace(",", "\\,") for value in values)


def key_of(row: Mapping[str, Any], key: Sequence[str]) -> str:
    """The key text of a row, empty for a table without a key."""
    return key_text([row[name] for name in key]) if key else ""


def key_values(text: str) -> list[str]:
    """The values of a key text, each as text."""
    values = [""]
    for piece in _PIECE.finditer(text):
        if piece["separator"]:
            values.append("")
        else:
            values[-1] += piece["escaped"] or piece["plain"]
    return values

"""W3C trace context: where a request stands in a trace, read from `traceparent` or begun here."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass

from weft.ports.clock import Ids

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Trace:
    """One span of a trace, and the span that it was called from."""

    id: str
    span: str
    parent: str = ""
    flags: str = "01"

    def __str__(self) -> str:
        """The `traceparent` of what is called from here."""
        return f"00-{self.id}-{self.span}-{self.flags}"


current: ContextVar[Trace | None] = ContextVar("weft.trace", default=None)
"""The trace of the work at hand."""


def parse(header: str) -> Trace | None:
    """The caller's span, or None for anything but a sound `traceparent` (which the standard says to ignore)."""
    match = _TRACEPARENT.fullmatch(header)
    return None if match is None else Trace(match[1], match[2], flags=match[3])


def begin(ids: Ids, header: str = "") -> Trace:
    """A span of ours: in the caller's trace if it names one, else in a new trace."""
    own = ids.new().replace("-", "")
    caller = parse(header) if header else None
    if caller is None:
        return Trace(own, own[-16:])
    return Trace(caller.id, own[-16:], caller.span, caller.flags)

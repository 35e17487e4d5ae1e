"""An answer to a request: status, body, headers."""

from __future__ import annotations

import msgspec

from weft.model.event import Position

Headers = tuple[tuple[bytes, bytes], ...]

BODILESS = frozenset({204, 304})
"""Statuses whose answers have no body."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Answer(msgspec.Struct, frozen=True):
    """What goes back. Whoever sends it adds the length of the body."""

    body: bytes = b""
    status: int = 200
    media: bytes = b"application/json"
    headers: Headers = ()
    close: bool = False
    """Whether nothing more is read from this connection."""


def as_json(value: object, *, status: int = 200, headers: Headers = ()) -> Answer:
    """A value as JSON, decimals as exact numbers."""
    return Answer(_encode(value), status=status, headers=headers)


def at(position: Position) -> Headers:
    """The header that says which position an answer reflects."""
    return ((b"weft-position", str(position).encode()),)

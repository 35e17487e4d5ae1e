"""An answer to a request: status, body, headers; and how it goes out."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from starlette.types import Scope, Send

from weft.model.event import Position

Headers = tuple[tuple[bytes, bytes], ...]

_encode = msgspec.json.Encoder(decimal_format="number").encode
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    body: bytes = b""
    status: int = 200
    media: bytes = b"application/json"
    headers: Headers = ()

    async def send(self, scope: Scope, send: Send) -> None:
        """Write it down, with the stamps of the gate; a HEAD request gets the headers alone."""
        scope["weft.status"] = self.status
        headers = [*self.headers, *scope["weft.stamps"]]
        if self.status not in _BODILESS:
            headers.append((b"content-type", self.media))
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self.body})


def as_json(value: object, *, status: int = 200, headers: Headers = ()) -> Answer:
    """A value as JSON, decimals as exact numbers."""
    return Answer(_encode(value), status=status, headers=headers)


def at(position: Position) -> Headers:
    """The header that says which position an answer reflects."""
    return ((b"weft-position", str(position).encode()),)

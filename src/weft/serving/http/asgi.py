"""The app as ASGI, for whoever runs an ASGI server already, and for tests that need no network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from weft.model.errors import Unavailable
from weft.serving.http.answer import BODILESS, Answer
from weft.serving.http.call import Call
from weft.serving.http.gate import Gate

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Asgi:
    """A gate with the face of ASGI. Lifespan and WebSockets are not spoken."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return
        client = scope.get("client")
        call = Call(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query_string=scope["query_string"],
            fields=[(name.lower(), value) for name, value in scope["headers"]],
            incoming=_Incoming(receive),
            version=scope["http_version"],
            client=client[0] if client else "",
        )
        await _send(call, await self.gate.answer(call), send)


class _Incoming:
    """The body as ASGI delivers it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._more = True

    async def read(self) -> bytes:
        """See Incoming."""
        while self._more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Unavailable("the caller went away")
            self._more = message.get("more_body", False)
            if part := message.get("body", b""):
                return part
        return b""


async def _send(call: Call, answer: Answer, send: Send) -> None:
    headers = list(answer.headers)
    if answer.status not in BODILESS:
        headers += [(b"content-type", answer.media), (b"content-length", b"%d" % len(answer.body))]
    if answer.close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else answer.body})

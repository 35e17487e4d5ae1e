"""The server's protocol with limits of its own: uvicorn and httptools take heads of any size and any form of target."""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_BYTES = 64 << 10
"""Far above what the gate accepts, so that the gate can say so; beyond it the connection is cut."""
_HEAD_END = b"\r\n\r\n"
_HEAD_SECONDS = 15.0
_CONTINUE = b"HTTP/1.1 100 "
_BODY = (
    b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"this is no HTTP request","code":"WEFT-4000"}'
)
_REFUSAL = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_BODY), _BODY)
)


class _Corked:
    """A transport that sends the head of an answer together with its body: one system call and one packet, not two."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send, unless it is a head whose body is about to follow."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(_CONTINUE):
            self._head = data
            return
        if data:
            self._transport.write(data)

    def close(self) -> None:
        """Send what is held, then close."""
        self.write(b"")
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class GuardedProtocol(HttpToolsProtocol):
    """Cuts off whoever sends a head without end, or none at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head = 0
        self._tail = b""
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        super().connection_made(_Corked(transport))  # type: ignore[arg-type]
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head before it is parsed."""
        if self._in_head:
            self._head += self._of_head(data)
        if self._head > _HEAD_BYTES:
            self.send_400_response("the head is too large")
            return
        super().data_received(data)
        if self._in_head and self._head and self._deadline is None:
            self._deadline = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _of_head(self, data: bytes) -> int:
        """How many of these bytes belong to the head: one read may bring much of the body with it."""
        seen = self._tail + data[:_HEAD_BYTES]
        end = seen.find(_HEAD_END)
        self._tail = seen[1 - len(_HEAD_END) :]
        return len(data) if end < 0 else max(0, end + len(_HEAD_END) - (len(seen) - len(data[:_HEAD_BYTES])))

    def on_message_begin(self) -> None:
        """A request starts."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """The head is whole: only a path may be its target, since proxies and we must mean the same host."""
        self._in_head = False
        self._head = 0
        self._tail = b""
        self._head_came()
        if not self.url.startswith(b"/"):
            raise httptools.HttpParserInvalidURLError(self.url[:80])
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request ends; the next head may follow."""
        super().on_message_complete()
        self._in_head = True

    def on_response_complete(self) -> None:
        """An answer is whole; one without a body is still held."""
        self.transport.write(b"")
        super().on_response_complete()

    def _head_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what the parser says is for no caller
        """The refusal of what is no HTTP, once."""
        if not self.transport.is_closing():
            self.transport.write(_REFUSAL)
            self.transport.close()

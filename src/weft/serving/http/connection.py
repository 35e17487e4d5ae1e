"""HTTP/1.1 on one connection: httptools reads the requests, the gate answers them one after the other.

Nothing here is made anew for each request but what the request itself needs; who is slow, endless or ambiguous is cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from email.utils import format_datetime
from http import HTTPStatus
from typing import cast

import httptools
import msgspec

from weft.model.errors import InvalidInput, Unavailable, WeftError
from weft.serving.http.answer import BODILESS, Answer
from weft.serving.http.call import Call
from weft.serving.http.gate import Gate

HEAD_BYTES = 64 << 10
"""Far above what the gate accepts, so that the gate can say so; beyond it the connection is cut."""
HEAD_SECONDS = 15.0
IDLE_SECONDS = 30.0
BODY_SECONDS = 30.0
LINGER_SECONDS = 2.0
"""How long a refused body may still come in: a connection that is closed on it would take the refusal with it."""
DRAIN_SECONDS = 10.0
"""What requests under way get when the server stops."""
_BACKLOG = 64 << 10
"""Bytes of a body that wait to be read before the caller is held up."""

_BODY = (
    b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"this is no HTTP request","code":"WEFT-4000"}'
)
_REFUSAL = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_BODY), _BODY)
)
_STATUSES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_OF_BODY = frozenset({b"content-length", b"transfer-encoding"})
"""Without one of these a request has no body."""
_OF_MESSAGE = _OF_BODY | {b"connection", b"expect"}
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""What no header may hold, or one answer could be made to look like two."""


class Hall:
    """What the connections of a server share."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.connections: set[Connection] = set()
        self.closing = False
        self.date = self._today()

    def _today(self) -> bytes:
        return format_datetime(self.gate.clock.now(), usegmt=True).encode()

    async def watch(self) -> None:
        """Once a second, tell the time and look after every connection: a timer for each request would cost more."""
        while True:
            await asyncio.sleep(1)
            self.date = self._today()
            now = asyncio.get_running_loop().time()
            for connection in list(self.connections):
                connection.look(now)

    async def empty(self) -> None:
        """Let requests under way be answered, then close what is left."""
        self.closing = True
        for connection in list(self.connections):
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self.connections:
                    await asyncio.sleep(0.005)
        for connection in list(self.connections):
            connection.abort()


class NoBody:
    """The body of a request that has none."""

    size = 0
    whole = True

    async def read(self) -> bytes:
        """See Incoming."""
        return b""

    def feed(self, part: bytes) -> None:
        """Nothing comes."""

    def end(self) -> None:
        """It was whole from the beginning."""

    def fail(self, fault: WeftError) -> None:
        """Nobody waits for it."""

    def drop(self) -> None:
        """There is nothing to drop."""


_NO_BODY = NoBody()


class Body:
    """The body of a request while it comes in."""

    __slots__ = ("_connection", "_dropped", "_fault", "_hesitant", "_parts", "_waiting", "size", "whole")

    def __init__(self, connection: Connection, *, hesitant: bool) -> None:
        self._connection = connection
        self._parts: list[bytes] = []
        self._waiting: asyncio.Future[None] | None = None
        self._hesitant = hesitant
        """Whether the caller waits for our leave to send (`Expect: 100-continue`)."""
        self._fault: WeftError | None = None
        self._dropped = False
        self.size = 0
        """Bytes that wait to be read."""
        self.whole = False

    async def read(self) -> bytes:
        """See Incoming."""
        while not self._parts and not self.whole:
            if self._fault is not None:
                raise self._fault
            if self._hesitant:
                self._hesitant = False
                self._connection.invite()
            await self._more()
        found = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        self._connection.hold_or_read()
        return found

    async def _more(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await self._waiting
        except TimeoutError as error:
            self._fault = Unavailable("the body did not come", hint="send it without a pause")
            raise self._fault from error
        finally:
            self._waiting = None

    def feed(self, part: bytes) -> None:
        """A part came."""
        if not self._dropped:
            self._parts.append(part)
            self.size += len(part)
            self._wake()

    def end(self) -> None:
        """No more is to come."""
        self.whole = True
        self._wake()

    def fail(self, fault: WeftError) -> None:
        """No more will come, though it should."""
        self._fault = self._fault or fault
        self._wake()

    def drop(self) -> None:
        """Nobody will read it."""
        self._dropped, self.size = True, 0
        self._parts.clear()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class _Request(msgspec.Struct, eq=False):
    call: Call
    body: Body | NoBody
    keep: bool
    """Whether the caller wants to send more after it."""


class Connection(asyncio.Protocol):
    """One caller: requests in, answers out, in the same order."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._client = ""
        self._since = self._loop.time()
        self._url = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._bodied = self._hesitant = self._plain = False
        self._head_bytes = 0
        self._in_head = True
        self._steps = 0
        self._last: _Request | None = None
        self._now: _Request | None = None
        self._waiting: deque[_Request | None] = deque()
        """Requests that came while another is answered; None is one that cannot be read, and ends the connection."""
        self._over = False
        """Whether nothing more is parsed."""
        self._lingers = self._held = self._full = False
        self._task: asyncio.Task[None] | None = None

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast("asyncio.Transport", transport)  # of TCP or TLS, by whichever event loop
        peer = transport.get_extra_info("peername")
        self._client = str(peer[0]) if peer else ""
        self._hall.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """See asyncio."""
        self._over = True
        self._hall.connections.discard(self)
        for request in (self._now, self._last):
            if request is not None and not request.body.whole:
                request.body.fail(Unavailable("the caller went away"))
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Parse what came. A head is counted as it grows: the parser keeps all of it."""
        if self._over:
            return
        steps = self._steps
        try:
            self._parser.feed_data(data)
        except (
            httptools.HttpParserUpgrade
        ):  # other protocols are not spoken here: the request is answered, then it ends
            self._end_after_last()
        except httptools.HttpParserError:
            if not self._over:
                self._refuse()
        growing = self._in_head and self._steps == steps
        self._head_bytes = self._head_bytes + len(data) if growing else 0
        if self._head_bytes > HEAD_BYTES and not self._over:
            self._refuse()

    def eof_received(self) -> bool:
        """Who has said all may still be waiting for the answer."""
        plain = self._transport.get_extra_info("sslcontext") is None
        busy = self._now is not None or bool(self._waiting)
        self._end_after_last()
        return plain and busy and not self._lingers

    def pause_writing(self) -> None:
        """See asyncio: the caller does not take what it asked for."""
        self._full = True

    def resume_writing(self) -> None:
        """See asyncio."""
        self._full = False
        self._next()

    # What the parser tells

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url, self._fields, self._in_head = b"", [], True
        self._bodied = self._hesitant = False
        self._plain = True
        if self._now is None:
            self._since = self._loop.time()

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        name = name.lower()
        self._fields.append((name, value))
        if name in _OF_MESSAGE:
            self._plain = False
            self._bodied = self._bodied or name in _OF_BODY
            self._hesitant = self._hesitant or (name == b"expect" and value.lower() == b"100-continue")

    def on_headers_complete(self) -> None:
        """The head is whole: only a path may be its target, since proxies and we must mean the same host."""
        self._in_head = False
        self._steps += 1
        path, _, query = self._url.partition(b"?")
        if not path.startswith(b"/"):
            raise httptools.HttpParserInvalidURLError(path[:80])
        keep = self._parser.should_keep_alive()
        # Only HTTP/1.1 stays open without a word about it.
        version = "1.1" if keep and self._plain else self._parser.get_http_version()
        body = Body(self, hesitant=self._hesitant) if self._bodied else _NO_BODY
        call = Call(
            method=self._parser.get_method().decode("ascii"),
            path=path.decode("latin-1"),
            query_string=query,
            fields=self._fields,
            incoming=body,
            version=version,
            client=self._client,
        )
        self._last = _Request(call, body, keep and version != "1.0")
        self._waiting.append(self._last)
        self._next()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._last is not None:
            self._last.body.feed(body)
            self.hold_or_read()

    def on_message_complete(self) -> None:
        """A request ends; the next may follow."""
        self._in_head = True
        self._steps += 1
        if self._last is not None:
            self._last.body.end()
            self._over = not self._last.keep

    # Answering

    def _next(self) -> None:
        """Begin with the next request, unless one is under way or its answer is not taken yet."""
        if self._now is not None or self._full or not self._waiting:
            return
        self._now = self._waiting.popleft()
        if self._now is None:
            self._transport.write(_REFUSAL)
            self._transport.close()
        else:
            self._task = self._loop.create_task(self._answer(self._now))

    async def _answer(self, request: _Request) -> None:
        try:
            answer = await self._hall.gate.answer(request.call)
            keep = request.keep and not answer.close and not self._hall.closing
            if not self._transport.is_closing():
                self._transport.write(_written(answer, request.call.method, self._hall.date, keep=keep))
        except BaseException:
            self._transport.close()
            raise
        self._now = None
        if keep:
            self._since = self._loop.time()
            request.body.drop()
            self._next()
            self.hold_or_read()
        else:
            self._leave(request)

    def _leave(self, request: _Request) -> None:
        self._over = True
        if request.body.whole or not self._transport.can_write_eof() or self._transport.is_closing():
            self._transport.close()
            return
        self._lingers, self._since = True, self._loop.time()
        request.body.drop()
        self._transport.write_eof()
        self.hold_or_read()

    def _refuse(self) -> None:
        """What is no HTTP gets one refusal: the answer to the request whose body it spoils, or else one of its own, in
        its turn.
        """
        self._over = True
        if self._last is None or self._last.body.whole:
            self._waiting.append(None)
            self._next()
        elif self._last is self._now or self._last in self._waiting:
            self._last.keep = False
            self._last.body.fail(InvalidInput("the body is no HTTP"))
        else:
            self._transport.close()

    def _end_after_last(self) -> None:
        self._over = True
        if self._last is not None:
            self._last.keep = False

    # The flow of bytes

    def invite(self) -> None:
        """Tell the caller to send the body."""
        if not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def hold_or_read(self) -> None:
        """Read on only while what came can be taken."""
        hold = bool(self._waiting) or (self._last is not None and self._last.body.size > _BACKLOG)
        if hold != self._held and not self._transport.is_closing():
            self._held = hold
            if hold:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # What the hall asks

    def look(self, now: float) -> None:
        """Close if nothing happens here."""
        if self._now is not None:
            return
        patience = HEAD_SECONDS if self._in_head and self._head_bytes else IDLE_SECONDS
        if now - self._since > (LINGER_SECONDS if self._lingers else patience):
            self._transport.abort()

    def finish(self) -> None:
        """Close, after the answer to the request under way."""
        if self._now is None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()


def _written(answer: Answer, method: str, date: bytes, *, keep: bool) -> bytes:
    """An answer as bytes, head and body in one piece: one system call and one packet."""
    lines = [b"%b: %b" % header for header in answer.headers]
    if answer.status not in BODILESS:
        lines.append(b"content-type: %b" % answer.media)
        lines.append(b"content-length: %d" % len(answer.body))
    if not keep:
        lines.append(b"connection: close")
    if _CONTROLS.search(b"".join(lines)):
        raise RuntimeError("a header of the answer holds a control character")
    body = b"" if method == "HEAD" or answer.status in BODILESS else answer.body
    return b"%bdate: %b\r\n%b\r\n\r\n%b" % (_STATUSES[answer.status], date, b"\r\n".join(lines), body)

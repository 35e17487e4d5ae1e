"""A request as the handlers see it: who asks, with which parameters, and a body that is counted while it comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from weft.model.errors import InvalidInput, TooLarge
from weft.model.event import Position
from weft.model.principal import ANONYMOUS, Principal
from weft.telemetry.trace import Trace

BODY_LIMIT = 1 << 20
BATCH_LIMIT = 8 << 20
_MOST_PARAMETERS = 100

T = TypeVar("T")


_NO_TRACE = Trace("", "")


class Incoming(Protocol):
    """The body of a request while it comes in."""

    async def read(self) -> bytes:
        """The next part, empty at the end; Unavailable if the caller goes away before it."""
        ...


class Call(msgspec.Struct, eq=False):
    """One request. The gate adds what it learns; a handler gets the call when it is whole."""

    method: str
    path: str
    """As it was sent."""
    query_string: bytes
    fields: Sequence[tuple[bytes, bytes]]
    """All headers in their order, names in lower case."""
    incoming: Incoming
    version: str = "1.1"
    client: str = ""
    """The address of whoever is on the other side of the connection."""
    headers: Mapping[bytes, bytes] = MappingProxyType({})
    """All headers by name; the gate refuses those that come twice and may not."""
    trace: Trace = _NO_TRACE
    who: Principal = ANONYMOUS
    route: str = ""
    """The template of the path, once it is found."""
    params: Mapping[str, str] = MappingProxyType({})
    """The named parts of the path, as they were sent."""

    @property
    def verb(self) -> str:
        """The method that decides who answers: HEAD is a GET whose body is left out."""
        return "GET" if self.method == "HEAD" else self.method

    def param(self, name: str) -> str:
        """A part of the path, decoded once: routes are matched on the path as it was sent."""
        return decoded(self.params[name])

    def header(self, name: bytes) -> str:
        """A header's value, empty if it is not there."""
        value = self.headers.get(name)
        return value.decode("latin-1").strip() if value else ""

    def query(self) -> dict[str, str]:
        """The parameters of the URL, each at most once."""
        if not self.query_string:
            return {}
        try:
            text = self.query_string.decode("ascii")
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            raise InvalidInput("the query string cannot be read", hint="UTF-8, percent-encoded") from error
        found: dict[str, str] = {}
        for name, value in pairs:
            if name in found:
                raise InvalidInput(f"the parameter {name!r} comes twice", hint="once is enough")
            if "\0" in name or "\0" in value:
                raise InvalidInput(f"the parameter {name!r} holds NUL")
            found[name] = value
        return found

    def position(self) -> Position | None:
        """The position that the caller wants reflected at least."""
        text = self.header(b"weft-position")
        return _position(text) if text else None

    def positions(self) -> Position | dict[str, Position] | None:
        """The same where several tables are asked: one position for all, or `topic=position; topic=position`."""
        text = self.header(b"weft-position")
        if "=" not in text:
            return self.position()
        pairs = [part.strip().rpartition("=") for part in text.split(";")]
        return {topic: _position(position) for topic, _, position in pairs}

    async def body(self, limit: int = BODY_LIMIT) -> bytes:
        """The whole body, refused as soon as it passes the limit."""
        announced = self.header(b"content-length")
        if announced and int(announced) > limit:
            raise _too_large(limit)
        parts: list[bytes] = []
        size = 0
        while part := await self.incoming.read():
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            parts.append(part)
        return b"".join(parts)

    async def json(self, kind: type[T]) -> T:
        """The body as a value of a kind; anything that does not fit is refused with the place."""
        return read_json(await self.body(), kind)


def _position(text: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError as error:
        raise InvalidInput(f"{text[:40]!r} is no position", hint="send a Weft-Position as you received it") from error


def read_json(body: bytes, kind: type[T]) -> T:
    """JSON text as a value of a kind."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"the body does not fit: {error}", hint="see /openapi.json") from error


def decoded(part: str) -> str:
    """A segment of a path as text: UTF-8, no NUL, never a step to another folder."""
    if "%" in part:
        try:
            part = unquote_to_bytes(part).decode()
        except UnicodeDecodeError as error:
            raise InvalidInput("the path is no UTF-8") from error
    if "\0" in part or part in {".", ".."}:
        raise InvalidInput("the path holds a part that names nothing")
    return part


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"the body is larger than {limit >> 20} MiB",
        hint="put the file into the product's inbox folder, or run `weft product publish`",
    )


def whole(text: str, name: str, default: int) -> int:
    """A whole number of the URL."""
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12:  # noqa: PLR2004 - far beyond every limit
        raise InvalidInput(f"{name}={text[:20]!r} is no whole number")
    return int(text)

"""The gate around all routes, as one slim layer: limits, host, trace, identity, errors, headers, metrics, one log line."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Protocol

from weft.model.errors import InvalidInput, WeftError
from weft.ports.clock import Clock
from weft.serving.http.answer import Answer, Headers
from weft.serving.http.call import Call
from weft.serving.http.credentials import Credentials
from weft.serving.http.desk import Desk
from weft.serving.http.operation import Path
from weft.serving.http.problems import Refusal, problem_inside, problem_of, problem_of_http
from weft.telemetry import trace as tracing

PUBLIC = frozenset(
    {
        "/",
        "/favicon.ico",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/oauth/token",
        "/api/v1/session",
    }
)
"""All that answers without credentials, beside the portal's `/assets/`. Everything else asks first who is there."""
ASSETS = "/assets/"

HEADER_BYTES = 16 << 10
HEADER_COUNT = 100
URL_BYTES = 8 << 10
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_SINGLE = frozenset(
    {
        b"host",
        b"authorization",
        b"x-api-key",
        b"x-weft-portal",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        b"idempotency-key",
        b"weft-position",
    }
)
"""Headers that two readers could read differently if they came twice."""

_HEADERS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_PORTAL_POLICY = b"; ".join(
    [
        b"default-src 'self'",
        b"img-src 'self' data:",
        b"style-src 'self' 'unsafe-inline'",
        b"object-src 'none'",
        b"base-uri 'none'",
        b"form-action 'self'",
        b"frame-ancestors 'none'",
    ]
)
_PORTAL_HEADERS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", _PORTAL_POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class Routes(Protocol):
    """Some of the paths that are answered."""

    def find(self, parts: Sequence[str], verb: str) -> Path | None:
        """The path with these parts, best one that knows the verb."""
        ...


class Gate:
    """Stands between the server and the paths. None is reached by a request that the gate has not looked at."""

    def __init__(self, routes: Sequence[Routes], desk: Desk, credentials: Credentials) -> None:
        self.routes = routes
        self._desk = desk
        self._credentials = credentials
        self._hosts = frozenset(host.lower().encode() for host in (*_LOCAL, *desk.settings.hosts))
        tls = (_TLS_ONLY,) if desk.settings.secure else ()
        self._headers = (*_HEADERS, *tls)
        self._portal_headers = (*_PORTAL_HEADERS, *tls)

    @property
    def clock(self) -> Clock:
        """The clock of the house."""
        return self._desk.clock

    async def answer(self, call: Call) -> Answer:
        """Answer one request; whatever goes wrong becomes a problem with its trace."""
        started, sound = self.clock.monotonic(), False
        try:
            self._look(call)
            sound = True
            if not _is_public(call.path):
                call.who = await self._credentials.who(call.headers, call.method)
            found = await self._answered(call)
        except Exception as error:  # noqa: BLE001 - the outermost boundary: what nobody foresaw must not reach the caller as text
            found = self._refused(call, error)
        self._tell(call, found.status, self.clock.monotonic() - started)
        # What follows an unsound head on its connection may be part of the same trick.
        close = found.close or not sound
        return Answer(found.body, found.status, found.media, (*found.headers, *self._stamps(call)), close)

    def _look(self, call: Call) -> None:
        """Refuse what is ambiguous before anything acts on it."""
        headers, doubled, size = dict[bytes, bytes](), b"", 0
        for name, value in call.fields:
            size += len(name) + len(value) + 4
            if name not in headers:
                headers[name] = value
            else:
                doubled = name if name in _SINGLE else doubled
                headers[name] += (b"; " if name == b"cookie" else b", ") + value
        call.headers = headers
        call.trace = tracing.begin(self._desk.ids, call.header(b"traceparent"))
        tracing.current.set(call.trace)
        if size > HEADER_BYTES or len(call.fields) > HEADER_COUNT:
            raise Refusal(431, f"headers end at {HEADER_BYTES >> 10} KiB and {HEADER_COUNT} lines")
        if doubled:
            raise InvalidInput(f"the header {doubled.decode()} comes twice")
        if _name(headers.get(b"host", b"")) not in self._hosts:
            raise InvalidInput(
                "the Host header names no host of this mesh", hint="add it to `hosts` of the environment in mesh.yaml"
            )
        if call.version == "1.0" and b"transfer-encoding" in headers:
            raise InvalidInput("HTTP/1.0 knows no Transfer-Encoding")
        _check_target(call)

    async def _answered(self, call: Call) -> Answer:
        parts, verb = call.path.split("/"), call.verb
        for routes in self.routes:
            path = routes.find(parts, verb)
            if path is not None:
                call.route, call.params = path.template, path.params(parts)
                handler = path.handlers.get(verb)
                if handler is None:
                    allowed = ", ".join(sorted(path.handlers)).encode()
                    raise Refusal(405, f"{call.method} is not for this path", headers=((b"allow", allowed),))
                return await handler(call)
        raise Refusal(404, "there is nothing at this path")

    def _stamps(self, call: Call) -> Headers:
        """The headers that every answer carries."""
        path = call.path
        fixed = self._portal_headers if path == "/" or path.startswith(ASSETS) else self._headers
        return (*fixed, (b"x-request-id", call.trace.id.encode()), (b"traceparent", str(call.trace).encode()))

    def _refused(self, call: Call, error: Exception) -> Answer:
        match error:
            case WeftError():
                answer = problem_of(error, call.trace.id)
            case Refusal():
                answer = problem_of_http(error, call.trace.id)
            case _:
                answer = problem_inside(call.trace.id)
        if not _is_theirs(error, answer.status):
            self._report(call, error)
        return answer

    def _report(self, call: Call, error: Exception) -> None:
        stack = "".join(traceback.format_exception(error))
        self._desk.log.write("error", "http.failed", path=call.path, error=repr(error), stack=stack)

    def _tell(self, call: Call, status: int, seconds: float) -> None:
        self._desk.metrics.answered(call.route, call.method if call.route else "", status, seconds)
        self._desk.log.write(
            "info",
            "http.request",
            method=call.method,
            path=call.path,
            status=status,
            ms=round(seconds * 1000, 3),
            principal=call.who.id,
        )


def _is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(ASSETS)


def _is_theirs(error: Exception, status: int) -> bool:
    """Whether the caller can do something about it; all else is for the log."""
    return status < 500 or (isinstance(error, WeftError) and error.retryable)  # noqa: PLR2004 - where HTTP draws the line


def _check_target(call: Call) -> None:
    """Routes match the path as it was sent, and each part is decoded once, after matching: no spelling of a path means
    one thing to the rules and another to the handler.
    """
    path = call.path
    if len(path) + len(call.query_string) > URL_BYTES:
        raise Refusal(414, f"a URL ends at {URL_BYTES >> 10} KiB")
    if "//" in path or "\\" in path or not path.startswith("/") or not path.isascii() or _steps(path):
        raise InvalidInput("the path is ambiguous", hint="no empty parts, no dots, no backslashes")


def _name(host: bytes) -> bytes:
    """A Host without its port."""
    name, colon, port = host.rpartition(b":")
    return (name if colon and port.isdigit() else host).lower()


def _steps(path: str) -> bool:
    """Whether a path holds `.` or `..` as a part, in any spelling."""
    if "." not in path and "%2" not in path:
        return False
    parts = path.lower().replace("%2e", ".").split("/")
    return "." in parts or ".." in parts

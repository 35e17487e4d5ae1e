"""The gate around all routes, as one slim layer: limits, host, trace, identity, errors, headers, metrics, one log line."""

from __future__ import annotations

import traceback

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from weft.model.errors import InvalidInput, WeftError
from weft.model.principal import ANONYMOUS, Principal
from weft.serving.http.credentials import Credentials
from weft.serving.http.desk import Desk
from weft.serving.http.problems import problem_inside, problem_of, problem_of_http
from weft.telemetry import trace as tracing
from weft.telemetry.trace import Trace

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

_HEADERS: tuple[tuple[bytes, bytes], ...] = (
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
_PORTAL_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", _PORTAL_POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
_NO_TRACE = Trace("", "")


class Gate:
    """Stands between the server and the routes. No route is reached by a request that it has not looked at."""

    def __init__(self, app: ASGIApp, desk: Desk, credentials: Credentials) -> None:
        self._app = app
        self._desk = desk
        self._credentials = credentials
        self._hosts = frozenset(host.lower().encode() for host in (*_LOCAL, *desk.settings.hosts))
        tls = (_TLS_ONLY,) if desk.settings.secure else ()
        self._headers = (*_HEADERS, *tls)
        self._portal_headers = (*_PORTAL_HEADERS, *tls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong becomes a problem with its trace."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._desk.clock.monotonic()
        scope["weft.status"] = 0
        scope["weft.trace"], scope["weft.stamps"] = _NO_TRACE, self._headers
        try:
            self._look(scope)
            scope["weft.who"] = await self._who(scope)
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the outermost boundary: what nobody foresaw must not reach the caller as text
            await self._refuse(scope, error, send)
        finally:
            self._tell(scope, self._desk.clock.monotonic() - started)

    def _look(self, scope: Scope) -> None:
        """Refuse what is ambiguous before anything acts on it."""
        fields: dict[bytes, bytes] = {}
        size, doubled = 0, b""
        for name, value in scope["headers"]:
            size += len(name) + len(value) + 4
            if name not in fields:
                fields[name] = value
            else:
                doubled = name if name in _SINGLE else doubled
                fields[name] += (b"; " if name == b"cookie" else b", ") + value
        scope["weft.headers"] = fields
        trace = tracing.begin(self._desk.ids, fields.get(b"traceparent", b"").decode("latin-1"))
        tracing.current.set(trace)
        self._stamp(scope, trace)
        if size > HEADER_BYTES or len(scope["headers"]) > HEADER_COUNT:
            raise HTTPException(431, f"headers end at {HEADER_BYTES >> 10} KiB and {HEADER_COUNT} lines")
        if doubled:
            raise InvalidInput(f"the header {doubled.decode()} comes twice")
        if _name(fields.get(b"host", b"")) not in self._hosts:
            raise InvalidInput("the Host header names no host of this mesh", hint="add it to the hosts of the settings")
        if scope["http_version"] == "1.0" and b"transfer-encoding" in fields:
            raise InvalidInput("HTTP/1.0 knows no Transfer-Encoding")
        _straighten(scope)
        scope["weft.sound"] = True

    async def _who(self, scope: Scope) -> Principal:
        path: str = scope["path"]
        if path in PUBLIC or path.startswith(ASSETS):
            return ANONYMOUS
        return await self._credentials.who(scope["weft.headers"], scope["method"])

    def _stamp(self, scope: Scope, trace: Trace) -> None:
        """Note the trace, and the headers that every answer carries."""
        path: str = scope["path"]
        fixed = self._portal_headers if path == "/" or path.startswith(ASSETS) else self._headers
        scope["weft.trace"] = trace
        scope["weft.stamps"] = (*fixed, (b"x-request-id", trace.id.encode()), (b"traceparent", str(trace).encode()))

    async def _refuse(self, scope: Scope, error: Exception, send: Send) -> None:
        trace: Trace = scope["weft.trace"]
        match error:
            case WeftError():
                answer = problem_of(error, trace.id)
            case HTTPException():
                answer = problem_of_http(error, trace.id)
            case _:
                answer = problem_inside(trace.id)
        foreseen = isinstance(error, HTTPException) or (
            isinstance(error, WeftError) and _is_theirs(error, answer.status)
        )
        if not foreseen:
            self._report(scope, error)
        if "weft.sound" not in scope:  # what follows on this connection may be part of the same trick
            scope["weft.stamps"] = (*scope["weft.stamps"], (b"connection", b"close"))
        if not scope["weft.status"]:
            await answer.send(scope, send)

    def _report(self, scope: Scope, error: Exception) -> None:
        stack = "".join(traceback.format_exception(error))
        self._desk.log.write("error", "http.failed", path=scope["path"], error=repr(error), stack=stack)

    def _tell(self, scope: Scope, seconds: float) -> None:
        status: int = scope["weft.status"]
        route: str = scope.get("weft.route", "")
        method: str = scope["method"]
        self._desk.metrics.answered(route, method if route else "", status, seconds)
        who: Principal = scope.get("weft.who", ANONYMOUS)
        self._desk.log.write(
            "info",
            "http.request",
            method=method,
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 3),
            principal=who.id,
        )


def _is_theirs(error: WeftError, status: int) -> bool:
    """Whether the caller can do something about it; all else is for the log."""
    return error.retryable or status < 500  # noqa: PLR2004 - where HTTP draws the line


def _straighten(scope: Scope) -> None:
    """Routes match the path as it was sent, and each part is decoded once, after matching: no spelling of a path means
    one thing to the rules and another to the handler.
    """
    raw: bytes = scope["raw_path"]
    if len(raw) + len(scope["query_string"]) > URL_BYTES:
        raise HTTPException(414, f"a URL ends at {URL_BYTES >> 10} KiB")
    if b"//" in raw or b"\\" in raw or not raw.startswith(b"/") or not raw.isascii() or _steps(raw):
        raise InvalidInput("the path is ambiguous", hint="no empty parts, no dots, no backslashes")
    scope["path"] = raw.decode("ascii")


def _name(host: bytes) -> bytes:
    """A Host without its port."""
    name, colon, port = host.rpartition(b":")
    return (name if colon and port.isdigit() else host).lower()


def _steps(raw: bytes) -> bool:
    """Whether a path holds `.` or `..` as a part, in any spelling."""
    if b"." not in raw and b"%2" not in raw:
        return False
    parts = raw.lower().replace(b"%2e", b".").split(b"/")
    return b"." in parts or b".." in parts

"""Who is asking: a token, a key or a session's cookie, proven anew by the identity port with each request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from weft.model.errors import Denied, InvalidInput, NotFound, Unauthenticated
from weft.model.principal import Principal
from weft.ports.clock import Clock, Ids
from weft.ports.identity import Identity
from weft.ports.state_store import Delete, Put, StateStore

COOKIE = b"weft_session"
SESSION_SECONDS = 8 * 3600

_SPACE = "http.sessions"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SIGN_IN = "send Authorization: Bearer TOKEN or X-API-Key: KEY"


Headers = Mapping[bytes, bytes]


class _Session(msgspec.Struct, frozen=True):
    principal: str
    until: float


_sessions = msgspec.json.Decoder(_Session)


class Credentials:
    """Turns what was presented into a principal."""

    def __init__(self, identity: Identity, state: StateStore, clock: Clock, ids: Ids) -> None:
        self._identity = identity
        self._state = state
        self._clock = clock
        self._ids = ids

    async def who(self, headers: Headers, method: str) -> Principal:
        """The principal; Unauthenticated if nothing good was presented."""
        authorization, key = headers.get(b"authorization"), headers.get(b"x-api-key")
        if authorization is not None:
            scheme, _, token = authorization.partition(b" ")
            if scheme.lower() != b"bearer" or key is not None:
                raise Unauthenticated("one credential is needed, a bearer token or an API key", hint=_SIGN_IN)
            return await self._identity.from_token(_ascii(token))
        if key is not None:
            return await self._identity.from_key(_ascii(key))
        secret = cookie_of(headers)
        if not secret:
            raise Unauthenticated("who is asking?", hint=_SIGN_IN)
        check_portal(headers, method)
        return await self._session(secret)

    async def _session(self, secret: bytes) -> Principal:
        value = await self._state.get(_SPACE, _hashed(secret))
        session = None if value is None else _sessions.decode(value)
        if session is None or session.until <= self._clock.now().timestamp():
            raise Unauthenticated("the session has ended", hint="sign in again")
        try:
            return await self._identity.find(session.principal)
        except NotFound as error:
            raise Unauthenticated("the session's user is gone", hint="sign in again") from error

    async def open(self, principal: Principal) -> str:
        """A new session; its secret goes into the cookie and is kept nowhere else."""
        now = self._clock.now()
        await self._sweep(now.timestamp())
        secret = self._ids.secret()
        until = (now + timedelta(seconds=SESSION_SECONDS)).timestamp()
        value = msgspec.json.encode(_Session(principal.id, until))
        await self._state.commit([Put(_SPACE, _hashed(secret.encode()), value)])
        return secret

    async def _sweep(self, now: float) -> None:
        """Forget sessions that ended, a page at a time."""
        ended = [key for key, value in await self._state.scan(_SPACE) if _sessions.decode(value).until <= now]
        if ended:
            await self._state.commit([Delete(_SPACE, key) for key in ended])

    async def close(self, headers: Headers) -> None:
        """End the session of a cookie."""
        secret = cookie_of(headers)
        if secret:
            await self._state.commit([Delete(_SPACE, _hashed(secret))])


def check_portal(headers: Headers, method: str) -> None:
    """A browser sends cookies along with forms of any site; only our portal can send this header with them."""
    if method not in _SAFE and headers.get(b"x-weft-portal") != b"1":
        raise Denied("a session's cookie alone changes nothing", hint="send the header X-Weft-Portal: 1")


def cookie_of(headers: Headers) -> bytes:
    """The session's secret among the cookies; two of them are refused."""
    header = headers.get(b"cookie", b"")
    found = [
        value.strip()
        for name, _, value in (part.partition(b"=") for part in header.split(b";"))
        if name.strip() == COOKIE
    ]
    if len(found) > 1:
        raise InvalidInput("two session cookies were sent")
    return found[0] if found else b""


def _hashed(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


def _ascii(credential: bytes) -> str:
    try:
        return credential.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise Unauthenticated("the credential is no text", hint=_SIGN_IN) from error

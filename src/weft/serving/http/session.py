"""Signing in and out: sessions for the portal, access tokens for programs."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from weft._kit.hosts import is_loopback
from weft.model.errors import Denied, InvalidInput, NotFound, Unauthenticated, WeftError
from weft.model.principal import Principal
from weft.serving.http.answer import Answer, as_json
from weft.serving.http.call import Call
from weft.serving.http.credentials import COOKIE, SESSION_SECONDS, Credentials, check_portal, cookie_of
from weft.serving.http.desk import Desk
from weft.serving.http.problems import oauth_problem


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What POST /api/v1/session takes: an API key, or the name of a demo user."""

    key: str = ""
    user: str = ""


class TokenForm(msgspec.Struct, frozen=True):
    """What POST /oauth/token takes, as a form."""

    grant_type: str
    client_id: str
    client_secret: str


class Sessions:
    """Routes that say who is there."""

    def __init__(self, desk: Desk, credentials: Credentials) -> None:
        self._desk = desk
        self._credentials = credentials

    async def show(self, call: Call) -> Answer:
        """GET who is signed in; nobody is an answer too."""
        try:
            who = await self._credentials.who(call.headers, "GET")
        except Unauthenticated:
            return as_json(self._told(None, call))
        return as_json(self._told(who, call))

    async def open(self, call: Call) -> Answer:
        """POST a key or a demo user."""
        if call.header(b"content-type").partition(";")[0].strip().lower() != "application/json":
            raise InvalidInput("sign in with JSON", hint="Content-Type: application/json")
        asked = await call.json(SignIn)
        who = await self._proven(asked, call)
        secret = await self._credentials.open(who)
        return as_json(self._told(who, call), headers=(self._cookie(secret, SESSION_SECONDS),))

    async def _proven(self, asked: SignIn, call: Call) -> Principal:
        if asked.key and not asked.user:
            return await self._desk.identity.from_key(asked.key)
        if not asked.user or asked.key:
            raise InvalidInput("one of key and user is needed", hint='{"key": "weft_…"}')
        if not self._demo(call):
            raise Denied("signing in by name is for demos on this machine", hint="sign in with an API key")
        try:
            return await self._desk.identity.find(asked.user)
        except NotFound as error:
            raise Unauthenticated(f"there is no user {asked.user!r}") from error

    async def close(self, call: Call) -> Answer:
        """DELETE the session."""
        if cookie_of(call.headers):
            check_portal(call.headers, "DELETE")
        await self._credentials.close(call.headers)
        return Answer(status=204, headers=(self._cookie("", 0),))

    def _sign_in(self) -> str:
        """As the mesh says at this moment: an apply may have closed the demo."""
        return self._desk.door.house.mesh().identities.sign_in

    def _demo(self, call: Call) -> bool:
        return self._sign_in() == "demo" and is_loopback(call.client)

    def _told(self, who: Principal | None, call: Call) -> dict[str, object]:
        told: dict[str, object] = {
            "principal": None if who is None else _person(who.id, who.name, who.roles),
            "sign_in": self._sign_in(),
        }
        if self._demo(call):
            users = self._desk.door.house.mesh().identities.users
            told["users"] = [_person(user.id, user.name, user.roles) for user in users if user.person]
        return told

    def _cookie(self, secret: str, seconds: int) -> tuple[bytes, bytes]:
        secure = "; Secure" if self._desk.settings.secure else ""
        text = f"{COOKIE.decode()}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
        return (b"set-cookie", text.encode())

    async def token(self, call: Call) -> Answer:
        """POST an API key as client credentials for an access token (RFC 6749, 4.4)."""
        try:
            form = _form(await call.body())
            if form.get("grant_type") != "client_credentials":
                raise InvalidInput("only grant_type=client_credentials is known here")
            client, secret = _basic(call.header(b"authorization")) or (
                form.get("client_id", ""),
                form.get("client_secret", ""),
            )
            who = await self._desk.identity.from_key(secret)
            if who.id != client:
                raise Unauthenticated("this is not the client's key")
        except WeftError as error:
            return oauth_problem(error, call.trace.id)
        token = await self._desk.identity.issue(who)
        return as_json({"access_token": token.text, "token_type": "Bearer", "expires_in": token.expires_in})

    async def jwks(self, _: Call) -> Answer:
        """GET the public keys of our tokens."""
        return as_json(await self._desk.identity.jwks())


def _person(name: str, label: str, roles: frozenset[str]) -> dict[str, object]:
    return {"id": name, "name": label, "roles": sorted(roles)}


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise InvalidInput("the form cannot be read", hint="application/x-www-form-urlencoded") from error
    if len(dict(pairs)) != len(pairs):
        raise InvalidInput("a field of the form comes twice")
    return dict(pairs)


def _basic(header: str) -> tuple[str, str] | None:
    """Client credentials in the header, as RFC 6749 prefers them."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated("the Basic credentials cannot be read") from error
    return unquote_plus(client), unquote_plus(secret)

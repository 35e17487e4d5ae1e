"""Access tokens as RFC 9068 has them, signed ES256: made, and proven by the letter."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

from weft.model.errors import Unauthenticated

LONGEST_LIFE = 86_400
"""Seconds that a token may live at most."""

_ALGORITHM = "ES256"
_TYPE = "at+jwt"
_LONGEST_TOKEN = 4096
_SKEW = 60
"""Seconds that the clocks of two of our processes may differ."""

_PART = re.compile(r"[A-Za-z0-9_-]+")
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points the curve P-256 has: private keys are the numbers below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a proven token says."""

    subject: str
    roles: frozenset[str]
    expires: int


class Issuer:
    """One signing key and what goes with it. The key follows from a secret, so that every process of a mesh has the same."""

    def __init__(self, secret: bytes, *, name: str, audience: str) -> None:
        # Eight bytes more than the curve needs make the remainder as good as uniform (FIPS 186-5, A.2.1).
        number = int.from_bytes(hashlib.shake_256(b"weft issuer ES256" + secret).digest(40))
        self._key = ECKey.import_key(ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1()))
        self._header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": self._key.thumbprint()}
        self._name = name
        self._audience = audience

    def public(self) -> dict[str, object]:
        """The key that others prove tokens with, as a JWK."""
        public = self._key.as_dict(private=False)
        return {**public, "kid": self._header["kid"], "use": "sig", "alg": _ALGORITHM}

    def sign(self, subject: str, roles: frozenset[str], *, now: int, seconds: int, token_id: str) -> str:
        """A token for `subject` from now on."""
        claims = {
            "iss": self._name,
            "aud": self._audience,
            "sub": subject,
            "client_id": subject,
            "iat": now,
            "exp": now + seconds,
            "jti": token_id,
            "roles": sorted(roles),
        }
        return jws.serialize_compact(dict(self._header), json.dumps(claims), self._key, algorithms=[_ALGORITHM])

    def prove(self, token: str, *, now: float) -> Claims:
        """What a token says, if every part of it is as this issuer makes them; else Unauthenticated."""
        header, claims = _opened(token)
        if header != self._header:
            raise refused("it was not made here")
        try:
            jws.deserialize_compact(token, self._key, algorithms=[_ALGORITHM])
        except (JoseError, ValueError) as error:
            raise refused("its signature is off") from error
        return self._read(claims, now)

    def _read(self, claims: Mapping[str, Any], now: float) -> Claims:
        if claims.get("iss") != self._name or claims.get("aud") not in (self._audience, [self._audience]):
            raise refused("it is meant for someone else")
        if not all(_is_text(claims.get(name)) for name in ("sub", "client_id", "jti")):
            raise refused("it lacks a claim")
        made, begins, expires = (_time(value) for value in (claims.get("iat"), claims.get("nbf", 0), claims.get("exp")))
        if max(made, begins) > now + _SKEW or not 0 < expires - made <= LONGEST_LIFE:
            raise refused("its times make no sense")
        if expires <= now:
            raise refused("it has expired")
        return Claims(subject=claims["sub"], roles=_roles(claims.get("roles")), expires=expires)


def refused(why: str) -> Unauthenticated:
    """The error for a token that proves nothing."""
    return Unauthenticated(f"the token is not accepted: {why}", hint="ask for a fresh one")


def _opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".") if len(token) <= _LONGEST_TOKEN else []
    if len(parts) != 3 or not all(map(_PART.fullmatch, parts)):  # noqa: PLR2004 - header, claims, signature
        raise refused("it is no signed token")
    header, claims, _ = map(_bytes, parts)
    return _object(header), _object(claims)


def _bytes(part: str) -> bytes:
    # The strict decoder: it refuses spare bits at the end, by which one token could be written in several ways.
    try:
        return urlsafe_b64decode(part.encode())
    except ValueError as error:
        raise refused("it is no signed token") from error


def _object(content: bytes) -> dict[str, Any]:
    """JSON without its traps: no name twice, no NaN, no endless nesting."""
    try:
        found = json.loads(content.decode(), object_pairs_hook=_once_each, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise refused("it is no signed token") from error
    if not isinstance(found, dict):
        raise refused("it is no signed token")
    return cast("dict[str, Any]", found)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(text)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _time(value: object) -> int:
    # `True` is an int in Python, and a time with a fraction is none that we write.
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise refused("its times are no times")
    return value


def _roles(value: object) -> frozenset[str]:
    roles: list[object] = cast("list[object]", value) if isinstance(value, list) else [None]
    if not all(map(_is_text, roles)):
        raise refused("its roles are no names")
    return frozenset(cast("list[str]", roles))

"""Identity without a server: declared users, API keys in the state store, tokens signed with the mesh's own key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import msgspec

from weft.backends.address import Address
from weft.backends.identities.tokens import LONGEST_LIFE, Issuer, refused
from weft.model.errors import InvalidInput, NotFound, Unauthenticated
from weft.model.mesh import Identities, User
from weft.model.principal import Principal
from weft.ports.clock import Clock, Ids
from weft.ports.identity import Identity, Token
from weft.ports.keys import Keys
from weft.ports.state_store import Expect, Put, StateStore

API_KEYS = "api-keys"
"""The space of the state store that holds them."""

_PROVEN_TOKENS = 4096
_PROVEN_SECONDS = 5.0
"""How long a proven token is believed unseen: a destroyed key takes effect within this time."""

_KEY_PARTS = 3
_LONGEST_KEY = 256


class ApiKey(msgspec.Struct, frozen=True):
    """What is kept of an API key: whose it is, and the hash of it. 256 random bits need no slow hash."""

    user: str
    sha256: str
    made: str


class EmbeddedIdentity(Identity):
    """Roles come from the declarations of this moment: a role that is taken away works no longer, in no token."""

    def __init__(
        self,
        identities: Callable[[], Identities],
        *,
        state: StateStore,
        keys: Keys,
        clock: Clock,
        ids: Ids,
        issuer: str = "weft",
        audience: str = "weft",
    ) -> None:
        self._identities = identities
        self._state = state
        self._keys = keys
        self._clock = clock
        self._ids = ids
        self._names = {"name": issuer, "audience": audience}
        self._issuer: tuple[bytes, Issuer] | None = None
        self._declared: Identities | None = None
        self._users: dict[str, User] = {}
        self._proven: dict[str, tuple[float, Principal]] = {}

    @classmethod
    def open(
        cls, url: str, *, identities: Callable[[], Identities], state: StateStore, keys: Keys, clock: Clock, ids: Ids
    ) -> EmbeddedIdentity:
        """`embedded:`, with the options `issuer` and `audience` to name them in tokens."""
        options = Address.parse(url, known=frozenset({"issuer", "audience"})).options
        return cls(identities, state=state, keys=keys, clock=clock, ids=ids, **options)

    async def from_token(self, token: str) -> Principal:
        """See Identity."""
        users = self._current()
        now = self._clock.now().timestamp()
        known = self._proven.get(token)
        if known and now < known[0]:
            return known[1]
        try:
            claims = (await self._signer()).prove(token, now=now)
        except NotFound as error:
            raise refused("the key that signed it was destroyed") from error
        user = users.get(claims.subject)
        if user is None:
            raise refused("nobody of this name is declared")
        principal = Principal(id=user.id, name=user.name, roles=user.roles & claims.roles)
        self._remember(token, min(claims.expires, now + _PROVEN_SECONDS), principal)
        return principal

    async def from_key(self, key: str) -> Principal:
        """See Identity."""
        users = self._current()
        parts = key.split("_") if len(key) <= _LONGEST_KEY and key.isascii() else []
        if len(parts) != _KEY_PARTS or parts[0] != "weft" or "\0" in key:
            raise _refused_key()
        held = await self._state.get(API_KEYS, parts[1])
        known = msgspec.json.decode(held, type=ApiKey) if held else ApiKey("", "", "")
        if not hmac.compare_digest(known.sha256, _sha256(key)) or known.user not in users:
            raise _refused_key()
        return _principal(users[known.user])

    async def find(self, name: str) -> Principal:
        """See Identity."""
        return _principal(self._user(name))

    async def issue(self, principal: Principal, *, seconds: int = 900) -> Token:
        """See Identity. A token carries those of the principal's roles that are declared."""
        if not 0 < seconds <= LONGEST_LIFE:
            raise InvalidInput(f"a token cannot live {seconds} seconds", hint=f"1 to {LONGEST_LIFE}")
        user = self._user(principal.id)
        text = (await self._signer()).sign(
            user.id,
            user.roles & principal.roles,
            now=int(self._clock.now().timestamp()),
            seconds=seconds,
            token_id=self._ids.new(),
        )
        return Token(text=text, expires_in=seconds)

    async def new_key(self, name: str) -> str:
        """See Identity."""
        user = self._user(name)
        key_id = "".join(filter(str.isalnum, self._ids.new()))
        key = f"weft_{key_id}_{_sha256(self._ids.secret())}"
        kept = msgspec.json.encode(ApiKey(user.id, _sha256(key), self._clock.now().isoformat()))
        await self._state.commit([Expect(API_KEYS, key_id, None), Put(API_KEYS, key_id, kept)])
        return key

    async def jwks(self) -> dict[str, object]:
        """See Identity."""
        return {"keys": [(await self._signer()).public()]}

    def _current(self) -> dict[str, User]:
        """The declared users of this moment, by id."""
        declared = self._identities()
        if declared is not self._declared:
            self._declared = declared
            self._users = {user.id: user for user in declared.users}
            self._proven.clear()
        return self._users

    def _user(self, name: str) -> User:
        user = self._current().get(name)
        if user is None:
            raise NotFound(f"nobody called {name!r} is declared", hint="see identities.yaml")
        return user

    async def _signer(self) -> Issuer:
        # Asked for each time, so that tokens end with the key that signed them.
        secret = await self._keys.key("issuer")
        if self._issuer is None or self._issuer[0] != secret:
            self._issuer = secret, Issuer(secret, **self._names)
        return self._issuer[1]

    def _remember(self, token: str, until: float, principal: Principal) -> None:
        self._proven.pop(token, None)
        while len(self._proven) >= _PROVEN_TOKENS:
            self._proven.pop(next(iter(self._proven)))
        self._proven[token] = until, principal


def _principal(user: User) -> Principal:
    return Principal(id=user.id, name=user.name, roles=user.roles)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refused_key() -> Unauthenticated:
    return Unauthenticated("the API key is not accepted", hint="ask for a fresh one")

"""Identity: from a credential to a principal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from weft.model.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token and the seconds that it lives."""

    text: str
    expires_in: int


class Identity(ABC):
    """Knows who holds a credential. Everything it answers is already proven."""

    @abstractmethod
    async def from_token(self, token: str) -> Principal:
        """The principal of a signed access token (RFC 9068); Unauthenticated for anything else."""

    @abstractmethod
    async def from_key(self, key: str) -> Principal:
        """The principal of an API key; Unauthenticated for anything else."""

    @abstractmethod
    async def find(self, name: str) -> Principal:
        """The declared user or client of this id, for `--as` and sign-in by name; NotFound if there is none."""

    @abstractmethod
    async def issue(self, principal: Principal, *, seconds: int = 900) -> Token:
        """An access token for a proven principal; Environment where tokens come from elsewhere."""

    @abstractmethod
    async def new_key(self, name: str) -> str:
        """A fresh API key of a declared user or client, shown this once."""

    @abstractmethod
    async def jwks(self) -> dict[str, object]:
        """The public keys that tokens are signed with."""

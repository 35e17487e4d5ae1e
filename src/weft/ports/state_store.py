"""The state store: small documents in named spaces, changed in transactions. Catalog, views, audit and runs live here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCapabilities:
    """What an engine can do, as data."""

    durable: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class Put:
    """Set a key of a space."""

    space: str
    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a key of a space; a missing one is no error."""

    space: str
    key: str


@dataclass(frozen=True, slots=True)
class Expect:
    """Refuse the whole commit with Conflict unless the key holds exactly this now; None means absent."""

    space: str
    key: str
    value: bytes | None


Change = Put | Delete | Expect


class StateStore(ABC):
    """Ordered keys in named spaces, with atomic commits.

    Keys sort by their code points (bytewise in UTF-8). Any text without NUL is a key, up to 2,000 bytes of UTF-8
    together with its space; values are bytes. Reads see the
    last commit that was acknowledged, from any process when `capabilities.shared`.
    """

    capabilities: StateCapabilities

    @abstractmethod
    async def get(self, space: str, key: str) -> bytes | None:
        """The value of a key, or None."""

    @abstractmethod
    async def scan(
        self, space: str, *, prefix: str = "", after: str = "", limit: int = 1000, backwards: bool = False
    ) -> Sequence[tuple[str, bytes]]:
        """Keys with `prefix`, in order, beyond `after` (before it when `backwards`), at most `limit`."""

    @abstractmethod
    async def count(self, space: str) -> int:
        """How many keys a space holds."""

    @abstractmethod
    async def commit(self, changes: Sequence[Change], *, relaxed: bool = False) -> None:
        """Apply all changes in order, or none. Durable on return, unless `relaxed`: then a power cut (never a killed
        process) may undo the latest commits, in order; for views that can be rebuilt. Every Expect is judged against the
        state before the commit.
        """

    @abstractmethod
    async def clear(self, space: str) -> None:
        """Remove every key of a space in one step."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything. A closed store refuses all else with Unavailable."""

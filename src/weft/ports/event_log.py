"""The event log: everything that happens, in an order that can be read again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from weft.model.event import Event, Position, Record

Durability = Literal["fsync", "os", "memory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCapabilities:
    """What an engine can do, as data. `reasons` says why not, per capability that is off."""

    durability: Durability
    partitions: int = 1
    once: bool = True
    shared: bool = True
    """Several processes may append and read at the same time."""
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """Where an append came to rest. `repeated` means that its `once` token was already there and nothing was added."""

    first: Position
    next: Position
    repeated: bool = False


class EventLog(ABC):
    """An append-only, replayable log of topics, ordered within a partition.

    Engines are made with a URL and nothing waits until the first call. All methods may be called from any task of one
    event loop.
    """

    capabilities: LogCapabilities

    @abstractmethod
    async def append(self, topic: str, events: Sequence[Event], *, once: str = "", digest: str = "") -> Appended:
        """Append all events or none; return once they are as durable as the log is set to be.

        A non-empty `once` token is stored with them in the same step. A later append with the same topic and token adds
        nothing and answers as the first did, with `repeated`; if its `digest` differs, it raises Conflict.
        A topic begins with its first append. An empty `events` is refused with InvalidInput.
        """

    @abstractmethod
    async def read(self, topic: str, start: Position, *, limit: int = 1000) -> Sequence[Record]:
        """Up to `limit` records from `start` on, in order within each partition; none for an unknown topic."""

    @abstractmethod
    async def end(self, topic: str) -> Position:
        """The position after the last record; all zeros for an unknown topic."""

    @abstractmethod
    async def wait(self, topic: str, beyond: Position, *, seconds: float) -> bool:
        """Sleep until the topic holds a record at or after `beyond`, from any process, or the time is up."""

    @abstractmethod
    async def topics(self) -> Sequence[str]:
        """The names of all topics, sorted."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was appended and let go of everything. A closed log refuses all else with Unavailable."""

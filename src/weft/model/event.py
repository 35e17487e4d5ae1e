"""An event and its place in a log: what happened, who said so, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `data` is kept byte for byte as it was received."""

    id: str
    type: str
    source: str
    time: datetime
    data: bytes
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event with its place: the topic's partition and the offset in it."""

    partition: int
    offset: int
    event: Event


@dataclass(frozen=True, slots=True)
class Position:
    """How far something has come along a topic: for each partition the next offset, those at 0 left out.

    Positions of one topic form a lattice: `a.covers(b)` when `a` has come at least as far everywhere.
    """

    offsets: tuple[tuple[int, int], ...] = ()

    @classmethod
    def at(cls, offset: int, partition: int = 0) -> Position:
        """The position just before `offset` of one partition."""
        return cls(((partition, offset),)) if offset else cls()

    @classmethod
    def of(cls, offsets: Mapping[int, int]) -> Position:
        """The position with these next offsets."""
        return cls(tuple(sorted((p, o) for p, o in offsets.items() if o)))

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read what `str(position)` wrote; raises ValueError on anything else."""
        pairs: dict[int, int] = {}
        for part in filter(None, text.split(",")):
            partition, _, offset = part.rpartition(":")
            pairs[int(partition or 0)] = int(offset)
        if any(n < 0 for pair in pairs.items() for n in pair):
            raise ValueError(text)
        return cls.of(pairs)

    def __str__(self) -> str:
        return ",".join([f"{p}:{o}" if p else str(o) for p, o in self.offsets]) or "0"

    def next(self, partition: int = 0) -> int:
        """The next offset of a partition."""
        return dict(self.offsets).get(partition, 0)

    def covers(self, other: Position) -> bool:
        """Whether everything before `other` is also before this position."""
        mine = dict(self.offsets)
        return all(mine.get(partition, 0) >= offset for partition, offset in other.offsets)

    def merge(self, other: Position) -> Position:
        """The least position that covers both."""
        mine = dict(self.offsets)
        for partition, offset in other.offsets:
            mine[partition] = max(mine.get(partition, 0), offset)
        return Position.of(mine)

    def meet(self, other: Position) -> Position:
        """The greatest position that both cover."""
        theirs = dict(other.offsets)
        return Position.of({partition: min(offset, theirs.get(partition, 0)) for partition, offset in self.offsets})

    def after(self, record: Record) -> Position:
        """This position moved just past a record."""
        return self.merge(Position.at(record.offset + 1, record.partition))

"""A log in memory, for tests and throw-away meshes: every promise but durability."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from weft.backends.event_logs.intake import check, check_unicode
from weft.backends.event_logs.watch import Watch
from weft.model.errors import Conflict, Unavailable
from weft.model.event import Event, Position, Record
from weft.ports.event_log import Appended, EventLog, LogCapabilities


class MemoryLog(EventLog):
    """Lists of records, one a topic; gone with the process."""

    capabilities = LogCapabilities(
        durability="memory", shared=False, reasons=(("shared", "memory belongs to one process"),)
    )

    def __init__(self) -> None:
        self._topics: dict[str, list[Record]] = {}
        self._once: dict[tuple[str, str], tuple[str, Appended]] = {}
        self._watch = Watch()
        self._closed = False

    @classmethod
    def open(cls, url: str, folder: Path) -> MemoryLog:  # noqa: ARG003 - engines are all made with a URL and a folder
        """A fresh, empty log."""
        return cls()

    async def append(self, topic: str, events: Sequence[Event], *, once: str = "", digest: str = "") -> Appended:
        """See EventLog."""
        self._check_open()
        check(topic, events)
        check_unicode(events)
        if (topic, once) in self._once:
            return _repeated(*self._once[topic, once], digest=digest)
        records = self._topics.setdefault(topic, [])
        first = len(records)
        records.extend(Record(partition=0, offset=offset, event=event) for offset, event in enumerate(events, first))
        appended = Appended(first=Position.at(first), next=Position.at(len(records)))
        if once:
            self._once[topic, once] = digest, appended
        self._watch.wake()
        return appended

    async def read(self, topic: str, start: Position, *, limit: int = 1000) -> Sequence[Record]:
        """See EventLog."""
        self._check_open()
        first = start.next()
        return self._topics.get(topic, [])[first : first + max(limit, 0)]

    async def end(self, topic: str) -> Position:
        """See EventLog."""
        self._check_open()
        return Position.at(self._next(topic))

    async def wait(self, topic: str, beyond: Position, *, seconds: float) -> bool:
        """See EventLog."""

        def grown() -> bool:
            self._check_open()
            return self._next(topic) > beyond.next()

        return await self._watch.until(grown, seconds=seconds)

    async def topics(self) -> Sequence[str]:
        """See EventLog."""
        self._check_open()
        return sorted(self._topics)

    async def close(self) -> None:
        """See EventLog."""
        self._closed = True
        self._watch.wake()

    def _next(self, topic: str) -> int:
        return len(self._topics.get(topic, ()))

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the log is closed", hint="open it again")


def _repeated(known: str, appended: Appended, *, digest: str) -> Appended:
    if known != digest:
        raise Conflict("this token was used for another content", hint="use a fresh token for a new content")
    return Appended(first=appended.first, next=appended.next, repeated=True)

"""The promises of EventLog as tests: subclass, say how your engine is opened, and they run against it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from weft.model.errors import Conflict, InvalidInput, Unavailable
from weft.model.event import Event, Position, Record
from weft.ports.event_log import EventLog

OpenLog = Callable[[], EventLog]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE = 10.0
"""Seconds to wait for what must come; nothing waits so long when the promise holds."""


def event(number: int) -> Event:
    """The event of this number."""
    return Event(id=f"e{number}", type="row.received", source="test", time=NOON, data=b"%d" % number)


def events(count: int, *, start: int = 0) -> list[Event]:
    """Events that follow each other."""
    return [event(number) for number in range(start, start + count)]


async def read_all(log: EventLog, topic: str) -> list[Record]:
    """Every record of a topic, page by page."""
    records: list[Record] = []
    position = Position()
    while page := await log.read(topic, position, limit=700):
        records.extend(page)
        position = position.after(page[-1])
    return records


class EventLogContract:
    """What every log promises."""

    @pytest.fixture
    def open_log(self) -> OpenLog:
        """How the engine is opened; the subclass says it."""
        raise NotImplementedError

    @pytest.fixture
    async def log(self, open_log: OpenLog) -> AsyncGenerator[EventLog]:
        """An open, empty log."""
        log = open_log()
        yield log
        await log.close()

    async def test_an_event_is_read_as_it_was_appended(self, log: EventLog) -> None:
        east = timezone(timedelta(hours=5, minutes=30))
        full = Event(
            id="é𝄞",
            type="",
            source="http",
            time=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=east),
            data=bytes(range(256)),
            key="clé\0with NUL",
            headers={"contract": "payment-schema@1.0.0", "": ""},
        )
        await log.append("bank/payment", [full, event(1)])
        assert [record.event for record in await log.read("bank/payment", Position())] == [full, event(1)]

    async def test_offsets_count_from_zero_without_gaps(self, log: EventLog) -> None:
        first = await log.append("t", events(3))
        second = await log.append("t", events(2, start=3))
        assert (first.first, first.next) == (Position(), Position.at(3))
        assert (second.first, second.next) == (Position.at(3), Position.at(5))
        assert [(r.partition, r.offset, r.event) for r in await read_all(log, "t")] == [
            (0, number, event(number)) for number in range(5)
        ]

    async def test_reading_starts_where_asked_and_keeps_to_the_limit(self, log: EventLog) -> None:
        await log.append("t", events(10))
        await log.append("t", events(10, start=10))
        assert [r.offset for r in await log.read("t", Position.at(8), limit=4)] == [8, 9, 10, 11]
        assert [r.offset for r in await log.read("t", Position.at(19), limit=4)] == [19]
        assert list(await log.read("t", Position.at(20))) == []
        assert list(await log.read("t", Position.at(99))) == []
        assert list(await log.read("t", Position(), limit=0)) == []

    async def test_a_large_append_stays_in_order(self, log: EventLog) -> None:
        await log.append("t", events(3456))
        assert [r.event.data for r in await read_all(log, "t")] == [b"%d" % number for number in range(3456)]
        assert [r.offset for r in await log.read("t", Position.at(2999), limit=2)] == [2999, 3000]

    async def test_large_events_are_kept(self, log: EventLog) -> None:
        large = replace(event(0), data=b"x" * 3_000_000)
        await log.append("t", [large, event(1), large])
        assert [len(r.event.data) for r in await log.read("t", Position())] == [3_000_000, 1, 3_000_000]

    async def test_an_unknown_topic_is_empty(self, log: EventLog) -> None:
        assert list(await log.read("nothing", Position())) == []
        assert await log.end("nothing") == Position()
        assert list(await log.topics()) == []

    async def test_topics_are_apart_and_sorted(self, log: EventLog) -> None:
        for name in ("b/x", "a/y", "Ä", "a"):
            await log.append(name, [replace(event(0), source=name)])
        assert list(await log.topics()) == ["a", "a/y", "b/x", "Ä"]
        assert [r.event.source for r in await log.read("b/x", Position())] == ["b/x"]
        assert await log.end("a/y") == Position.at(1)

    async def test_topics_may_begin_together(self, log: EventLog) -> None:
        names = [f"t{number}" for number in range(30)]
        await asyncio.gather(*(log.append(name, [replace(event(0), source=name)]) for name in names * 2))
        for name in names:
            assert [(r.offset, r.event.source) for r in await log.read(name, Position())] == [(0, name), (1, name)]

    @pytest.mark.parametrize("topic", ["", "a\0b", "\ud800"])
    async def test_what_is_no_topic_is_refused(self, log: EventLog, topic: str) -> None:
        with pytest.raises(InvalidInput):
            await log.append(topic, events(1))

    @pytest.mark.parametrize(
        "bad",
        [replace(event(1), time=datetime(2026, 1, 1)), replace(event(1), key="\ud800")],  # noqa: DTZ001 - the point
        ids=["no zone", "no text"],
    )
    async def test_an_append_with_a_bad_event_adds_none(self, log: EventLog, bad: Event) -> None:
        with pytest.raises(InvalidInput):
            await log.append("t", [event(0), bad])
        assert await log.end("t") == Position()

    async def test_an_empty_append_is_refused(self, log: EventLog) -> None:
        with pytest.raises(InvalidInput):
            await log.append("t", [])
        assert list(await log.topics()) == []

    async def test_a_token_appends_once(self, log: EventLog) -> None:
        first = await log.append("t", events(2), once="k", digest="d")
        await log.append("t", events(1, start=2))
        again = await log.append("t", events(2), once="k", digest="d")
        assert not first.repeated
        assert again == replace(first, repeated=True)
        assert await log.end("t") == Position.at(3)

    async def test_a_token_with_another_digest_conflicts(self, log: EventLog) -> None:
        await log.append("t", events(1), once="k", digest="d")
        with pytest.raises(Conflict):
            await log.append("t", events(1), once="k", digest="other")
        assert await log.end("t") == Position.at(1)

    async def test_a_token_belongs_to_its_topic(self, log: EventLog) -> None:
        await log.append("t", events(1), once="k")
        assert not (await log.append("u", events(1), once="k")).repeated

    async def test_of_rival_appends_with_one_token_one_wins(self, log: EventLog) -> None:
        # While the first append is on its way to the disk, the rivals gather, and share the next transaction.
        busy = log.append("other", events(1))
        rivals = [log.append("t", events(2), once="k", digest="d") for _ in range(20)]
        _, *answers = await asyncio.gather(busy, *rivals)
        assert sum(not answer.repeated for answer in answers) == 1
        assert {(answer.first, answer.next) for answer in answers} == {(Position(), Position.at(2))}
        assert await log.end("t") == Position.at(2)

    async def test_a_refused_append_does_not_hurt_its_neighbours(self, log: EventLog) -> None:
        await log.append("t", events(1), once="k", digest="d")
        calls = [log.append("t", events(1), once="k", digest="x"), *(log.append("t", events(1)) for _ in range(10))]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(answer, BaseException) for answer in answers] == [True] + [False] * 10
        assert await log.end("t") == Position.at(11)

    async def test_what_many_append_at_once_keeps_each_one_s_order(self, log: EventLog) -> None:
        async def append(writer: int) -> list[Position]:
            batches = [[replace(event(n), source=str(writer))] * (writer % 3 + 1) for n in range(25)]
            return [(await log.append("t", batch)).first for batch in batches]

        firsts = await asyncio.gather(*map(append, range(12)))
        records = await read_all(log, "t")
        assert [record.offset for record in records] == list(range(25 * (1 + 2 + 3) * 4))
        for writer, positions in enumerate(firsts):
            assert [records[p.next()].event.data for p in positions] == [b"%d" % n for n in range(25)]
            assert {records[p.next()].event.source for p in positions} == {str(writer)}

    async def test_waiting_ends_at_once_when_there_is_something(self, log: EventLog) -> None:
        await log.append("t", events(3))
        assert await log.wait("t", Position.at(2), seconds=PATIENCE)

    async def test_waiting_ends_without_anything_when_the_time_is_up(self, log: EventLog) -> None:
        await log.append("t", events(3))
        assert not await log.wait("t", Position.at(3), seconds=0.01)
        assert not await log.wait("nothing", Position(), seconds=0)

    async def test_an_append_wakes_who_waits_for_it(self, log: EventLog) -> None:
        waiting = [asyncio.create_task(log.wait("t", Position.at(n), seconds=9 * PATIENCE)) for n in (0, 1)]
        await asyncio.sleep(0.01)
        await log.append("other", events(5))
        await log.append("t", events(1))
        assert await asyncio.wait_for(waiting[0], PATIENCE)
        assert not waiting[1].done()
        await log.append("t", events(1))
        assert await asyncio.wait_for(waiting[1], PATIENCE)

    async def test_a_closed_log_refuses(self, log: EventLog) -> None:
        await log.append("t", events(1))
        await log.close()
        calls: list[Coroutine[Any, Any, object]] = [
            log.append("t", events(1)),
            log.read("t", Position()),
            log.end("t"),
            log.wait("t", Position(), seconds=0),
            log.topics(),
        ]
        for call in calls:
            with pytest.raises(Unavailable):
                await call
        await log.close()

    async def test_closing_ends_all_waiting(self, log: EventLog) -> None:
        waiting = asyncio.create_task(log.wait("t", Position(), seconds=9 * PATIENCE))
        await asyncio.sleep(0.01)
        await log.close()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(waiting, PATIENCE)


class SharedLogContract(EventLogContract):
    """What a log promises besides, when it outlives its process and is open in several. `open_log` opens the same one."""

    @pytest.fixture
    async def other(self, open_log: OpenLog) -> AsyncGenerator[EventLog]:
        """The same log, opened again."""
        other = open_log()
        yield other
        await other.close()

    async def test_a_log_opened_again_holds_everything(self, log: EventLog, open_log: OpenLog) -> None:
        await log.append("t", events(5), once="k", digest="d")
        await log.close()
        again = open_log()
        assert [r.event for r in await read_all(again, "t")] == events(5)
        assert (await again.append("t", events(5), once="k", digest="d")).repeated
        assert (await again.append("t", events(1))).first == Position.at(5)
        await again.close()

    async def test_closing_finishes_what_was_appended(self, log: EventLog, other: EventLog) -> None:
        await log.append("t", events(1))
        appends = [asyncio.create_task(log.append("t", events(1))) for _ in range(50)]
        await asyncio.sleep(0)
        await log.close()
        await asyncio.gather(*appends)
        assert await other.end("t") == Position.at(51)

    async def test_one_sees_what_the_other_was_told(self, log: EventLog, other: EventLog) -> None:
        for number in range(20):
            await log.append("t", [event(number)])
            assert [r.event for r in await other.read("t", Position.at(number))] == [event(number)]
            assert await other.end("t") == Position.at(number + 1)

    async def test_an_append_elsewhere_wakes_who_waits(self, log: EventLog, other: EventLog) -> None:
        waiting = asyncio.create_task(other.wait("t", Position.at(1), seconds=9 * PATIENCE))
        await log.append("t", events(1))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        await log.append("t", events(1))
        assert await asyncio.wait_for(waiting, PATIENCE)

    async def test_a_token_counts_everywhere(self, log: EventLog, other: EventLog) -> None:
        rivals = [engine.append("t", events(2), once="k", digest="d") for engine in (log, other) * 10]
        answers = await asyncio.gather(*rivals)
        assert sum(not answer.repeated for answer in answers) == 1
        assert await other.end("t") == Position.at(2)

    async def test_offsets_are_given_once(self, log: EventLog, other: EventLog) -> None:
        appends = [engine.append("t", events(3)) for _ in range(40) for engine in (log, other)]
        firsts = [answer.first.next() for answer in await asyncio.gather(*appends)]
        assert sorted(firsts) == list(range(0, 240, 3))
        assert [record.offset for record in await read_all(log, "t")] == list(range(240))

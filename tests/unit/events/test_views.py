"""Keyed views: the latest row of each key, exactly as the log tells it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.backends.event_logs.memory import MemoryLog
from weft.backends.state_stores.memory import MemoryState
from weft.events.views import BULK_RECEIVED, ROW_RECEIVED, Cursor, KeyedView, Projected, ViewRow
from weft.model.event import Event, Position, Record

TOPIC = "shop/order"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def row(key: str, body: str) -> Event:
    return Event(id=f"{key}-{body}", type=ROW_RECEIVED, source="test", time=NOON, data=body.encode(), key=key)


def project(record: Record) -> Projected | None:
    return None if record.event.data == b"bad" else Projected(record.event.key, record.event.data)


class Bench:
    def __init__(self) -> None:
        self.log = MemoryLog()
        self.state = MemoryState()
        self.view = KeyedView(TOPIC, self.state)

    async def catch_up(self) -> Position:
        position = await self.view.advance(self.log, project)
        while (moved := await self.view.advance(self.log, project)) != position:
            position = moved
        return position

    async def body(self, key: str) -> str | None:
        found = await self.view.get(key)
        return None if found is None else found.body.decode()


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_the_latest_row_of_a_key_is_kept(bench: Bench) -> None:
    await bench.log.append(TOPIC, [row("a", "1"), row("b", "1"), row("a", "2")])
    await bench.catch_up()
    assert (await bench.body("a"), await bench.body("b"), await bench.body("c")) == ("2", "1", None)


async def test_a_row_that_the_projection_refuses_leaves_the_one_before(bench: Bench) -> None:
    await bench.log.append(TOPIC, [row("a", "1"), row("a", "bad")])
    assert await bench.catch_up() == Position.at(2)
    assert await bench.body("a") == "1"


async def test_two_followers_in_step_do_no_harm(bench: Bench) -> None:
    other = KeyedView(TOPIC, bench.state)
    for i in range(20):
        await bench.log.append(TOPIC, [row("a", str(i))])
        await other.advance(bench.log, project)
        await bench.view.advance(bench.log, project)
    assert await bench.body("a") == "19"


async def test_a_bulk_batch_is_owed_until_it_is_taken_in(bench: Bench) -> None:
    await bench.log.append(TOPIC, [Event(id="f", type=BULK_RECEIVED, source="files", time=NOON, data=b"{}")])
    await bench.log.append(TOPIC, [row("a", "single")])
    await bench.catch_up()
    assert await bench.view.cursor() == Cursor("2", (0,), files=True)
    await bench.view.take_in({"a": ViewRow(0, 0, "f", b"bulk"), "b": ViewRow(0, 1, "f", b"bulk")})
    await bench.view.finish_bulk(0)
    assert (await bench.body("a"), await bench.body("b")) == ("single", "bulk")
    assert await bench.view.cursor() == Cursor("2", (), files=True)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", "bad"])), max_size=12), st.data())
async def test_however_the_log_is_cut_into_batches_the_view_is_the_same(
    rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    bench = Bench()
    expected: dict[str, str] = {}
    for key, body in rows:
        await bench.log.append(TOPIC, [row(key, body)])
        expected |= {key: body} if body != "bad" else {}
        if data.draw(st.booleans()):
            await bench.view.advance(bench.log, project)
    await bench.catch_up()
    assert {key: await bench.body(key) for key in expected} == expected

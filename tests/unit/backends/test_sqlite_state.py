"""State in SQLite: look-ups of one turn of the event loop see one moment, and none misses what was acknowledged."""

import asyncio

import apsw
import pytest

from weft.backends.state_stores.sqlite import SqliteState
from weft.ports.state_store import Put


@pytest.fixture
async def state(tmp_path):
    state = SqliteState.open("sqlite:", tmp_path)
    await state.commit([Put("s", "a", b"1"), Put("s", "b", b"1")])
    yield state
    await state.close()


@pytest.fixture
def rival(state, tmp_path):
    """Another process on the same file."""
    connection = apsw.Connection(str(tmp_path / "state.db"))
    yield connection
    connection.close()


async def test_look_ups_of_a_turn_see_one_moment(state, rival):
    await state.get("s", "a")
    await asyncio.sleep(0)
    found = [await state.get("s", "a")]
    rival.execute("UPDATE entry SET value = x'32'")
    found.append(await state.get("s", "b"))
    assert found == [b"1", b"1"]
    await asyncio.sleep(0)
    assert [await state.get("s", "a"), await state.get("s", "b")] == [b"2", b"2"]


async def test_what_was_acknowledged_is_seen_by_everybody_who_hears_of_it(state):
    async def write(number):
        await state.commit([Put("s", "a", b"%d" % number)], relaxed=True)
        assert int(await state.get("s", "a") or 0) >= number

    async def look():
        for _ in range(2000):
            await state.get("s", "b")
            await asyncio.sleep(0)

    looking = [asyncio.create_task(look()) for _ in range(4)]
    for number in range(2, 100):
        await write(number)
    await asyncio.gather(*looking)


async def test_a_file_that_is_closed_in_the_middle_of_a_turn_stays_whole(tmp_path):
    failures = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    state = SqliteState.open("sqlite:", tmp_path)
    await state.commit([Put("s", "a", b"1")])
    await state.get("s", "a")
    await state.close()
    await asyncio.sleep(0)
    assert failures == []
    again = SqliteState.open("sqlite:", tmp_path)
    assert await again.get("s", "a") == b"1"
    await again.close()

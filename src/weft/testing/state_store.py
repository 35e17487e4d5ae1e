"""The promises of StateStore as tests: subclass, say how your engine is opened, and they run against it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

import pytest

from weft.model.errors import Conflict, InvalidInput, TooLarge, Unavailable
from weft.ports.state_store import Delete, Expect, Put, StateStore

OpenState = Callable[[], StateStore]

KEYS = ["", " ", "A", "a", "a/", "a/b", "a/b/c", "b", "z", "é", "\uffff", "𐀀", "𝄞", "\U0010ffff", "\U0010ffffa"]
"""Keys in the order of their code points. By UTF-16 the ones beyond U+FFFF would come before U+FFFF."""


class StateStoreContract:
    """What every state store promises."""

    @pytest.fixture
    def open_state(self) -> OpenState:
        """How the engine is opened; the subclass says it."""
        raise NotImplementedError

    @pytest.fixture
    async def state(self, open_state: OpenState) -> AsyncGenerator[StateStore]:
        """An open, empty store."""
        state = open_state()
        yield state
        await state.close()

    @pytest.fixture
    async def filled(self, state: StateStore) -> StateStore:
        """A store with `KEYS` in one space, and neighbours to it."""
        await state.commit([Put("s", key, key.encode()) for key in reversed(KEYS)])
        await state.commit([Put("r", "a", b"r"), Put("sa", "a", b"sa"), Put("t", "", b"t")])
        return state

    async def test_what_was_put_is_there(self, state: StateStore) -> None:
        await state.commit([Put("s", "k", bytes(range(256))), Put("s", "empty", b""), Put("", "k", b"no name")])
        assert await state.get("s", "k") == bytes(range(256))
        assert await state.get("s", "empty") == b""
        assert await state.get("", "k") == b"no name"

    async def test_what_was_not_put_is_not_there(self, filled: StateStore) -> None:
        assert await filled.get("s", "nothing") is None
        assert await filled.get("nothing", "a") is None
        assert list(await filled.scan("nothing")) == []
        assert await filled.count("nothing") == 0

    async def test_the_last_change_counts(self, state: StateStore) -> None:
        await state.commit([Put("s", "k", b"1"), Put("s", "k", b"2"), Put("s", "gone", b"3"), Delete("s", "gone")])
        await state.commit([Delete("s", "k"), Put("s", "k", b"4"), Delete("s", "never there")])
        assert list(await state.scan("s")) == [("k", b"4")]

    async def test_keys_sort_by_code_point(self, filled: StateStore) -> None:
        assert list(await filled.scan("s")) == [(key, key.encode()) for key in KEYS]
        assert list(await filled.scan("s", backwards=True)) == [(key, key.encode()) for key in reversed(KEYS)]

    @pytest.mark.parametrize("prefix", [*KEYS, "x", "\ud7ff", "a/b/c/d"])
    async def test_a_scan_keeps_to_its_prefix(self, filled: StateStore, prefix: str) -> None:
        expected = [key for key in KEYS if key.startswith(prefix)]
        assert [key for key, _ in await filled.scan("s", prefix=prefix)] == expected
        assert [key for key, _ in await filled.scan("s", prefix=prefix, backwards=True)] == expected[::-1]

    @pytest.mark.parametrize("after", [*KEYS[1:], "aa", "\ud7ff"])
    async def test_a_scan_goes_on_after_a_key(self, filled: StateStore, after: str) -> None:
        assert [key for key, _ in await filled.scan("s", after=after)] == [key for key in KEYS if key > after]
        before = [key for key in reversed(KEYS) if key < after]
        assert [key for key, _ in await filled.scan("s", after=after, backwards=True)] == before

    async def test_pages_come_to_the_whole(self, filled: StateStore) -> None:
        found: list[str] = []
        while page := await filled.scan("s", after=found[-1] if found else "", limit=4):
            found.extend(key for key, _ in page)
        assert found == KEYS
        assert list(await filled.scan("s", limit=0)) == []

    async def test_a_long_scan_is_whole(self, state: StateStore) -> None:
        await state.commit([Put("s", f"{number:05d}", b"x") for number in range(2500)])
        assert [key for key, _ in await state.scan("s", limit=5000)] == [f"{number:05d}" for number in range(2500)]
        assert len(await state.scan("s")) == 1000

    async def test_counting_counts_one_space(self, filled: StateStore) -> None:
        assert await filled.count("s") == len(KEYS)

    async def test_clearing_clears_one_space(self, filled: StateStore) -> None:
        await filled.clear("s")
        await filled.clear("nothing")
        assert list(await filled.scan("s")) == []
        assert await filled.get("s", "a") is None
        assert [await filled.get(space, key) for space, key in (("r", "a"), ("sa", "a"), ("t", ""))] == [
            b"r",
            b"sa",
            b"t",
        ]

    @pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
    async def test_what_is_no_key_is_refused(self, state: StateStore, bad: str) -> None:
        for change in (Put("s", bad, b""), Put(bad, "k", b""), Delete("s", bad), Expect("s", bad, None)):
            with pytest.raises(InvalidInput):
                await state.commit([Put("s", "k", b"1"), change])
        assert await state.count("s") == 0

    async def test_a_key_may_be_long_but_not_endless(self, state: StateStore) -> None:
        await state.commit([Put("s", "é" * 999, b"long")])
        assert await state.get("s", "é" * 999) == b"long"
        with pytest.raises(TooLarge):
            await state.commit([Put("s", "é" * 1000, b"")])

    async def test_a_kept_expectation_lets_the_commit_pass(self, state: StateStore) -> None:
        await state.commit([Expect("s", "k", None), Put("s", "k", b"1")])
        await state.commit([Put("s", "k", b"2"), Expect("s", "k", b"1"), Expect("s", "other", None)])
        await state.commit([Expect("s", "k", b"2"), Delete("s", "k")])
        assert await state.get("s", "k") is None

    @pytest.mark.parametrize("expected", [None, b"", b"2"])
    async def test_a_broken_expectation_refuses_the_whole_commit(
        self, state: StateStore, expected: bytes | None
    ) -> None:
        await state.commit([Put("s", "k", b"1")])
        with pytest.raises(Conflict):
            await state.commit([Put("s", "new", b"x"), Delete("s", "k"), Expect("s", "k", expected)])
        assert list(await state.scan("s")) == [("k", b"1")]

    async def test_an_empty_value_is_not_an_absent_one(self, state: StateStore) -> None:
        with pytest.raises(Conflict):
            await state.commit([Expect("s", "k", b""), Put("s", "k", b"1")])
        await state.commit([Put("s", "k", b"")])
        with pytest.raises(Conflict):
            await state.commit([Expect("s", "k", None), Put("s", "k", b"1")])

    async def test_of_rivals_for_a_key_one_wins(self, state: StateStore) -> None:
        rivals = [
            state.commit([Expect("s", "k", None), Put("s", "k", b"%d" % n), Put("s", f"mark {n}", b"")])
            for n in range(20)
        ]
        answers = await asyncio.gather(*rivals, return_exceptions=True)
        (winner,) = [number for number, answer in enumerate(answers) if answer is None]
        assert sum(isinstance(answer, Conflict) for answer in answers) == 19
        assert list(await state.scan("s")) == [("k", b"%d" % winner), (f"mark {winner}", b"")]

    async def test_counting_up_together_loses_nothing(self, state: StateStore) -> None:
        await count_up([state] * 8, rounds=10)
        assert await state.get("s", "n") == b"80"

    async def test_commits_of_one_caller_keep_their_order(self, state: StateStore) -> None:
        await asyncio.gather(*(state.commit([Put("s", "k", b"%d" % n)], relaxed=n % 3 == 0) for n in range(100)))
        assert await state.get("s", "k") == b"99"

    async def test_clearing_keeps_its_place_among_commits(self, state: StateStore) -> None:
        put, clear = state.commit([Put("s", "a", b"1")]), state.clear("s")
        again = state.commit([Expect("s", "a", None), Put("s", "b", b"2")])
        await asyncio.gather(put, clear, again)
        assert list(await state.scan("s")) == [("b", b"2")]

    async def test_a_relaxed_commit_is_seen_at_once(self, state: StateStore) -> None:
        await state.commit([Put("s", "k", b"1")], relaxed=True)
        assert await state.get("s", "k") == b"1"
        with pytest.raises(Conflict):
            await state.commit([Expect("s", "k", None)], relaxed=True)

    async def test_an_empty_commit_does_nothing(self, state: StateStore) -> None:
        await state.commit([])
        assert await state.count("s") == 0

    async def test_large_commits_and_values_are_kept(self, state: StateStore) -> None:
        await state.commit([Put("s", "large", b"x" * 3_000_000), *(Put("s", f"{n}", b"%d" % n) for n in range(3000))])
        assert len(await state.get("s", "large") or b"") == 3_000_000
        assert await state.count("s") == 3001
        assert await state.get("s", "2999") == b"2999"

    async def test_a_closed_store_refuses(self, state: StateStore) -> None:
        await state.commit([Put("s", "k", b"1")])
        await state.close()
        calls: list[Coroutine[Any, Any, object]] = [
            state.get("s", "k"),
            state.scan("s"),
            state.count("s"),
            state.commit([Put("s", "k", b"2")]),
            state.clear("s"),
        ]
        for call in calls:
            with pytest.raises(Unavailable):
                await call
        await state.close()


class SharedStateContract(StateStoreContract):
    """What a store promises besides, when it outlives its process and is open in several. `open_state` opens the same one."""

    @pytest.fixture
    async def other(self, open_state: OpenState) -> AsyncGenerator[StateStore]:
        """The same store, opened again."""
        other = open_state()
        yield other
        await other.close()

    async def test_a_store_opened_again_holds_everything(self, state: StateStore, open_state: OpenState) -> None:
        await state.commit([Put("s", "k", b"1")])
        await state.commit([Put("s", "l", b"2")], relaxed=True)
        await state.close()
        again = open_state()
        assert list(await again.scan("s")) == [("k", b"1"), ("l", b"2")]
        await again.close()

    async def test_closing_finishes_what_was_committed(self, state: StateStore, other: StateStore) -> None:
        await state.commit([Put("s", "k", b"1")])
        commits = [asyncio.create_task(state.commit([Put("s", f"{n}", b"")])) for n in range(50)]
        await asyncio.sleep(0)
        await state.close()
        await asyncio.gather(*commits)
        assert await other.count("s") == 51

    async def test_one_sees_what_the_other_was_told(self, state: StateStore, other: StateStore) -> None:
        for number in range(20):
            await state.commit([Put("s", "n", b"%d" % number)], relaxed=number % 2 == 0)
            assert await other.get("s", "n") == b"%d" % number

    async def test_counting_up_from_both_sides_loses_nothing(self, state: StateStore, other: StateStore) -> None:
        await count_up([state, other] * 4, rounds=10)
        assert await other.get("s", "n") == b"80"

    async def test_a_blind_put_elsewhere_breaks_no_expectation(self, state: StateStore, other: StateStore) -> None:
        for number in range(30):
            key = f"{number}"
            judged, blind = await asyncio.gather(
                state.commit([Expect("s", key, None), Put("s", key, b"judged")]),
                other.commit([Put("s", key, b"blind")]),
                return_exceptions=True,
            )
            assert blind is None
            assert judged is None or isinstance(judged, Conflict)
            assert await state.get("s", key) == b"blind"


async def count_up(stores: list[StateStore], *, rounds: int) -> None:
    """Every store adds 1 to the same number, `rounds` times, and tries again whenever another was first."""

    async def add(state: StateStore) -> None:
        for _ in range(rounds):
            while not await _added(state):
                pass

    await asyncio.gather(*map(add, stores))


async def _added(state: StateStore) -> bool:
    held = await state.get("s", "n")
    try:
        await state.commit([Expect("s", "n", held), Put("s", "n", b"%d" % (int(held or 0) + 1))])
    except Conflict:
        return False
    return True

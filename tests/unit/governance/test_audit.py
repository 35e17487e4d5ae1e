"""The audit trail: complete, in order, and sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from weft._kit.clock import SystemClock
from weft.backends.state_stores.memory import MemoryState
from weft.governance.audit import SPACE, AuditTrail
from weft.model.errors import Unavailable
from weft.model.principal import Access, Decision, Principal
from weft.ports.state_store import Change, Delete, Put, StateStore

ANA = Principal(id="ana")


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[StateStore]:
    store = MemoryState.open("memory:", tmp_path)
    yield store
    await store.close()


async def written(state: StateStore, count: int = 5) -> AuditTrail:
    trail = AuditTrail(state, SystemClock())
    for i in range(count):
        allowed = i % 2 == 0
        trail.record(
            Access(principal=ANA, action="read", product=f"p{i % 2}"), Decision(allowed=allowed, reason="r"), "trace"
        )
        await trail.flush()
    return trail


async def test_decisions_come_back_newest_first(state: StateStore) -> None:
    entries, total = await (await written(state)).tail(size=3)
    assert [entry.sequence for entry in entries] == [5, 4, 3]
    assert total == 5
    assert entries[0].principal == "ana"


async def test_the_trail_of_one_product_counts_only_its_own(state: StateStore) -> None:
    entries, total = await (await written(state)).tail(products={"p1"})
    assert [entry.sequence for entry in entries] == [4, 2]
    assert not any(entry.allowed for entry in entries)
    assert total == 2


async def test_decisions_that_are_written_together_form_the_same_chain(state: StateStore) -> None:
    trail = AuditTrail(state, SystemClock())
    for _ in range(1201):
        trail.record(Access(principal=ANA, action="read", product="p"), Decision(allowed=True, reason="r"))
    await trail.flush()
    assert await state.count(SPACE) == 3
    assert await trail.verify() is None
    pages = [entry.sequence for page in range(1, 14) for entry in (await trail.tail(page=page, size=100))[0]]
    assert pages == list(range(1201, 0, -1))


async def test_what_comes_while_a_group_is_written_waits_for_the_next(
    state: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail, commit, commits = AuditTrail(state, SystemClock()), state.commit, list[int]()

    def note() -> None:
        trail.record(Access(principal=ANA, action="read", product="p"), Decision(allowed=True, reason="r"))

    async def slow(changes: Sequence[Change], *, relaxed: bool = False) -> None:
        commits.append(len(changes))
        note()
        await commit(changes, relaxed=relaxed)

    monkeypatch.setattr(state, "commit", slow)
    note()
    await trail.flush()
    assert len(commits) == 1
    await trail.flush()
    assert len(commits) == 2
    assert await trail.verify() is None


async def test_a_trail_that_cannot_be_written_lets_nothing_more_happen(state: StateStore) -> None:
    trail = await written(state)
    await state.close()
    trail.record(Access(principal=ANA, action="read", product="p"), Decision(allowed=True, reason="r"))
    with pytest.raises(Unavailable):
        await trail.flush()
    with pytest.raises(Unavailable, match="audit"):
        trail.record(Access(principal=ANA, action="read", product="p"), Decision(allowed=True, reason="r"))


async def test_two_writers_share_one_chain(state: StateStore) -> None:
    first, second = await written(state, 3), await written(state, 3)
    assert await first.verify() is None
    assert (await second.tail())[1] == 6


async def test_an_untouched_trail_holds(state: StateStore) -> None:
    assert await (await written(state)).verify() is None
    assert await AuditTrail(MemoryState(), SystemClock()).verify() is None


@pytest.mark.parametrize("key", ["0000000000000001", "0000000000000003", "0000000000000005"])
async def test_a_removed_entry_is_noticed(state: StateStore, key: str) -> None:
    trail = await written(state)
    await state.commit([Delete(SPACE, key)])
    assert await trail.verify() is not None


async def test_a_changed_entry_is_noticed(state: StateStore) -> None:
    trail = await written(state)
    value = await state.get(SPACE, "0000000000000002")
    assert value is not None
    changed = value.replace(b'"allowed":false', b'"allowed":true')
    assert changed != value
    await state.commit([Put(SPACE, "0000000000000002", changed)])
    assert await trail.verify() == "the entries from 2 on were changed, moved or removed"


async def test_an_entry_slipped_in_behind_another_is_noticed(state: StateStore) -> None:
    trail = await written(state)
    value = await state.get(SPACE, "0000000000000005")
    assert value is not None
    await state.commit([Put(SPACE, "0000000000000005", value + b"\n" + value.partition(b"\n")[2])])
    assert await trail.verify() is not None


async def test_swapped_entries_are_noticed(state: StateStore) -> None:
    trail = await written(state)
    one, two = await state.get(SPACE, "0000000000000001"), await state.get(SPACE, "0000000000000002")
    assert one is not None
    assert two is not None
    await state.commit([Put(SPACE, "0000000000000001", two), Put(SPACE, "0000000000000002", one)])
    assert await trail.verify() is not None

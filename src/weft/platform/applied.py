"""The mesh as it was applied: the declarations themselves, kept in the state store, so that what runs is what was agreed to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from weft.ports.state_store import Change, Expect, Put, StateStore

_SPACE = "applied"
_KEY = "mesh"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of the mesh."""

    generation: int = 0
    time: str = ""
    files: dict[str, bytes] = {}


async def load_applied(state: StateStore) -> Applied:
    """The latest generation; generation 0 holds nothing."""
    value = await state.get(_SPACE, _KEY)
    return Applied() if value is None else msgspec.msgpack.decode(value, type=Applied)


async def save_applied(state: StateStore, before: Applied, files: Mapping[str, bytes], time: str) -> Applied:
    """Make these files the next generation; Conflict if someone else applied in between."""
    after = Applied(generation=before.generation + 1, time=time, files=dict(files))
    held = await state.get(_SPACE, _KEY)
    if (Applied() if held is None else msgspec.msgpack.decode(held, type=Applied)).generation != before.generation:
        held = b""
    changes: list[Change] = [Expect(_SPACE, _KEY, held), Put(_SPACE, _KEY, msgspec.msgpack.encode(after))]
    await state.commit(changes)
    return after

"""A state store in memory, for tests and throw-away meshes: every promise but durability."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from pathlib import Path

from weft.backends.state_stores.effect import Commit, Effect, Wipe, beyond_prefix, check, check_text
from weft.model.errors import Unavailable
from weft.ports.state_store import Change, StateCapabilities, StateStore


class MemoryState(StateStore):
    """A dictionary a space, and its keys in order; gone with the process."""

    capabilities = StateCapabilities(durable=False, shared=False)

    def __init__(self) -> None:
        self._values: dict[str, dict[str, bytes]] = {}
        self._keys: dict[str, list[str]] = {}
        self._closed = False

    @classmethod
    def open(cls, url: str, folder: Path) -> MemoryState:  # noqa: ARG003 - engines are all made with a URL and a folder
        """A fresh, empty store."""
        return cls()

    async def get(self, space: str, key: str) -> bytes | None:
        """See StateStore."""
        self._check_open()
        check_text(space, key)
        return self._values.get(space, {}).get(key)

    async def scan(
        self, space: str, *, prefix: str = "", after: str = "", limit: int = 1000, backwards: bool = False
    ) -> Sequence[tuple[str, bytes]]:
        """See StateStore."""
        self._check_open()
        check_text(space, prefix, after)
        keys = self._keys.get(space, [])
        beyond = beyond_prefix(prefix)
        low = bisect_left(keys, prefix)
        high = len(keys) if beyond is None else bisect_left(keys, beyond)
        if after and backwards:
            high = min(high, bisect_left(keys, after))
        elif after:
            low = max(low, bisect_right(keys, after))
        found = keys[low:high][::-1] if backwards else keys[low:high]
        return [(key, self._values[space][key]) for key in found[: max(limit, 0)]]

    async def count(self, space: str) -> int:
        """See StateStore."""
        self._check_open()
        check_text(space)
        return len(self._keys.get(space, ()))

    async def commit(self, changes: Sequence[Change], *, relaxed: bool = False) -> None:
        """See StateStore."""
        check(changes)
        self._commit(Commit(changes, relaxed))

    async def clear(self, space: str) -> None:
        """See StateStore."""
        check_text(space)
        self._commit(Commit([Wipe(space)]))

    async def close(self) -> None:
        """See StateStore."""
        self._closed = True

    def _commit(self, commit: Commit) -> None:
        self._check_open()
        effect = Effect()
        if refused := effect.add(commit, lambda place: self._values.get(place[0], {}).get(place[1])):
            raise refused
        for space in effect.wiped:
            self._values.pop(space, None)
            self._keys.pop(space, None)
        for (space, key), value in effect.values.items():
            self._set(space, key, value)

    def _set(self, space: str, key: str, value: bytes | None) -> None:
        values, keys = self._values.setdefault(space, {}), self._keys.setdefault(space, [])
        if value is None and values.pop(key, None) is not None:
            del keys[bisect_left(keys, key)]
        if value is not None:
            if key not in values:
                insort(keys, key)
            values[key] = value

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the state store is closed", hint="open it again")

"""The promises of Keys as tests: subclass, say how your engine is opened, and they run against it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from weft.model.errors import InvalidInput, NotFound
from weft.ports.keys import Keys

OpenKeys = Callable[[], Keys]

NAMES = [".", "..", ".hidden", "a b", "a/b", "a%2Fb", "issuer", "subject:42", "ä𝄞"]


class KeysContract:
    """What every keeper of keys promises. `open_keys` opens the same keys each time."""

    @pytest.fixture
    def open_keys(self) -> OpenKeys:
        """How the engine is opened; the subclass says it."""
        raise NotImplementedError

    @pytest.fixture
    async def keys(self, open_keys: OpenKeys) -> AsyncGenerator[Keys]:
        """Open keys, none made yet."""
        keys = open_keys()
        yield keys
        await keys.close()

    @pytest.fixture
    async def other(self, open_keys: OpenKeys) -> AsyncGenerator[Keys]:
        """The same keys, opened again."""
        other = open_keys()
        yield other
        await other.close()

    async def test_a_key_has_32_bytes_and_stays_the_same(self, keys: Keys, other: Keys) -> None:
        key = await keys.key("a")
        assert len(key) == 32
        assert await keys.key("a") == key
        assert await other.key("a") == key

    async def test_each_name_has_its_own_key(self, keys: Keys) -> None:
        made = {name: await keys.key(name) for name in NAMES}
        assert len(set(made.values())) == len(NAMES)
        assert {name: await keys.key(name) for name in NAMES} == made

    async def test_names_are_sorted_and_only_of_keys_that_live(self, keys: Keys) -> None:
        assert await keys.names() == []
        for name in reversed(NAMES):
            await keys.key(name)
        await keys.destroy("issuer")
        assert await keys.names() == sorted(set(NAMES) - {"issuer"})

    async def test_rivals_for_a_new_key_get_the_same(self, keys: Keys, other: Keys) -> None:
        assert len(set(await asyncio.gather(*(engine.key("a") for engine in (keys, other) * 8)))) == 1

    async def test_a_destroyed_key_is_gone_everywhere(self, keys: Keys, other: Keys) -> None:
        await keys.key("a")
        await other.key("a")
        await keys.destroy("a")
        for engine in (keys, other):
            with pytest.raises(NotFound):
                await engine.key("a")

    async def test_destroying_twice_or_before_the_first_use_is_no_error(self, keys: Keys) -> None:
        await keys.destroy("a")
        await keys.destroy("a")
        with pytest.raises(NotFound):
            await keys.key("a")

    @pytest.mark.parametrize("name", ["", "\ud800"])
    async def test_what_is_no_name_is_refused(self, keys: Keys, name: str) -> None:
        with pytest.raises(InvalidInput):
            await keys.key(name)

"""The promises of Identity as tests: subclass, say how your engine is opened, and they run against it."""

from __future__ import annotations

import pytest

from weft.model.errors import NotFound, Unauthenticated
from weft.model.mesh import Identities, User
from weft.model.principal import Principal
from weft.ports.identity import Identity

ADA = Principal(id="ada", name="Ada L.", roles=frozenset({"payments-team", "fraud-team"}))
ROBOT = Principal(id="simulator", name="The simulator")
DECLARED = Identities(users=tuple(User(id=p.id, name=p.name, roles=p.roles) for p in (ADA, ROBOT)))
"""Whom the engine under test must know."""


class IdentityContract:
    """What every identity promises that issues tokens and keys itself."""

    @pytest.fixture
    def identity(self) -> Identity:
        """An engine that knows `DECLARED`; the subclass says how."""
        raise NotImplementedError

    @pytest.mark.parametrize("principal", [ADA, ROBOT])
    async def test_a_token_proves_its_holder(self, identity: Identity, principal: Principal) -> None:
        token = await identity.issue(principal, seconds=60)
        assert token.expires_in == 60
        assert [await identity.from_token(token.text) for _ in range(3)] == [principal] * 3

    @pytest.mark.parametrize("principal", [ADA, ROBOT])
    async def test_a_key_proves_its_holder(self, identity: Identity, principal: Principal) -> None:
        key = await identity.new_key(principal.id)
        assert [await identity.from_key(key) for _ in range(3)] == [principal] * 3

    async def test_each_key_is_a_fresh_one(self, identity: Identity) -> None:
        keys = [await identity.new_key("ada") for _ in range(3)]
        assert len(set(keys)) == 3
        assert [await identity.from_key(key) for key in keys] == [ADA] * 3

    async def test_the_declared_are_found(self, identity: Identity) -> None:
        assert await identity.find("ada") == ADA
        with pytest.raises(NotFound):
            await identity.find("nobody")

    async def test_nobody_else_gets_anything(self, identity: Identity) -> None:
        with pytest.raises(NotFound):
            await identity.new_key("nobody")
        with pytest.raises(NotFound):
            await identity.issue(Principal(id="nobody", roles=frozenset({"payments-team"})))

    async def test_a_token_gives_no_role_that_is_not_declared(self, identity: Identity) -> None:
        token = await identity.issue(Principal(id="ada", roles=frozenset({"fraud-team", "admin"}), operator=True))
        assert await identity.from_token(token.text) == Principal(
            id="ada", name="Ada L.", roles=frozenset({"fraud-team"})
        )

    @pytest.mark.parametrize(
        "text", ["", ".", "..", "a.b.c", "weft", "weft_", "weft_a_b", "weft_\0_b", "é", "x" * 100_000]
    )
    async def test_anything_else_proves_nothing(self, identity: Identity, text: str) -> None:
        for prove in (identity.from_token, identity.from_key):
            with pytest.raises(Unauthenticated):
                await prove(text)

    async def test_a_token_is_no_key_and_a_key_no_token(self, identity: Identity) -> None:
        token, key = (await identity.issue(ADA)).text, await identity.new_key("ada")
        with pytest.raises(Unauthenticated):
            await identity.from_key(token)
        with pytest.raises(Unauthenticated):
            await identity.from_token(key)

    async def test_the_keys_that_are_shown_are_public(self, identity: Identity) -> None:
        shown = await identity.jwks()
        keys = shown["keys"]
        assert isinstance(keys, list)
        assert keys
        assert not any({"d", "k", "p", "q"} & set(key) for key in keys)

"""Every identity keeps its promises."""

import pytest

from weft._kit.clock import SystemIds
from weft.backends.identities.embedded import EmbeddedIdentity
from weft.backends.keys.file import FileKeys
from weft.backends.state_stores.memory import MemoryState
from weft.testing.clock import HandClock
from weft.testing.identity import DECLARED, IdentityContract


class TestEmbeddedIdentity(IdentityContract):
    @pytest.fixture
    def identity(self, tmp_path):
        return EmbeddedIdentity.open(
            "embedded:",
            identities=lambda: DECLARED,
            state=MemoryState(),
            keys=FileKeys.open(f"file:{tmp_path}/keys", tmp_path / "mesh"),
            clock=HandClock(),
            ids=SystemIds(),
        )

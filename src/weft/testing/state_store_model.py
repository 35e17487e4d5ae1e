"""A state store against a dictionary: whatever is done in whatever order, both answer alike."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from weft.model.errors import Conflict
from weft.ports.state_store import Change, Delete, Expect, Put, StateStore

T = TypeVar("T")

SPACES = st.sampled_from(["a", "b", ""])
KEYS = st.text(st.sampled_from("aé\ud7ff\ue000\uffff𐀀\U0010ffff"), max_size=3)
VALUES = st.binary(max_size=3)
CHANGES = st.lists(
    st.one_of(
        st.builds(Put, SPACES, KEYS, VALUES),
        st.builds(Delete, SPACES, KEYS),
        st.builds(Expect, SPACES, KEYS, st.none() | VALUES),
    ),
    max_size=12,
)


class StateMachine(RuleBasedStateMachine):
    """Subclass with `open_state`; `reopens` when a store opened again in the same folder is the same store."""

    open_state: ClassVar[Callable[[Path], StateStore]]
    reopens: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="weft-model-"))
        self._runner = asyncio.Runner()
        self._state = type(self).open_state(self._folder)
        self._model: dict[tuple[str, str], bytes] = {}

    def teardown(self) -> None:
        self._run(self._state.close())
        self._runner.close()
        shutil.rmtree(self._folder)

    @rule(changes=CHANGES, relaxed=st.booleans())
    def commit(self, changes: list[Change], relaxed: bool) -> None:  # noqa: FBT001 - drawn by name
        self._run_commits([changes], relaxed=relaxed)

    @rule(group=st.lists(CHANGES, max_size=5), relaxed=st.booleans())
    def commit_together(self, group: list[list[Change]], relaxed: bool) -> None:  # noqa: FBT001 - drawn by name
        self._run_commits(group, relaxed=relaxed)

    @rule(space=SPACES, prefix=KEYS, after=KEYS, limit=st.integers(0, 5), backwards=st.booleans())
    def scan(self, space: str, prefix: str, after: str, limit: int, backwards: bool) -> None:  # noqa: FBT001 - drawn by name
        found = self._run(self._state.scan(space, prefix=prefix, after=after, limit=limit, backwards=backwards))
        keys = sorted((key for held, key in self._model if held == space and key.startswith(prefix)), reverse=backwards)
        beyond = [key for key in keys if not after or (key < after if backwards else key > after)]
        assert list(found) == [(key, self._model[space, key]) for key in beyond[:limit]]

    @rule(space=SPACES, key=KEYS)
    def look(self, space: str, key: str) -> None:
        assert self._run(self._state.get(space, key)) == self._model.get((space, key))
        assert self._run(self._state.count(space)) == sum(held == space for held, _ in self._model)

    @rule(space=SPACES)
    def clear(self, space: str) -> None:
        self._run(self._state.clear(space))
        self._model = {place: value for place, value in self._model.items() if place[0] != space}

    @precondition(lambda self: self.reopens)
    @rule()
    def reopen(self) -> None:
        self._run(self._state.close())
        self._state = type(self).open_state(self._folder)

    def _run_commits(self, group: list[list[Change]], *, relaxed: bool) -> None:
        async def together() -> list[BaseException | None]:
            commits = [self._state.commit(changes, relaxed=relaxed) for changes in group]
            return await asyncio.gather(*commits, return_exceptions=True)

        for changes, answer in zip(group, self._run(together()), strict=True):
            assert (answer is None) if self._apply(changes) else isinstance(answer, Conflict)

    def _apply(self, changes: list[Change]) -> bool:
        """The model: five lines of a dictionary."""
        if any(isinstance(c, Expect) and self._model.get((c.space, c.key)) != c.value for c in changes):
            return False
        for change in changes:
            if isinstance(change, Put):
                self._model[change.space, change.key] = change.value
            elif isinstance(change, Delete):
                self._model.pop((change.space, change.key), None)
        return True

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(call)

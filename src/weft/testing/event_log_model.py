"""A log against a list: whatever is done in whatever order, both answer alike."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from weft.model.errors import Conflict
from weft.model.event import Event, Position
from weft.ports.event_log import Appended, EventLog
from weft.testing.event_log import NOON

T = TypeVar("T")

TOPICS = st.sampled_from(["a", "b/c"])
TOKENS = st.sampled_from(["", "", "one", "two"])
EVENTS = st.lists(
    st.builds(
        Event,
        id=st.text(),
        type=st.text(max_size=3),
        source=st.just("test"),
        time=st.just(NOON),
        data=st.binary(max_size=200).map(lambda data: data * 40),
        key=st.text(max_size=9),
        headers=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    ),
    min_size=1,
    max_size=30,
)


class LogMachine(RuleBasedStateMachine):
    """Subclass with `open_log`; `reopens` when a log opened again in the same folder is the same log."""

    open_log: ClassVar[Callable[[Path], EventLog]]
    reopens: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="weft-model-"))
        self._runner = asyncio.Runner()
        self._log = type(self).open_log(self._folder)
        self._model: dict[str, list[Event]] = {}
        self._once: dict[tuple[str, str], tuple[str, Appended]] = {}

    def teardown(self) -> None:
        self._run(self._log.close())
        self._runner.close()
        shutil.rmtree(self._folder)

    @rule(topic=TOPICS, events=EVENTS, once=TOKENS, digest=st.sampled_from("xy"), copies=st.sampled_from([1, 1, 1, 90]))
    def append(self, topic: str, events: list[Event], once: str, digest: str, copies: int) -> None:
        known = self._once.get((topic, once))
        try:
            answer = self._run(self._log.append(topic, events * copies, once=once, digest=digest))
        except Conflict:
            assert known
            assert known[0] != digest
            return
        if known:
            assert (known[0], replace(known[1], repeated=True)) == (digest, answer)
            return
        held = self._model.setdefault(topic, [])
        first = len(held)
        held.extend(events * copies)
        assert answer == Appended(first=Position.at(first), next=Position.at(len(held)))
        if once:
            self._once[topic, once] = digest, answer

    @rule(topic=TOPICS, start=st.integers(0, 4000), limit=st.integers(0, 3000))
    def read(self, topic: str, start: int, limit: int) -> None:
        records = self._run(self._log.read(topic, Position.at(start), limit=limit))
        held = self._model.get(topic, [])[start : start + limit]
        assert [(record.offset, record.event) for record in records] == list(enumerate(held, start))

    @rule(topic=TOPICS, beyond=st.integers(0, 100))
    def look(self, topic: str, beyond: int) -> None:
        end = len(self._model.get(topic, []))
        assert self._run(self._log.end(topic)) == Position.at(end)
        assert self._run(self._log.wait(topic, Position.at(beyond), seconds=0)) == (end > beyond)
        assert list(self._run(self._log.topics())) == sorted(self._model)

    @precondition(lambda self: self.reopens)
    @rule()
    def reopen(self) -> None:
        self._run(self._log.close())
        self._log = type(self).open_log(self._folder)

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(call)

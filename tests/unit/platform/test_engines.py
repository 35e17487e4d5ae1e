"""URLs choose engines, and say what is missing."""

from __future__ import annotations

import pytest

from weft.backends.event_logs.memory import MemoryLog
from weft.model.errors import Environment
from weft.platform.engines import engine_class, redacted


def test_the_scheme_names_the_engine() -> None:
    assert engine_class("event_logs", "memory:") is MemoryLog


def test_an_unknown_scheme_is_told_which_there_are() -> None:
    with pytest.raises(Environment, match="kafka") as caught:
        engine_class("event_logs", "kafka://host:9092")
    assert caught.value.hint == "there are file:, memory:"


def test_postgres_is_postgresql() -> None:
    assert engine_class("state_stores", "postgres://h/d") is engine_class("state_stores", "postgresql://h/d")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ana:secret@db/weft", "postgresql://ana:***@db/weft"),
        ("postgresql://ana@db/weft", "postgresql://ana@db/weft"),
        ("file:/data", "file:/data"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown

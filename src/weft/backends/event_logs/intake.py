"""What every log refuses before it writes anything."""

from __future__ import annotations

from collections.abc import Sequence

from weft.model.errors import InvalidInput, TooLarge
from weft.model.event import Event

EVENT_BYTES = 64 * 2**20
"""The most that one event may carry."""


def check(topic: str, events: Sequence[Event]) -> None:
    """Raise InvalidInput for a topic or events that no log can keep."""
    if not topic or "\0" in topic or not _writable(topic):
        raise InvalidInput(f"{topic!r} is not a topic", hint="name it like product/table")
    if not events:
        raise InvalidInput("an append needs at least one event")
    for event in events:
        if event.time.tzinfo is None:
            raise InvalidInput(f"the time of event {event.id!r} has no zone", hint="hand in an aware datetime")
        if len(event.data) > EVENT_BYTES:
            raise TooLarge(f"event {event.id!r} carries {len(event.data)} bytes", hint=f"the most is {EVENT_BYTES}")


def check_unicode(events: Sequence[Event]) -> None:
    """Raise InvalidInput for text that no log can write, for an engine that writes none."""
    for event in events:
        texts = (event.id, event.type, event.source, event.key, *event.headers, *event.headers.values())
        if not all(map(_writable, texts)):
            raise not_unicode()


def not_unicode() -> InvalidInput:
    """The error for text with lone surrogates."""
    return InvalidInput("an event holds text that is not Unicode", hint="hand in such text as bytes")


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

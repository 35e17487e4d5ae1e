"""What a row of commits comes to, judged one after the other: the same rule for every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from weft.model.errors import Conflict, InvalidInput, TooLarge
from weft.ports.state_store import Change, Delete, Expect, Put

Place = tuple[str, str]
"""A space and a key in it."""

Held = Callable[[Place], bytes | None]
"""Looks up what the engine holds now."""


KEY_BYTES = 2000
"""The most that a space and a key may take together in UTF-8: PostgreSQL indexes no more than a third of a page."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """Remove every key of a space."""

    space: str


@dataclass(frozen=True, slots=True)
class Commit:
    """What one caller wants done, all of it or nothing."""

    changes: Sequence[Change | Wipe]
    relaxed: bool = False


@dataclass(slots=True)
class Effect:
    """What is to be written: first the wiped spaces go, then each place gets its value, or goes where that is None."""

    wiped: set[str] = field(default_factory=set[str])
    values: dict[Place, bytes | None] = field(default_factory=dict[Place, "bytes | None"])

    def add(self, commit: Commit, held: Held) -> Conflict | None:
        """Take a commit in, unless something is not as it expects: then nothing changes, and it is told so."""
        for change in commit.changes:
            if isinstance(change, Expect) and self._now((change.space, change.key), held) != change.value:
                return Conflict(
                    f"something in {change.space!r} has changed meanwhile", hint="read it again, then decide anew"
                )
        for change in commit.changes:
            self._apply(change)
        return None

    def _now(self, place: Place, held: Held) -> bytes | None:
        if place in self.values:
            return self.values[place]
        return None if place[0] in self.wiped else held(place)

    def _apply(self, change: Change | Wipe) -> None:
        match change:
            case Put(space, key, value):
                self.values[space, key] = value
            case Delete(space, key):
                self.values[space, key] = None
            case Wipe(space):
                self.wiped.add(space)
                self.values = {place: value for place, value in self.values.items() if place[0] != space}
            case Expect():
                pass


def check(changes: Sequence[Change]) -> None:
    """Raise InvalidInput for what no engine can keep."""
    for change in changes:
        check_text(change.space, change.key)
        if (
            len(change.space) + len(change.key) > KEY_BYTES // 4
            and len((change.space + change.key).encode()) > KEY_BYTES
        ):
            raise TooLarge(f"a key in {change.space[:40]!r} is too long", hint=f"the most is {KEY_BYTES} bytes")


def check_text(*texts: str) -> None:
    """Raise InvalidInput for text that cannot name a space or a key."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidInput(f"{text!r} is not Unicode", hint="keys hold no lone surrogates") from error
        if "\0" in text:
            raise InvalidInput(f"{text!r} holds a NUL", hint="any other character may stand in a key")


def beyond_prefix(prefix: str) -> str | None:
    """The least text after every text with this prefix; None where there is none."""
    while prefix:
        code = ord(prefix[-1]) + 1
        if code <= 0x10FFFF:  # noqa: PLR2004 - the last code point
            # Surrogates are no characters: the one after U+D7FF is U+E000.
            return prefix[:-1] + chr(0xE000 if code == 0xD800 else code)  # noqa: PLR2004 - the first surrogate
        prefix = prefix[:-1]
    return None

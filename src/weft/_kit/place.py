"""A place in a text, and a fault found there: what the readers of YAML and JSON both speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str | int, ...]
"""The way from the top of a document to one of its values: keys and list indices."""


class Place(NamedTuple):
    """Line and column, both counted from 1. A tuple, as every key and value of every declaration has one."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text cannot be read as it stands. `rule` is a word for programs, `message` a sentence part for people."""

    place: Place
    rule: str
    message: str


class Unreadable(ValueError):
    """A text with a fault after which reading on makes no sense."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def place_of(text: str, index: int) -> Place:
    """The line and column of a character index."""
    return Place(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def decoded(data: bytes) -> str:
    """The text of UTF-8 bytes; Unreadable names the first byte that is none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_of(data[: error.start].decode("utf-8"), error.start)
        raise Unreadable(Fault(place, "encoding", f"byte 0x{data[error.start]:02x} is not UTF-8 text")) from error

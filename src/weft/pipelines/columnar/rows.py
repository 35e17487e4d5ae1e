"""Rows as columns of bytes: a piece of a file, its lines and their numbers."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from weft.model.errors import InvalidInput

PIECE = 16 << 20
"""Bytes of a file that are worked on at a time; a longer line makes its piece longer."""
LONGEST = 1 << 30
"""Bytes of the longest line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines of a file without their line breaks, and their numbers; lines count from 1."""

    raw: pa.Array
    numbers: pa.Array

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.raw)

    def line(self, index: int) -> bytes:
        """One line."""
        return self.raw[index].as_py()

    def number(self, index: int) -> int:
        """Which line of the file it is."""
        return self.numbers[index].as_py()


def pieces(path: Path, *, size: int = PIECE) -> Iterator[Piece]:
    """A file of lines in pieces. A line that a piece cuts off is read again with the next, rather than copied."""
    with path.open("rb", buffering=0) as file:
        place, first, room = 0, 1, size
        while data := os.pread(file.fileno(), room, place):
            end = data.rfind(b"\n")
            if end < 0:
                if len(data) == room:
                    room = _doubled(room, first)
                    continue
                end = len(data)
            piece = _numbered(_split(data, end), first)
            yield piece
            place, first, room = place + end + 1, first + piece.count, size


def listed(rows: Sequence[bytes], first: int = 1) -> Piece:
    """Rows that came otherwise (CSV, an array of JSON) as a piece."""
    return _numbered(pa.array(rows, pa.binary()), first)


def _numbered(raw: pa.Array, first: int) -> Piece:
    return Piece(raw=raw, numbers=pa.arange(first, first + len(raw)))


def _split(data: bytes, end: int) -> pa.Array:
    """The lines before `end`, without their line breaks."""
    whole = pa.Array.from_buffers(pa.binary(), 1, [None, pa.py_buffer(array("i", (0, end))), pa.py_buffer(data)])
    return pc.call_function("split_pattern", [whole], pc.SplitPatternOptions("\n")).flatten()


def _doubled(room: int, line: int) -> int:
    if room >= LONGEST:
        raise InvalidInput(f"line {line} is longer than {LONGEST >> 20} MiB", hint="break the file into lines")
    return room * 2

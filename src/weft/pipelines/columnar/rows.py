"""Rows as columns of bytes: a piece of a file with its lines and their numbers, cut without copying them."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

PIECE = 16 << 20
"""Bytes of a file that are worked on at a time; a longer line makes its piece longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines of a file, each with its line break, and the number of the first; lines count from 1."""

    data: bytes
    ends: array[int]
    """Where each line begins, and last where the last one ends."""
    first: int

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.ends) - 1

    def lines(self) -> pa.StringArray:
        """The lines, not yet known to be UTF-8."""
        return pa.Array.from_buffers(pa.string(), self.count, [None, pa.py_buffer(self.ends), pa.py_buffer(self.data)])  # pyright: ignore[reportReturnType] the type that was asked for

    def line(self, index: int) -> bytes:
        """One line without its line break."""
        return self.data[self.ends[index] : self.ends[index + 1] - 1]

    def without(self, indices: Sequence[int]) -> bytes | memoryview:
        """All lines but these, whose indices are in order."""
        if not indices:
            return memoryview(self.data)[: self.ends[-1]]
        view, parts, begin = memoryview(self.data), [], 0
        for index in indices:
            parts.append(view[begin : self.ends[index]])
            begin = self.ends[index + 1]
        parts.append(view[begin : self.ends[-1]])
        return b"".join(parts)


def pieces(path: Path, *, size: int = PIECE) -> Iterator[Piece]:
    """A file of lines in pieces. A line that a piece cuts off is read again with the next, rather than copied."""
    with path.open("rb", buffering=0) as file:
        place, first, room = 0, 1, size
        while data := os.pread(file.fileno(), room, place):
            cut = data.rfind(b"\n") + 1
            if not cut:
                if len(data) == room:
                    room *= 2
                    continue
                data, cut = data + b"\n", len(data) + 1
            piece = cut_lines(data, first, cut)
            yield piece
            place, first, room = place + cut, first + piece.count, size


def listed(rows: Sequence[bytes], first: int = 1) -> Piece | None:
    """Rows that came otherwise (CSV, an array of JSON) as a piece; None when a row holds a line break of its own."""
    if not rows or any(b"\n" in row for row in rows):
        return None
    data = b"\n".join(rows) + b"\n"
    return cut_lines(data, first, len(data))


def cut_lines(data: bytes, first: int, length: int) -> Piece:
    """A piece of the whole lines at the start of some bytes."""
    ends = array("i", [0])
    append, find, place = ends.append, data.find, 0
    while place := find(b"\n", place, length) + 1:
        append(place)
    return Piece(data=data, ends=ends, first=first)

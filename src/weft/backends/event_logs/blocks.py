"""Events as bytes: packed, joined to blocks, compressed where it pays, with a checksum over everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

import msgspec
import pyarrow as pa

from weft.backends.event_logs.intake import not_unicode
from weft.model.errors import Corrupt
from weft.model.event import Event

BLOCK_EVENTS = 1000
BLOCK_BYTES = 2**20
COMPRESS_BYTES = 2**14
"""Blocks below this stay plain: they are read one by one, and opening a compressed one costs more than it saves."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Event]).decode
_zstd = pa.Codec("zstd", compression_level=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some events in a row, packed. Pieces that follow each other can be joined without unpacking them."""

    count: int
    earliest: int
    latest: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Pieces joined, as they lie on the disk. `size` is the length before compression, 0 where there is none."""

    count: int
    earliest: int
    latest: int
    size: int
    body: bytes

    def checksum(self, topic: int, base: int) -> int:
        """Changes with every bit of the block and with its place."""
        facts = f"{topic} {base} {self.count} {self.earliest} {self.latest} {self.size}"
        return crc32(self.body, crc32(facts.encode()))


def micros(time: datetime) -> int:
    """A time as microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def pack(events: Sequence[Event]) -> list[Piece]:
    """Events as pieces that fit a block each; InvalidInput for text that is not Unicode."""
    try:
        return [_piece(part) for part in _parts(events)]
    except UnicodeEncodeError as error:
        raise not_unicode() from error


def _parts(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    start = size = 0
    for index, event in enumerate(events):
        size += len(event.data)
        if index > start and (index - start >= BLOCK_EVENTS or size > BLOCK_BYTES):
            yield events[start:index]
            start, size = index, len(event.data)
    yield events[start:]


def _piece(events: Sequence[Event]) -> Piece:
    times = [event.time for event in events]
    packed = _encode(events[0]) if len(events) == 1 else _encode(events)[len(_header(len(events))) :]
    return Piece(len(events), micros(min(times)), micros(max(times)), packed)


def _header(count: int) -> bytes:
    """How MessagePack begins an array."""
    return bytes([0x90 | count]) if count < 16 else b"\xdc" + count.to_bytes(2)  # noqa: PLR2004 - the format's own numbers


def join(pieces: Sequence[Piece]) -> list[Block]:
    """Pieces as few blocks."""
    blocks: list[Block] = []
    gathered: list[Piece] = []
    count = size = 0
    for piece in pieces:
        count, size = count + piece.count, size + len(piece.packed)
        if gathered and (count > BLOCK_EVENTS or size > BLOCK_BYTES):
            blocks.append(_block(gathered))
            gathered, count, size = [], piece.count, len(piece.packed)
        gathered.append(piece)
    return [*blocks, _block(gathered)]


def _block(pieces: Sequence[Piece]) -> Block:
    count = sum(piece.count for piece in pieces)
    body = b"".join([_header(count), *(piece.packed for piece in pieces)])
    size = len(body) if len(body) >= COMPRESS_BYTES else 0
    return Block(
        count,
        min(piece.earliest for piece in pieces),
        max(piece.latest for piece in pieces),
        size,
        bytes(_zstd.compress(body, asbytes=True)) if size else body,
    )


def unpack(block: Block) -> list[Event]:
    """The events of a block whose checksum held."""
    body = _zstd.decompress(block.body, decompressed_size=block.size, asbytes=True) if block.size else block.body
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Corrupt("a block holds no events") from error

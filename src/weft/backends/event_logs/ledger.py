"""The tables of the log's file: what is written in one transaction, and what is proven before it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import apsw

from weft.backends.event_logs.blocks import Block, Piece, join, unpack
from weft.backends.migrations import Migration
from weft.backends.sqlite.database import snapshot, transaction
from weft.model.errors import Conflict, Corrupt, WeftError
from weft.model.event import Position, Record
from weft.ports.event_log import Appended

STEPS = (
    Migration(
        name="topics and blocks",
        why="""A block's place is its topic's number times 2^40 plus its first offset: one tree holds all topics in order,
        and an append touches no second index. `mark` finds where to start a replay by date: no event before `base` has
        a time at or after `second`. `sum` is a checksum over the row.""",
        sql=(
            """CREATE TABLE topic (
                id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next INTEGER NOT NULL, latest INTEGER NOT NULL,
                sum INTEGER NOT NULL) STRICT""",
            """CREATE TABLE block (
                place INTEGER PRIMARY KEY, count INTEGER NOT NULL, earliest INTEGER NOT NULL, latest INTEGER NOT NULL,
                size INTEGER NOT NULL, sum INTEGER NOT NULL, body BLOB NOT NULL) STRICT""",
            """CREATE TABLE once (
                topic INTEGER NOT NULL, token TEXT NOT NULL, digest TEXT NOT NULL, first INTEGER NOT NULL,
                next INTEGER NOT NULL, PRIMARY KEY (topic, token)) STRICT, WITHOUT ROWID""",
            """CREATE TABLE mark (
                topic INTEGER NOT NULL, second INTEGER NOT NULL, base INTEGER NOT NULL,
                PRIMARY KEY (topic, second)) STRICT, WITHOUT ROWID""",
        ),
    ),
)

_KEEP_TOPIC = """INSERT INTO topic VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET next = excluded.next, latest = excluded.latest, sum = excluded.sum"""

_TOPIC = "SELECT id, name, next, latest, sum FROM topic WHERE name = ?"

_READ = """SELECT place, count, earliest, latest, size, sum, body FROM block
    WHERE place >= coalesce((SELECT max(place) FROM block WHERE place BETWEEN ? AND ?), ?) AND place < ?
    ORDER BY place"""

_TOPIC_BITS = 40
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Append:
    """What one caller wants written."""

    topic: str
    pieces: Sequence[Piece]
    once: str
    digest: str


@dataclass(slots=True)
class _Topic:
    """A topic in the course of a transaction."""

    id: int
    name: str
    next: int
    latest: int
    held: int
    pieces: list[Piece] = field(default_factory=list[Piece])
    tokens: dict[str, tuple[str, int, int]] = field(default_factory=dict[str, tuple[str, int, int]])


def write(connection: apsw.Connection, appends: Sequence[Append]) -> list[Appended | WeftError]:
    """Write all appends in one transaction; one that reuses a token for something else is refused alone."""
    topics: dict[str, _Topic] = {}
    with transaction(connection):
        outcomes = [_place(connection, topics, append) for append in appends]
        for topic in topics.values():
            if topic.pieces:
                _store(connection, topic)
    return outcomes


def _place(connection: apsw.Connection, topics: dict[str, _Topic], append: Append) -> Appended | WeftError:
    topic = topics.get(append.topic) or _open_topic(connection, topics, append.topic)
    if append.once and (known := _known(connection, topic, append.once)):
        digest, first, after = known
        if digest == append.digest:
            return Appended(first=Position.at(first), next=Position.at(after), repeated=True)
        return Conflict("this token was used for another content", hint="use a fresh token for a new content")
    first, topic.next = topic.next, topic.next + sum(piece.count for piece in append.pieces)
    topic.pieces.extend(append.pieces)
    if append.once:
        topic.tokens[append.once] = append.digest, first, topic.next
    return Appended(first=Position.at(first), next=Position.at(topic.next))


def _known(connection: apsw.Connection, topic: _Topic, token: str) -> tuple[str, int, int] | None:
    if token in topic.tokens:
        return topic.tokens[token]
    sql = "SELECT digest, first, next FROM once WHERE topic = ? AND token = ?"
    return connection.execute(sql, (topic.id, token)).get


def _open_topic(connection: apsw.Connection, topics: dict[str, _Topic], name: str) -> _Topic:
    if row := _row(connection, name):
        identity, after, latest = row
        topic = _Topic(identity, name, after, latest, held=after)
    else:
        # Topics that begin in this same transaction are not in the table yet.
        last: int = connection.execute("SELECT coalesce(max(id), 0) FROM topic").get
        identity = max(last, *(other.id for other in topics.values()), 0) + 1
        topic = _Topic(identity, name, next=0, latest=0, held=0)
    topics[name] = topic
    return topic


def _store(connection: apsw.Connection, topic: _Topic) -> None:
    base = topic.held
    for block in join(topic.pieces):
        connection.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?)", _as_row(topic.id, base, block))
        if block.latest // _SECOND > topic.latest // _SECOND:
            mark = (topic.id, topic.latest // _SECOND + 1, base)
            connection.execute("INSERT INTO mark VALUES (?, ?, ?)", mark)
        topic.latest = max(topic.latest, block.latest)
        base += block.count
    for token, known in topic.tokens.items():
        connection.execute("INSERT INTO once VALUES (?, ?, ?, ?, ?)", (topic.id, token, *known))
    row = (topic.id, topic.name, topic.next, topic.latest)
    connection.execute(_KEEP_TOPIC, (*row, _sum(*row)))


def names(connection: apsw.Connection) -> list[str]:
    """All topics, sorted, proven to be all that there are."""
    # Another process may begin a topic, and fill it, between the two reads.
    with snapshot(connection):
        rows: list[tuple[Any, ...]] = connection.execute(
            "SELECT id, name, next, latest, sum FROM topic ORDER BY id"
        ).fetchall()
        last_block: int = connection.execute("SELECT coalesce(max(place), 0) FROM block").get
    found = [_proven(*row)[1] for row in rows]
    if last_block >> _TOPIC_BITS > len(rows):
        raise Corrupt("the log has lost a topic", hint="restore the log from a backup")
    return sorted(found)


def end(connection: apsw.Connection, name: str) -> int:
    """The next offset of a topic; 0 for an unknown one."""
    row = _row(connection, name)
    return row[1] if row else 0


def read(connection: apsw.Connection, name: str, start: int, limit: int) -> list[Record]:
    """Up to `limit` records from `start` on, each proven to be what was written and where."""
    row = _row(connection, name)
    if row is None or start >= row[1] or limit <= 0:
        return []
    records: list[Record] = []
    for base, total, block in _blocks(connection, row[0], start):
        if base > (records[-1].offset + 1 if records else start):
            break
        records.extend(_records(name, row[0], base, total, block, start))
        if len(records) >= limit:
            return records[:limit]
    # What was acknowledged ends at `next`: blocks that stop before it, or skip some, are lost.
    reached = records[-1].offset + 1 if records else start
    if reached < row[1]:
        raise _corrupt(name, reached, "a block is missing")
    return records


def _blocks(connection: apsw.Connection, topic: int, start: int) -> Iterator[tuple[int, int, Block]]:
    place = topic << _TOPIC_BITS
    for row in connection.execute(_READ, (place, place + start, place + start, (topic + 1) << _TOPIC_BITS)):
        found, count, earliest, latest, size, total, body = row
        yield found - place, total, Block(count, earliest, latest, size, body)


def _records(name: str, topic: int, base: int, total: int, block: Block, start: int) -> Iterator[Record]:
    if block.checksum(topic, base) != total:
        raise _corrupt(name, base, "its checksum is off")
    events = unpack(block)
    skipped = max(start - base, 0)
    for offset, event in enumerate(events[skipped:], base + skipped):
        yield Record(partition=0, offset=offset, event=event)


def _as_row(topic: int, base: int, block: Block) -> tuple[int | bytes, ...]:
    place = (topic << _TOPIC_BITS) + base
    total = block.checksum(topic, base)
    return place, block.count, block.earliest, block.latest, block.size, total, block.body


def _row(connection: apsw.Connection, name: str) -> tuple[int, int, int] | None:
    row = connection.execute(_TOPIC, (name,)).get
    if row is None:
        # Before a topic counts as new, no spoilt row may be what hides it.
        with snapshot(connection):
            row = connection.execute(_TOPIC, (name,)).get
            if row is None and name in names(connection):
                raise _corrupt(name, 0, "its name cannot be looked up")
    if row is None:
        return None
    identity, _, after, latest = _proven(*row)
    return identity, after, latest


def _proven(identity: int, name: str, after: int, latest: int, total: int) -> tuple[int, str, int, int]:
    if total != _sum(identity, name, after, latest):
        raise _corrupt(name, after, "its checksum is off")
    return identity, name, after, latest


def _sum(*row: int | str) -> int:
    return crc32(repr(row).encode())


def _corrupt(name: str, offset: int, why: str) -> Corrupt:
    return Corrupt(f"topic {name!r} at offset {offset}: {why}", hint="restore the log from a backup")

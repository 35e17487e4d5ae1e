"""The audit trail: every decision, in order, each group of them sealed with the hash of the group before it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import msgspec

from weft.model.errors import Conflict, Unavailable, WeftError
from weft.model.principal import Access, Decision
from weft.ports.clock import Clock
from weft.ports.state_store import Expect, Put, StateStore

SPACE = "audit"
_HEAD = ("audit.head", "head")
_LINGER = 0.05
_GROUP = 500
_MOST_WAITING = 100_000


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decision."""

    sequence: int
    time: datetime
    principal: str
    action: str
    product: str
    table: str = ""
    allowed: bool
    reason: str
    trace: str = ""


class Seal(msgspec.Struct, frozen=True):
    """The first line of a group: the hash over the seal of the group before it and over its own entries."""

    hash: str


class Head(msgspec.Struct, frozen=True):
    """Where the trail ends, its last seal, and how many entries each product has."""

    sequence: int = 0
    hash: str = ""
    counts: dict[str, int] = {}


class _Pending(NamedTuple):
    time: datetime
    request: Access
    decision: Decision
    trace: str


_encode = msgspec.json.Encoder().encode
_entries = msgspec.json.Decoder(Entry).decode_lines
_seals = msgspec.json.Decoder(Seal)
_heads = msgspec.json.Decoder(Head)


class AuditTrail:
    """Collects decisions and writes them in groups, one document each: a few milliseconds behind, never out of order.

    Permissions to write are on disk before the write is acknowledged (`flush`); reads follow within the linger. While the
    trail cannot be written nothing more is decided: what is not recorded must not happen.
    """

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._pending: deque[_Pending] = deque()
        self._writing = asyncio.Lock()
        self._flusher: asyncio.Task[None] | None = None
        self._fault: WeftError | None = None

    def record(self, request: Access, decision: Decision, trace: str = "") -> None:
        """Note a decision; it is written soon, together with its neighbours."""
        if self._fault is not None or len(self._pending) >= _MOST_WAITING:
            self._start()
            raise Unavailable(
                "the audit trail cannot be written", hint="see the log; it is tried again"
            ) from self._fault
        self._pending.append(_Pending(self._clock.now(), request, decision, trace))
        self._start()

    def _start(self) -> None:
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.get_running_loop().create_task(self._flush_soon())

    async def _flush_soon(self) -> None:
        while self._pending:
            await asyncio.sleep(_LINGER)
            with contextlib.suppress(WeftError):  # kept in _fault, and told to whoever asks next
                await self.flush()
            if self._fault is not None:
                return

    async def flush(self) -> None:
        """Write all that was noted so far."""
        async with self._writing:
            # What comes meanwhile waits for the next time: each group costs a commit, however small it is.
            left = len(self._pending)
            try:
                while left > 0:
                    left -= await self._write_some(left)
            except WeftError as fault:
                self._fault = fault
                raise
            self._fault = None

    async def _write_some(self, most: int) -> int:
        group = list(islice(self._pending, min(most, _GROUP)))
        await self._write(group)
        for _ in group:
            self._pending.popleft()
        return len(group)

    async def _write(self, group: Sequence[_Pending]) -> None:
        while True:
            held = await self._state.get(*_HEAD)
            before = Head() if held is None else _heads.decode(held)
            value, after = _sealed(group, before)
            try:
                await self._state.commit(
                    [
                        Expect(*_HEAD, held),
                        Put(SPACE, _key(before.sequence + 1), value),
                        Put(*_HEAD, _encode(after)),
                    ]
                )
            except Conflict:
                continue
            return

    async def tail(
        self, *, page: int = 1, size: int = 20, products: Collection[str] | None = None
    ) -> tuple[list[Entry], int]:
        """Entries, newest first, of these products or of all; and how many there are."""
        await self.flush()
        held = await self._state.get(*_HEAD)
        head = Head() if held is None else _heads.decode(held)
        total = head.sequence if products is None else sum(head.counts.get(product, 0) for product in products)
        skip, found, before = (page - 1) * size, list[Entry](), ""
        while len(found) < min(size, total - (page - 1) * size):
            groups = await self._state.scan(SPACE, after=before, limit=20, backwards=True)
            if not groups:
                break
            before = groups[-1][0]
            for _, value in groups:
                fitting = [
                    entry
                    for entry in _entries(value.partition(b"\n")[2])
                    if products is None or entry.product in products
                ]
                fitting.reverse()
                found.extend(fitting[skip : skip + size - len(found)])
                skip = max(0, skip - len(fitting))
        return found, total

    async def verify(self) -> str | None:
        """The first place where the chain does not hold, or None."""
        seal, after, expected = "", "", 1
        while groups := await self._state.scan(SPACE, after=after, limit=20):
            after = groups[-1][0]
            for key, value in groups:
                head, _, lines = value.partition(b"\n")
                if key != _key(expected) or _seals.decode(head).hash != _hash(seal, lines):
                    return f"the entries from {expected} on were changed, moved or removed"
                seal, expected = _hash(seal, lines), expected + lines.count(b"\n") + 1
        head = await self._state.get(*_HEAD)
        last = Head() if head is None else _heads.decode(head)
        if (last.sequence, last.hash) != (expected - 1, seal):
            return f"entries after {expected - 1} were removed"
        return None


def _sealed(group: Sequence[_Pending], before: Head) -> tuple[bytes, Head]:
    """A group as it is kept, chained to what is before it, and the head after it."""
    counts, told = dict(before.counts), dict[tuple[int, int], bytes]()
    lines: list[bytes] = []
    for sequence, (time, request, decision, trace) in enumerate(group, start=before.sequence + 1):
        # A busy caller asks the same thing again and again, with the same two objects: they are written out once.
        same = (id(request), id(decision))
        line = told.get(same)
        if line is None:
            line = told[same] = _encode(_entry(request, decision))[1:]
        counts[request.product] = counts.get(request.product, 0) + 1
        lines.append(b'{"sequence":%d,"time":%b,"trace":%b,%b' % (sequence, _encode(time), _encode(trace), line))
    body = b"\n".join(lines)
    seal = _hash(before.hash, body)
    return _encode(Seal(seal)) + b"\n" + body, Head(before.sequence + len(group), seal, counts)


def _entry(request: Access, decision: Decision) -> dict[str, object]:
    """What two entries of the same question and answer have in common."""
    return {
        "principal": request.principal.id,
        "action": request.action,
        "product": request.product,
        "table": request.table,
        "allowed": decision.allowed,
        "reason": decision.reason,
    }


def _hash(before: str, lines: bytes) -> str:
    return hashlib.sha256(before.encode() + b"\n" + lines).hexdigest()


def _key(sequence: int) -> str:
    return f"{sequence:016d}"

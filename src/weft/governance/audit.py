"""The audit trail: every decision, in order, each line sealed with the hash of the one before it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from weft.model.errors import Conflict
from weft.model.principal import Access, Decision
from weft.ports.clock import Clock
from weft.ports.state_store import Expect, Put, StateStore

SPACE = "audit"
_HEAD = ("audit.head", "head")
_LINGER = 0.05
_GROUP = 500


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decision. `hash` covers all else and the hash before."""

    sequence: int
    time: str
    principal: str
    action: str
    product: str
    table: str = ""
    allowed: bool
    reason: str
    trace: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class _Pending:
    time: str
    request: Access
    decision: Decision
    trace: str


class AuditTrail:
    """Collects decisions and writes them in groups: a few milliseconds behind, never out of order.

    Permissions to write are on disk before the write is acknowledged (`flush`); reads follow within the linger.
    """

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._pending: deque[_Pending] = deque()
        self._writing = asyncio.Lock()
        self._flusher: asyncio.Task[None] | None = None

    def record(self, request: Access, decision: Decision, trace: str = "") -> None:
        """Note a decision; it is written soon, together with its neighbours."""
        self._pending.append(_Pending(self._clock.now().isoformat(), request, decision, trace))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.get_running_loop().create_task(self._flush_soon())

    async def _flush_soon(self) -> None:
        while self._pending:
            await asyncio.sleep(_LINGER)
            await self.flush()

    async def flush(self) -> None:
        """Write all that was noted so far."""
        async with self._writing:
            while self._pending:
                group = [self._pending[i] for i in range(min(len(self._pending), _GROUP))]
                await self._write(group)
                for _ in group:
                    self._pending.popleft()

    async def _write(self, group: Sequence[_Pending]) -> None:
        while True:
            head = await self._state.get(*_HEAD)
            entries = _seal(group, head)
            last = entries[-1]
            puts = [Put(SPACE, _key(entry.sequence), msgspec.json.encode(entry)) for entry in entries]
            try:
                await self._state.commit(
                    [Expect(*_HEAD, head), *puts, Put(*_HEAD, f"{last.sequence} {last.hash}".encode())]
                )
            except Conflict:
                continue
            return

    async def tail(self, *, page: int = 1, size: int = 20, product: str = "") -> tuple[list[Entry], int]:
        """Entries, newest first, and how many there are."""
        skip, found, seen, before = (page - 1) * size, list[Entry](), 0, ""
        while len(found) < size:
            chunk = await self._state.scan(SPACE, after=before, limit=1000, backwards=True)
            if not chunk:
                break
            before = chunk[-1][0]
            for _, value in chunk:
                entry = msgspec.json.decode(value, type=Entry)
                if product in {"", entry.product}:
                    seen += 1
                    if seen > skip and len(found) < size:
                        found.append(entry)
        return found, await self._state.count(SPACE)

    async def verify(self) -> str | None:
        """The first place where the chain does not hold, or None."""
        before, after = "", ""
        expected = 1
        while chunk := await self._state.scan(SPACE, after=after, limit=1000):
            after = chunk[-1][0]
            for key, value in chunk:
                entry = msgspec.json.decode(value, type=Entry)
                if entry.sequence != expected or key != _key(expected) or entry.hash != _hash(entry, before):
                    return f"entry {expected} was changed, moved or removed"
                before, expected = entry.hash, expected + 1
        head = await self._state.get(*_HEAD)
        if head is not None and head.decode() != f"{expected - 1} {before}":
            return f"entries after {expected - 1} were removed"
        return None


def _seal(group: Sequence[_Pending], head: bytes | None) -> list[Entry]:
    number, _, before = (head or b"0 ").decode().partition(" ")
    sequence = int(number)
    entries: list[Entry] = []
    for pending in group:
        sequence += 1
        bare = Entry(
            sequence=sequence,
            time=pending.time,
            principal=pending.request.principal.id,
            action=pending.request.action,
            product=pending.request.product,
            table=pending.request.table,
            allowed=pending.decision.allowed,
            reason=pending.decision.reason,
            trace=pending.trace,
        )
        before = _hash(bare, before)
        entries.append(msgspec.structs.replace(bare, hash=before))
    return entries


def _hash(entry: Entry, before: str) -> str:
    bare = msgspec.json.encode(msgspec.structs.replace(entry, hash=""))
    return hashlib.sha256(before.encode() + b"\n" + bare).hexdigest()


def _key(sequence: int) -> str:
    return f"{sequence:016d}"

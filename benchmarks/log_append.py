"""Durable appends a second: FileLog against SQLite with a row per event (WAL, FULL), in turns, with the disk's own fdatasync."""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import apsw

from weft.backends.event_logs.file import FileLog
from weft.model.event import Event, Position

ROUNDS = 5
TOPIC = "payments-data-product/payment"
PAYMENT = b"""{"payment_id":"0b0f9a4e-6d2b-4c1e-9a57-2f6f6f1f7a10","customer_id":"c-102938","amount":129.95,"currency":"EUR",
"status":"COMPLETED","payment_method":{"type":"CARD","last_four":"4242"},"created_at":"2026-03-01T12:00:00Z"}"""


def payment(number: int) -> Event:
    return Event(
        id=f"0193f5a0-0000-7000-8000-{number:012d}",
        type="row.received",
        source="http",
        time=datetime(2026, 3, 1, 12, tzinfo=UTC),
        data=PAYMENT,
        headers={"contract": "payment-schema@1.0.0", "request": f"r-{number}"},
    )


EVENTS = [payment(number) for number in range(10_000)]


class Rows:
    """The peer: one row an event, one transaction an append, as most programs do it. Awaited in a thread, as it must be."""

    def __init__(self, folder: Path) -> None:
        self._connection = apsw.Connection(str(folder / "rows.db"))
        self._connection.pragma("journal_mode", "WAL")
        self._connection.pragma("synchronous", "FULL")
        self._connection.execute(
            "CREATE TABLE event (position INTEGER PRIMARY KEY, id TEXT, type TEXT, source TEXT, time TEXT, key TEXT, headers TEXT, data BLOB)"
        )
        self._lock = asyncio.Lock()

    async def append(self, _: str, events: list[Event]) -> None:
        """One transaction."""
        async with self._lock:
            await asyncio.to_thread(self._insert, events)

    def _insert(self, events: list[Event]) -> None:
        rows = [(e.id, e.type, e.source, e.time.isoformat(), e.key, str(e.headers), e.data) for e in events]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO event VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    async def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


Append = Callable[[str, list[Event]], Awaitable[object]]


async def singles(append: Append, callers: int, count: int) -> float:
    """Single events a second, each awaited by one of `callers`."""

    async def call() -> None:
        for number in range(count // callers):
            await append(TOPIC, EVENTS[number % 1000 : number % 1000 + 1])

    start = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return count // callers * callers / (time.perf_counter() - start)


async def batches(append: Append, size: int, count: int) -> float:
    """Events a second in awaited appends of `size`."""
    start = time.perf_counter()
    for _ in range(count // size):
        await append(TOPIC, EVENTS[:size])
    return count // size * size / (time.perf_counter() - start)


CASES: dict[str, Callable[[Append], Awaitable[float]]] = {
    "1 caller, single events": lambda append: singles(append, 1, 1_000),
    "32 callers, single events": lambda append: singles(append, 32, 6_400),
    "256 callers, single events": lambda append: singles(append, 256, 12_800),
    "batches of 100": lambda append: batches(append, 100, 20_000),
    "batches of 1,000": lambda append: batches(append, 1_000, 100_000),
    "batches of 10,000": lambda append: batches(append, 10_000, 200_000),
}


async def reads(folder: Path) -> float:
    """Events a second that come back, in pages of 1,000."""
    log = FileLog.open("file:", folder)
    position, count, start = Position(), 0, time.perf_counter()
    while page := await log.read(TOPIC, position):
        count += len(page)
        position = position.after(page[-1])
    seconds = time.perf_counter() - start
    await log.close()
    return count / seconds


def fdatasync_ms(folder: Path) -> float:
    """What the disk takes at the median to make 4 KiB durable."""
    handle, seconds = os.open(folder / "sync", os.O_CREAT | os.O_WRONLY), []
    for _ in range(100):
        os.write(handle, bytes(4096))
        start = time.perf_counter()
        os.fdatasync(handle)
        seconds.append(time.perf_counter() - start)
    os.close(handle)
    return statistics.median(seconds) * 1000


async def main(folder: Path) -> None:
    figures: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
    syncs, read = [], []
    for number in range(ROUNDS):
        here = folder / str(number)
        here.mkdir()
        log, rows = FileLog.open("file:", here), Rows(here)
        syncs.append(fdatasync_ms(here))
        await log.append("warm/up", EVENTS[:1])
        for case, run in CASES.items():
            figures[case].append((await run(log.append), await run(rows.append)))
        await log.close()
        await rows.close()
        read.append(await reads(here))
        shutil.rmtree(here)
    print(
        f"fdatasync of 4 KiB, p50: {statistics.median(syncs):.2f} ms; medians of {ROUNDS} rounds in turns, {len(PAYMENT)}-byte events"
    )
    print(f"{'':28}{'FileLog/s':>12}{'row each/s':>12}{'ratio':>8}")
    for case, pairs in figures.items():
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{case:28}{ours:12,.0f}{theirs:12,.0f}{statistics.median(a / b for a, b in pairs):7.1f}x")
    print(f"{'read back in pages of 1,000':28}{statistics.median(read):12,.0f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="weft-bench-", dir=sys.argv[1] if len(sys.argv) > 1 else None) as place:
        asyncio.run(main(Path(place)))

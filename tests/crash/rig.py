"""A mesh that is killed again and again, and an oracle that counts what was lost or doubled.

The child opens the mesh, works, and publishes single rows, telling each acknowledgement. The parent drops files into the
inbox, and kills the child with SIGKILL at a random moment. In the end one child is left alone until everything is refined.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from crash.oracle import Sent, count
from weft._kit.clock import SystemClock
from weft.model.errors import Unavailable
from weft.model.event import Position
from weft.model.principal import OPERATOR
from weft.model.question import Condition, Question
from weft.platform.apply import apply_plan, plan_folder
from weft.platform.node import Node
from weft.platform.supervise import keep_views
from weft.platform.worker import Worker, drain
from weft.telemetry.logs import Log

PRODUCT = "payments-data-product"
TABLE = "payment"
PRELOAD = ["weft.platform.supervise", "duckdb", "deltalake", "pyarrow"]
_SINGLES = 5
_PATIENCE = 120
T = TypeVar("T")
_DECLARATION = """
apiVersion: weft.dev/v1
kind: DataProduct
metadata: {name: payments-data-product, domain: payments, version: "1.0.0", owner: payments-team@banking.com}
spec:
  sources: {files: {path: inbox, format: ndjson, table: payment}}
  contracts:
    - {name: payment-schema, version: "1.0.0", schema: payment-schema.json}
  access:
    - {role: payments-team, permissions: [read, write, admin]}
"""
_EXAMPLE = Path(__file__).parents[2] / "examples/bank/domains/payments/schemas/payment-schema.json"


@dataclass
class Report:
    """What the oracle found."""

    kills: int = 0
    rows: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    """Bad rows that are in silver, or good ones in quarantine."""
    recoveries: list[float] = field(default_factory=list)
    """Seconds from each start after a kill until the mesh answered."""
    findings: list[str] = field(default_factory=list)
    """What the table store's own check says in the end."""


def payment(chance: random.Random, *, good: bool = True) -> dict:
    """A payment with an id of its own."""
    return {
        "payment_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "customer_id": chance.randrange(1, 1000),
        "amount": chance.randrange(1, 100_000) / 100,
        "currency": "EUR" if good else "eur",
        "status": "PENDING",
        "created_at": "2026-11-20T10:00:00Z",
    }


def make_folder(folder: Path) -> None:
    """A mesh with one product that takes files and single rows."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "payments.yaml").write_text(_DECLARATION)
    shutil.copyfile(_EXAMPLE, folder / "payment-schema.json")
    (folder / "mesh.yaml").write_text(
        f"apiVersion: weft.dev/v1\nkind: Mesh\nmetadata: {{name: crash}}\nspec:\n  environments:\n"
        f"    local: {{keys: 'file:{folder / 'keys'}'}}\n"
    )


@dataclass(frozen=True)
class Written:
    """A good row that was acknowledged, and the position at which it is readable."""

    key: str
    position: str


def live(folder: str, seed: int, notes: int, last: bool, written: Written | None) -> None:
    """The child: work and publish until killed, or, the last one, until nothing is left to do."""
    sys.stderr = Path(folder, "child.log").open("a")  # noqa: SIM115 - for the life of the process
    asyncio.run(_live(Path(folder), seed, notes, last=last, written=written))


async def _live(folder: Path, seed: int, notes: int, *, last: bool, written: Written | None) -> None:
    node = await Node.open(folder)
    await apply_plan(node, await plan_folder(node))
    log = Log(sys.stderr, SystemClock())
    os.write(notes, b"ready\n")
    if last:
        await drain(node, log)
        await node.close()
        return
    worker = Worker(node, log)
    assert worker.acquire()
    stop = asyncio.Event()
    working = asyncio.create_task(worker.run(stop))
    viewing = asyncio.create_task(keep_views(node, stop, log))
    reading = [] if written is None else [asyncio.create_task(_must_read(node, written))]
    chance = random.Random(seed)
    while not working.done():
        reading = [task for task in reading if not _well(task)]
        rows = [payment(chance, good=chance.random() > 0.2) for _ in range(_SINGLES)]
        ids = " ".join(f"{row['payment_id']}:{row['currency']}" for row in rows)
        os.write(notes, f"try {ids}\n".encode())
        once = f"{seed}/{rows[0]['payment_id']}"
        raw = [json.dumps(row).encode() for row in rows]
        receipt = await node.publish(OPERATOR, PRODUCT, TABLE, raw, source="crash", once=once)
        os.write(notes, f"ack {receipt.position} {ids}\n".encode())
        kept = next((row["payment_id"] for row in rows if row["currency"] == "EUR"), None)
        if kept is not None and chance.random() < 0.2:
            reading.append(asyncio.create_task(_must_read(node, Written(kept, str(receipt.position)))))
        await asyncio.sleep(chance.random() * 0.02)
    await working
    await viewing


async def _must_read(node: Node, written: Written) -> None:
    """An acknowledged row is there at its position, by key from the view and listed from the table."""
    at_least = Position.parse(written.position)
    question = Question(conditions=(Condition(column="payment_id", operator="eq", value=written.key),))
    await _patiently(lambda: node.door.get(OPERATOR, PRODUCT, TABLE, written.key, at_least=at_least))
    page = await _patiently(lambda: node.door.find(OPERATOR, PRODUCT, TABLE, question, at_least=at_least))
    assert page.total == 1, written


def _well(task: asyncio.Task[None]) -> bool:
    """Whether it has ended, and well."""
    return task.done() and task.result() is None


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer of a mesh that says "ask again" while large files are before a row."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            with suppress(Unavailable):
                return await ask()


class Rig:
    """Runs the mesh, kills it, and counts."""

    def __init__(self, folder: Path, seed: int) -> None:
        make_folder(folder)
        self.folder = folder
        self.chance = random.Random(seed)
        self.report = Report()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOAD)
        self._filed: dict[str, bool] = {}
        self._tried: dict[str, bool] = {}
        self._acknowledged: dict[str, bool] = {}
        self._written: Written | None = None

    def run(self, kills: int, *, file_every: int = 5, file_rows: int = 2000, life: float = 0.35) -> Report:
        """Kill so many times, each after so many seconds on average, then let it finish, then count."""
        for number in range(kills):
            if number % file_every == 0:
                self.drop_file(number, file_rows)
            self._life(self.chance.expovariate(1 / life))
        self._life(None)
        self._count()
        return self.report

    def drop_file(self, number: int, rows: int) -> None:
        """A file for the inbox, two in a thousand of its rows bad."""
        payments = [payment(self.chance, good=self.chance.random() > 0.002) for _ in range(rows)]
        self._filed |= {row["payment_id"]: row["currency"] == "EUR" for row in payments}
        unfinished = self.folder / "inbox" / f"{number}.ndjson.tmp"
        unfinished.write_text("".join(json.dumps(row) + "\n" for row in payments))
        unfinished.rename(unfinished.with_suffix(""))

    def _life(self, seconds: float | None) -> None:
        """One child from start to kill; the clock of its death starts once it is ready, or before, one time in four."""
        reading, writing = os.pipe()
        seed = self.chance.getrandbits(32)
        arguments = (str(self.folder), seed, _Handle(writing), seconds is None, self._written)
        began = time.monotonic()
        child = self._context.Process(target=live, args=arguments)
        child.start()
        os.close(writing)
        with os.fdopen(reading, "rb") as notes:
            if seconds is not None and self.chance.random() < 0.25:
                time.sleep(min(seconds, 0.5))
            elif notes.readline() == b"ready\n":
                self.report.recoveries.append(time.monotonic() - began)
                time.sleep(seconds or 0)
            if seconds is None:
                child.join()
                assert child.exitcode == 0, "the last child could not finish"
            else:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)
                child.join()
                assert child.exitcode == -signal.SIGKILL, f"the child ended by itself: {child.exitcode}"
                self.report.kills += 1
            self._read(notes)

    def _read(self, notes: Iterable[bytes]) -> None:
        for line in notes:
            if not line.endswith(b"\n"):
                return
            word, *ids = line.decode().split()
            position = ids.pop(0) if word == "ack" else ""
            rows = {name: currency == "EUR" for name, _, currency in (text.partition(":") for text in ids)}
            if word == "try":
                self._tried |= rows
            elif word == "ack":
                self._acknowledged |= rows
                kept = next((name for name, good in rows.items() if good), None)
                self._written = Written(kept, position) if kept else self._written

    def _count(self) -> None:
        sent = Sent(self._filed, self._tried, self._acknowledged)
        found = asyncio.run(count(self.folder, PRODUCT, TABLE, sent))
        report = self.report
        report.rows, report.acknowledged = len(sent), len(self._acknowledged)
        report.lost, report.doubled, report.leaked = found.lost, found.doubled, found.leaked
        report.findings = found.findings


class _Handle:
    """A file descriptor on its way to a child process."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple:
        from multiprocessing.reduction import DupFd

        return _opened, (DupFd(self.number),)


def _opened(dup: object) -> int:
    return dup.detach()

"""After a batch: what it measured, into counts, verdicts and runs, in one commit that happens once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from weft.contracts.validator import CompiledContract
from weft.model.event import Position
from weft.model.ledger import STATS, Run, Stats, Verdict, run_space, verdict_space
from weft.model.product import Product, Table
from weft.pipelines.workshop import Workshop
from weft.ports.state_store import Change, Delete, Expect, Put
from weft.tables.layers import Arrival, topic_name

KEPT_VERDICTS = 500
KEPT_RUNS = 500


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch held. Bulk batches carry it in their event, single rows are counted here."""

    rows: int
    good: int
    present: int = 0
    """Required fields that were there, over all rows."""
    wanted: int = 0
    """Required fields that should have been there, over all rows."""
    newest: datetime | None = None
    received: datetime | None = None
    kind: str = "refine"
    file: str = ""

    @property
    def bad(self) -> int:
        """Rows in quarantine."""
        return self.rows - self.good


def told_of_rows(arrivals: Sequence[Arrival], contract: CompiledContract) -> Told:
    """Count single rows."""
    present, wanted, newest = contract.count([arrival.checked for arrival in arrivals])
    return Told(
        rows=len(arrivals),
        good=sum(arrival.checked.good for arrival in arrivals),
        present=present,
        wanted=wanted,
        newest=newest,
        received=max((arrival.received for arrival in arrivals), default=None),
    )


async def tell(
    workshop: Workshop, product: Product, table: Table, told: Told, position: Position, *, seconds: float
) -> None:
    """Add a batch to the counts of its table, once: a batch at or before the counts' position changes nothing."""
    topic = topic_name(product.name, table.name)
    held = await workshop.state.get(STATS, topic)
    stats = Stats() if held is None else msgspec.json.decode(held, type=Stats)
    if Position.parse(stats.position).covers(position):
        return
    now = workshop.clock.now()
    run = Run(
        id=workshop.ids.new(),
        kind="bulk" if told.kind == "bulk" else "refine",
        table=table.name,
        started=now.isoformat(),
        seconds=round(seconds, 4),
        received=told.rows,
        good=told.good,
        bad=told.bad,
        note=told.file,
    )
    changes: list[Change] = [
        Expect(STATS, topic, held),
        Put(STATS, topic, msgspec.json.encode(_added(stats, told, position))),
        Put(verdict_space(topic), f"{position.next():016d}", msgspec.json.encode(_verdict(told, now))),
        Put(run_space(product.name), run.id, msgspec.json.encode(run)),
        *await _beyond(workshop, verdict_space(topic), KEPT_VERDICTS),
        *await _beyond(workshop, run_space(product.name), KEPT_RUNS),
    ]
    await workshop.state.commit(changes, relaxed=True)


def _added(stats: Stats, told: Told, position: Position) -> Stats:
    newest = told.newest.isoformat() if told.newest else None
    return Stats(
        position=str(position),
        received=stats.received + told.rows,
        good=stats.good + told.good,
        bad=stats.bad + told.bad,
        last_received=told.received.isoformat() if told.received else stats.last_received,
        newest=max(filter(None, (newest, stats.newest)), default=None),
    )


def _verdict(told: Told, now: datetime) -> Verdict:
    return Verdict(
        time=now.isoformat(),
        rows=told.rows,
        good=told.good,
        bad=told.bad,
        freshness=(now - told.newest).total_seconds() if told.newest else None,
        completeness=told.present / told.wanted if told.wanted else None,
        accuracy=told.good / told.rows if told.rows else None,
    )


async def _beyond(workshop: Workshop, space: str, kept: int) -> list[Change]:
    """Drop the oldest entries once there are a good deal more than are kept."""
    surplus = await workshop.state.count(space) - kept
    if surplus < kept // 10:
        return []
    return [Delete(space, key) for key, _ in await workshop.state.scan(space, limit=surplus)]

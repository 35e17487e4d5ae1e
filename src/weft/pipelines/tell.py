"""After a batch: what it measured, into counts, verdicts and runs, in one commit that happens once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from weft.contracts.quality import CLOCK_SKEW, Measured, judge
from weft.contracts.validator import CompiledContract
from weft.model.event import Position
from weft.model.ledger import STATS, Run, Stats, Verdict, run_space, verdict_space
from weft.model.product import Product, Quality, Table
from weft.pipelines.workshop import Workshop
from weft.ports.state_store import Change, Delete, Expect, Put
from weft.tables.layers import Arrival, topic_name

KEPT_VERDICTS = 500
KEPT_RUNS = 500


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch held. A bulk batch carries it in its event, single rows are counted when they are refined."""

    measured: Measured
    received: datetime | None = None
    """When its last row came in."""
    kind: Literal["refine", "bulk"] = "refine"
    file: str = ""


def told_of_rows(arrivals: Sequence[Arrival], contract: CompiledContract, now: datetime) -> Told:
    """Count single rows."""
    checked = [arrival.checked for arrival in arrivals]
    present, wanted, newest = contract.count(checked, until=now + CLOCK_SKEW)
    good = sum(row.good for row in checked)
    return Told(
        measured=Measured(rows=len(checked), good=good, present=present, wanted=wanted, newest=newest),
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
    measured = told.measured
    run = Run(
        id=workshop.ids.new(),
        kind=told.kind,
        table=table.name,
        started=now.isoformat(),
        seconds=round(seconds, 4),
        received=measured.rows,
        good=measured.good,
        bad=measured.rows - measured.good,
        note=told.file,
    )
    changes: list[Change] = [
        Expect(STATS, topic, held),
        Put(STATS, topic, msgspec.json.encode(_added(stats, told, position))),
        Put(verdict_space(topic), f"{position.next():016d}", msgspec.json.encode(_verdict(measured, now))),
        Put(run_space(product.name), run.id, msgspec.json.encode(run)),
        *await _beyond(workshop, verdict_space(topic), KEPT_VERDICTS),
        *await _beyond(workshop, run_space(product.name), KEPT_RUNS),
    ]
    await workshop.state.commit(changes, relaxed=True)


def _added(stats: Stats, told: Told, position: Position) -> Stats:
    measured = told.measured
    newest = measured.newest.isoformat() if measured.newest else None
    return Stats(
        position=str(position),
        received=stats.received + measured.rows,
        good=stats.good + measured.good,
        bad=stats.bad + measured.rows - measured.good,
        last_received=told.received.isoformat() if told.received else stats.last_received,
        newest=max(filter(None, (newest, stats.newest)), default=None),
    )


def _verdict(measured: Measured, now: datetime) -> Verdict:
    found = {measure.name: measure.measured for measure in judge(measured, Quality(), now).measures}
    return Verdict(
        time=now.isoformat(),
        rows=measured.rows,
        good=measured.good,
        bad=measured.rows - measured.good,
        freshness=found["freshness"],
        completeness=found["completeness"],
        accuracy=found["accuracy"],
    )


async def _beyond(workshop: Workshop, space: str, kept: int) -> list[Change]:
    """Drop the oldest entries once there are a good deal more than are kept."""
    surplus = await workshop.state.count(space) - kept
    if surplus < kept // 10:
        return []
    return [Delete(space, key) for key, _ in await workshop.state.scan(space, limit=surplus)]

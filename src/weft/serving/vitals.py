"""Signs of life: how far each table has come, what its batches measured, and the runs that did the work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from weft.events.views import KeyedView
from weft.model.errors import NotFound
from weft.model.event import Position
from weft.model.ledger import STATS, Run, Stats, Verdict, run_space, verdict_space
from weft.model.mesh import Mesh
from weft.model.product import Contract, Product, Quality, Table
from weft.serving.reader import House
from weft.tables.layers import table_name, topic_name
from weft.telemetry.metrics import TableFigures

Health = Literal["ok", "broken", "unknown"]
State = Literal["met", "unmet", "unknown"]
MeasureName = Literal["freshness", "completeness", "accuracy"]

_HISTORY = 120
_MOST_RUNS = 100
_RECENT = 10.0
"""Seconds over which the rate of arrival is taken."""


class TableLife(msgspec.Struct, frozen=True, kw_only=True):
    """One table right now."""

    name: str
    layer: str
    position: str
    table_position: str
    rows: int | None
    received: int
    quarantined: int
    last_received: str | None
    freshness_seconds: float | None
    per_second: float


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of a product right now."""

    time: str
    tables: list[TableLife]


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A promise against what was measured."""

    name: MeasureName
    promised: float | None
    measured: float | None
    state: State
    unit: Literal["seconds", "share"]


class ContractQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How well a contract is kept."""

    contract: str
    table: str
    state: State
    measures: list[Measure]
    history: list[Verdict]


class Qualities(msgspec.Struct, frozen=True, kw_only=True):
    """How well a product's contracts are kept."""

    items: list[ContractQuality]


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """Work that ended, newest first."""

    items: list[Run]


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """A product's signs of life in one line."""

    health: Health
    received: int
    quarantined: int
    freshness_seconds: float | None


_stats = msgspec.json.Decoder(Stats)
_verdicts = msgspec.json.Decoder(Verdict)
_runs = msgspec.json.Decoder(Run)


class Vitals:
    """Reads what pipelines wrote down about their work."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def pulse(self, product: Product) -> Pulse:
        """Health and counts of a product."""
        silver = [table for table in product.tables if table.layer == "silver"]
        stats = [await self._counted(topic_name(product.name, table.name)) for table in silver]
        qualities = [await self._quality(product, table) for table in silver]
        found = [
            measure.measured for quality in qualities for measure in quality.measures if measure.name == "freshness"
        ]
        return Pulse(
            health=_health(quality.state for quality in qualities),
            received=sum(one.received for one in stats),
            quarantined=sum(one.bad for one in stats),
            freshness_seconds=max((value for value in found if value is not None), default=None),
        )

    async def live(self, product: Product) -> Live:
        """Each table right now."""
        now = self._house.clock.now()
        return Live(time=_text(now), tables=[await self._alive(product, table, now) for table in product.tables])

    async def _alive(self, product: Product, table: Table, now: datetime) -> TableLife:
        topic = topic_name(product.name, table.name)
        stats = await self._counted(topic)
        recent = await self._recent(topic, 50)
        cursor = await KeyedView(topic, self._house.state).cursor()
        rows, stored = await self._rows(product, table, topic)
        return TableLife(
            name=table.name,
            layer=table.layer,
            position=cursor.position,
            table_position=stored,
            rows=rows,
            received=stats.received,
            quarantined=stats.bad,
            last_received=stats.last_received,
            freshness_seconds=recent[-1].freshness if recent else None,
            per_second=round(sum(one.rows for one in recent if _age(one, now) <= _RECENT) / _RECENT, 2),
        )

    async def _rows(self, product: Product, table: Table, topic: str) -> tuple[int | None, str]:
        try:
            snapshot = await self._house.tables.snapshot(table_name(product.name, table.name, table.layer))
        except NotFound:
            return None, "0"
        return snapshot.rows, str(snapshot.positions.get(topic, "0"))

    async def quality(self, product: Product) -> Qualities:
        """Promises against measurements, for each table under a contract."""
        tables = [table for table in product.tables if product.contract(table.contract)]
        return Qualities(items=[await self._quality(product, table) for table in tables])

    async def _quality(self, product: Product, table: Table) -> ContractQuality:
        history = await self._recent(topic_name(product.name, table.name), _HISTORY)
        contract: Contract | None = product.contract(table.contract)
        measures = _measures(contract.quality if contract else Quality(), history)
        states: list[State] = [measure.state for measure in measures if measure.promised is not None]
        return ContractQuality(
            contract=table.contract, table=table.name, state=_worst(states), measures=measures, history=list(history)
        )

    async def figures(self, mesh: Mesh) -> dict[tuple[str, str], TableFigures]:
        """What Prometheus is told of each silver table."""
        return {
            (product.name, table.name): await self._figures(product, table)
            for product in mesh.products
            for table in product.tables
            if table.layer == "silver"
        }

    async def _figures(self, product: Product, table: Table) -> TableFigures:
        topic = topic_name(product.name, table.name)
        stats, recent = await self._counted(topic), await self._recent(topic, 1)
        end = await self._house.log.end(topic)
        cursor = await KeyedView(topic, self._house.state).cursor()
        _, stored = await self._rows(product, table, topic)
        latest = recent[-1] if recent else None
        return TableFigures(
            good=stats.good,
            bad=stats.bad,
            view_lag=_behind(end, cursor.at),
            table_lag=_behind(end, Position.parse(stored)),
            freshness=latest.freshness if latest else None,
            completeness=latest.completeness if latest else None,
            accuracy=latest.accuracy if latest else None,
        )

    async def runs(self, product: Product) -> Runs:
        """The latest work, newest first."""
        found = await self._house.state.scan(run_space(product.name), limit=_MOST_RUNS, backwards=True)
        return Runs(items=[_runs.decode(value) for _, value in found])

    async def _counted(self, topic: str) -> Stats:
        value = await self._house.state.get(STATS, topic)
        return Stats() if value is None else _stats.decode(value)

    async def _recent(self, topic: str, most: int) -> Sequence[Verdict]:
        """The latest verdicts, newest last."""
        found = await self._house.state.scan(verdict_space(topic), limit=most, backwards=True)
        return [_verdicts.decode(value) for _, value in reversed(found)]


def _measures(promised: Quality, history: Sequence[Verdict]) -> list[Measure]:
    freshness = history[-1].freshness if history else None
    completeness = _share([(one.completeness, one.rows) for one in history])
    accuracy = _share([(one.accuracy, one.rows) for one in history])
    return [
        _measure("freshness", promised.freshness, freshness),
        _measure("completeness", promised.completeness, completeness),
        _measure("accuracy", promised.accuracy, accuracy),
    ]


def _share(weighted: Sequence[tuple[float | None, int]]) -> float | None:
    """The share over the rows of all batches shown; unknown as soon as the latest batch is."""
    if not weighted or weighted[-1][0] is None:
        return None
    known = [(share, rows) for share, rows in weighted if share is not None]
    total = sum(rows for _, rows in known)
    return sum(share * rows for share, rows in known) / total if total else None


def _measure(name: MeasureName, promised: float | None, measured: float | None) -> Measure:
    unit: Literal["seconds", "share"] = "seconds" if name == "freshness" else "share"
    state: State = "unknown"
    if promised is not None and measured is not None:
        kept = measured <= promised if name == "freshness" else measured >= promised
        state = "met" if kept else "unmet"
    return Measure(name=name, promised=promised, measured=measured, state=state, unit=unit)


def _worst(states: Iterable[State]) -> State:
    """Unmet outweighs unknown, and unknown is never met; where nothing is promised, nothing is known to be kept."""
    found = set(states)
    return "unmet" if "unmet" in found else "unknown" if "unknown" in found or not found else "met"


def _health(states: Iterable[State]) -> Health:
    known: dict[State, Health] = {"met": "ok", "unmet": "broken", "unknown": "unknown"}
    return known[_worst(states)]


def _behind(end: Position, at: Position) -> int:
    return sum(max(0, offset - at.next(partition)) for partition, offset in end.offsets)


def _age(verdict: Verdict, now: datetime) -> float:
    return (now - datetime.fromisoformat(verdict.time)).total_seconds()


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

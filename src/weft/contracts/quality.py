"""How good a batch was, in the brief's three measures, and whether that keeps the promise. Unknown is never met.

freshness     the age of the newest event time: `updated_at`, else `created_at`, else the first required date-time
completeness  the share of required fields that are there, nested ones included, over all rows received
accuracy      the share of received rows that keep the contract; where a source system is connected, agreement with it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from weft.model.column import Column
from weft.model.product import Quality

State = Literal["met", "unmet", "unknown"]
Name = Literal["freshness", "completeness", "accuracy"]

CLOCK_SKEW = timedelta(seconds=60)
"""An event may be this far in the future: clocks differ. One further ahead says nothing about freshness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a batch held: counts that add up over batches."""

    rows: int = 0
    good: int = 0
    present: int = 0
    """Required fields that were there, over all rows."""
    wanted: int = 0
    """Required fields that should have been there, over all rows."""
    newest: datetime | None = None
    """The latest event time among good rows."""

    def plus(self, other: Measured) -> Measured:
        """Both together."""
        return Measured(
            rows=self.rows + other.rows,
            good=self.good + other.good,
            present=self.present + other.present,
            wanted=self.wanted + other.wanted,
            newest=max(filter(None, (self.newest, other.newest)), default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure beside its promise. Freshness is in seconds, the others are shares."""

    name: Name
    promised: float | None
    measured: float | None

    @property
    def unit(self) -> Literal["seconds", "share"]:
        """What the numbers count."""
        return "seconds" if self.name == "freshness" else "share"

    @property
    def state(self) -> State:
        """Whether the promise was kept; unknown when it was not measured, or nothing was promised."""
        if self.promised is None or self.measured is None:
            return "unknown"
        kept = self.measured <= self.promised if self.name == "freshness" else self.measured >= self.promised
        return "met" if kept else "unmet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The three measures, and one word for all that was promised."""

    measures: tuple[Measure, ...]

    @property
    def state(self) -> State:
        """Unmet if any promise is, met only if every promise is."""
        states = {measure.state for measure in self.measures if measure.promised is not None}
        if "unmet" in states:
            return "unmet"
        return "met" if states == {"met"} else "unknown"


def judge(measured: Measured, promise: Quality, now: datetime) -> Verdict:
    """What was measured, against what was promised."""
    return Verdict(
        measures=(
            Measure(name="freshness", promised=promise.freshness, measured=age(measured.newest, now)),
            Measure(
                name="completeness", promised=promise.completeness, measured=_share(measured.present, measured.wanted)
            ),
            Measure(name="accuracy", promised=promise.accuracy, measured=_share(measured.good, measured.rows)),
        )
    )


def age(newest: datetime | None, now: datetime) -> float | None:
    """Seconds since an event; None when there was none, or it claims to be from the future."""
    if newest is None or newest > now + CLOCK_SKEW:
        return None
    return max(0.0, (now - newest).total_seconds())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def event_times(columns: Sequence[Column]) -> tuple[str, ...]:
    """The columns that can tell when a row's event happened, best first; none when no column does."""
    times = [column for column in columns if column.kind == "timestamp"]
    named = [name for name in ("updated_at", "created_at") if any(column.name == name for column in times)]
    required = [column.name for column in times if column.required and column.name not in named]
    return (*named, *required[:1])


def newest_of(
    rows: Iterable[Mapping[str, Any]], times: Sequence[str], *, until: datetime | None = None
) -> datetime | None:
    """The latest event time of typed rows, each by its best column; times after `until` are left out."""
    newest: datetime | None = None
    for row in rows:
        moment = next((found for name in times if (found := row.get(name)) is not None), None)
        if moment is None or (until is not None and moment > until):
            continue
        if newest is None or moment > newest:
            newest = moment
    return newest


def presence(row: Any, columns: Sequence[Column]) -> tuple[int, int]:
    """Required fields that are there, and that should be. Fields of an optional object count when the object is there."""
    values: Mapping[str, Any] = row if isinstance(row, Mapping) else {}
    present = wanted = 0
    for column in columns:
        value = values.get(column.name)
        if column.required:
            wanted += 1
            present += value is not None
        if column.fields and (column.required or value is not None):
            inner_present, inner_wanted = presence(value, column.fields)
            present, wanted = present + inner_present, wanted + inner_wanted
    return present, wanted

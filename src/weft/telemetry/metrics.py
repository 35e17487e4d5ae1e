"""What Prometheus may know of a process: requests, rows, decisions, lags and quality, in a registry of its own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

MEDIA = CONTENT_TYPE_LATEST

_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_TABLE = ("product", "table")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFigures:
    """What is known of a table, whichever process did the work. None is unknown."""

    good: int = 0
    bad: int = 0
    view_lag: int = 0
    """Events in the log that the view does not hold yet."""
    table_lag: int = 0
    freshness: float | None = None
    completeness: float | None = None
    accuracy: float | None = None

    @property
    def success(self) -> float | None:
        """The share of rows that kept their contract."""
        return self.good / (self.good + self.bad) if self.good + self.bad else None


class _Tables(Collector):
    """The latest figures of all tables as metrics."""

    def __init__(self) -> None:
        self.figures: Mapping[tuple[str, str], TableFigures] = {}

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        rows = CounterMetricFamily("weft_rows", "Rows by what became of them", labels=(*_TABLE, "outcome"))
        lag = GaugeMetricFamily("weft_lag_events", "Events that a view or table lacks", labels=(*_TABLE, "of"))
        for place, found in self.figures.items():
            rows.add_metric((*place, "received"), found.good + found.bad)
            rows.add_metric((*place, "accepted"), found.good)
            rows.add_metric((*place, "quarantined"), found.bad)
            lag.add_metric((*place, "view"), found.view_lag)
            lag.add_metric((*place, "table"), found.table_lag)
        yield rows
        yield lag
        yield self._gauge("weft_contract_success_ratio", "Share of rows that kept their contract", "success")
        yield self._gauge("weft_freshness_seconds", "From event time to readable", "freshness")
        yield self._gauge("weft_completeness_ratio", "Share of required values present", "completeness")
        yield self._gauge("weft_accuracy_ratio", "Share of accurate rows", "accuracy")

    def _gauge(self, name: str, told: str, field: str) -> Metric:
        """One figure of each table; unknown is NaN, never as good."""
        gauge = GaugeMetricFamily(name, f"{told}; NaN is unknown", labels=_TABLE)
        for place, found in self.figures.items():
            value: Any = getattr(found, field)
            gauge.add_metric(place, float("nan") if value is None else value)
        return gauge


@dataclass(slots=True)
class _Tally:
    """Requests of one route that ended alike."""

    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(_LATENCIES) + 1))

    def add(self, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds
        self.buckets[bisect_left(_LATENCIES, seconds)] += 1


class _Requests(Collector):
    """What the door did. A busy one counts thousands a second: it adds to plain numbers, and whoever collects does the rest."""

    def __init__(self) -> None:
        self.tallies: dict[tuple[str, str, int], _Tally] = {}
        self.decisions: dict[tuple[str, bool], int] = {}

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        requests = CounterMetricFamily("weft_http_requests", "Requests answered", labels=("route", "method", "status"))
        times = HistogramMetricFamily("weft_http_request_seconds", "Time to answer", labels=("route", "method"))
        decisions = CounterMetricFamily("weft_access_decisions", "Access decisions", labels=("action", "allowed"))
        routes: dict[tuple[str, str], list[_Tally]] = {}
        for (route, method, status), tally in self.tallies.items():
            requests.add_metric((route, method, str(status)), tally.count)
            routes.setdefault((route, method), []).append(tally)
        for place, tallies in routes.items():
            times.add_metric(place, _cumulated(tallies), sum(tally.seconds for tally in tallies))
        for (action, allowed), count in self.decisions.items():
            decisions.add_metric((action, str(allowed).lower()), count)
        yield requests
        yield times
        yield decisions


def _cumulated(tallies: Sequence[_Tally]) -> list[tuple[str, float]]:
    """Each bucket with all that are below it, as Prometheus wants them."""
    counts = accumulate(map(sum, zip(*(tally.buckets for tally in tallies), strict=True)))
    return list(zip((*map(floatToGoString, _LATENCIES), "+Inf"), counts, strict=True))


class Metrics:
    """All metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests, self._tables = _Requests(), _Tables()
        self.registry.register(self._requests)
        self.registry.register(self._tables)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template, never the path, so that keys do not become labels."""
        key = (route, method, status)
        tally = self._requests.tallies.get(key)
        if tally is None:
            tally = self._requests.tallies[key] = _Tally()
        tally.add(seconds)

    def decided(self, action: str, *, allowed: bool) -> None:
        """Count a decision."""
        decisions = self._requests.decisions
        decisions[action, allowed] = decisions.get((action, allowed), 0) + 1

    def tables(self, figures: Mapping[tuple[str, str], TableFigures]) -> None:
        """Take in what is known of each table, by product and name."""
        self._tables.figures = figures

    def text(self) -> bytes:
        """Everything in the format of Prometheus."""
        return generate_latest(self.registry)

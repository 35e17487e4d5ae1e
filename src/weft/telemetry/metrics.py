"""What Prometheus may know of a process: requests, rows, decisions, lags and quality, in a registry of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

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


class Metrics:
    """Counters of one process. Children are looked up once and kept: a busy route pays two additions."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "method")
        self._requests = Counter("weft_http_requests", "Requests answered", (*labels, "status"), registry=self.registry)
        self._seconds = Histogram(
            "weft_http_request_seconds", "Time to answer", labels, buckets=_LATENCIES, registry=self.registry
        )
        self._decisions = Counter(
            "weft_access_decisions", "Access decisions", ("action", "allowed"), registry=self.registry
        )
        self._tables = _Tables()
        self.registry.register(self._tables)
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._decided: dict[tuple[str, bool], Counter] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template, never the path, so that keys do not become labels."""
        key = (route, method, status)
        pair = self._answered.get(key)
        if pair is None:
            pair = (self._requests.labels(route, method, str(status)), self._seconds.labels(route, method))
            self._answered[key] = pair
        pair[0].inc()
        pair[1].observe(seconds)

    def decided(self, action: str, *, allowed: bool) -> None:
        """Count a decision."""
        child = self._decided.get((action, allowed))
        if child is None:
            child = self._decided[action, allowed] = self._decisions.labels(action, str(allowed).lower())
        child.inc()

    def tables(self, figures: Mapping[tuple[str, str], TableFigures]) -> None:
        """Take in what is known of each table, by product and name."""
        self._tables.figures = figures

    def text(self) -> bytes:
        """Everything in the format of Prometheus."""
        return generate_latest(self.registry)

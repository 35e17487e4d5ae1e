"""What Prometheus may know of a process: requests, rows, decisions, lags and quality, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_TABLE = ("product", "table")
_UNKNOWN = float("nan")

MEDIA = CONTENT_TYPE_LATEST


class Metrics:
    """Counters and gauges of one process. Children are looked up once and kept: a busy route pays two additions."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self._requests = Counter(
            "weft_http_requests", "Requests answered", ("route", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "weft_http_request_seconds", "Time to answer", ("route", "method"), buckets=_LATENCIES, registry=registry
        )
        self._rows = Counter("weft_rows", "Rows by what became of them", (*_TABLE, "outcome"), registry=registry)
        self._success = Gauge(
            "weft_contract_success_ratio", "Share of rows that kept their contract", _TABLE, registry=registry
        )
        self._decisions = Counter("weft_access_decisions", "Access decisions", ("action", "allowed"), registry=registry)
        self._lag = Gauge(
            "weft_lag_events",
            "Events in the log that a view or a table does not hold yet",
            (*_TABLE, "of"),
            registry=registry,
        )
        self._freshness = Gauge(
            "weft_freshness_seconds", "From event time to readable; NaN is unknown", _TABLE, registry=registry
        )
        self._completeness = Gauge(
            "weft_completeness_ratio", "Share of required values present; NaN is unknown", _TABLE, registry=registry
        )
        self._accuracy = Gauge(
            "weft_accuracy_ratio", "Share of accurate rows; NaN is unknown", _TABLE, registry=registry
        )
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._decided: dict[tuple[str, bool], Counter] = {}
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}

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

    def took_in(self, product: str, table: str, *, accepted: int, quarantined: int) -> None:
        """Count received rows by what became of them."""
        self._rows.labels(product, table, "received").inc(accepted + quarantined)
        self._rows.labels(product, table, "accepted").inc(accepted)
        self._rows.labels(product, table, "quarantined").inc(quarantined)
        good, bad = self._seen.get((product, table), (0, 0))
        good, bad = good + accepted, bad + quarantined
        self._seen[product, table] = good, bad
        if good + bad:
            self._success.labels(product, table).set(good / (good + bad))

    def lag(self, product: str, table: str, *, view: int, stored: int) -> None:
        """How many events of the log the view and the table lack."""
        self._lag.labels(product, table, "view").set(view)
        self._lag.labels(product, table, "table").set(stored)

    def quality(
        self, product: str, table: str, *, freshness: float | None, completeness: float | None, accuracy: float | None
    ) -> None:
        """What the last batch measured; None is unknown and shown as NaN, never as good."""
        self._freshness.labels(product, table).set(_UNKNOWN if freshness is None else freshness)
        self._completeness.labels(product, table).set(_UNKNOWN if completeness is None else completeness)
        self._accuracy.labels(product, table).set(_UNKNOWN if accuracy is None else accuracy)

    def text(self) -> bytes:
        """Everything in the format of Prometheus."""
        return generate_latest(self.registry)

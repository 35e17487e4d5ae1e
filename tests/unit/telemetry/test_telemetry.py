"""Telemetry: traces as W3C writes them, lines that nothing can break, numbers that tell unknown from good."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft._kit.clock import SystemClock, SystemIds
from weft.telemetry import trace
from weft.telemetry.logs import Log
from weft.telemetry.metrics import Metrics, TableFigures

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_span_of_ours_stands_in_the_caller_s_trace() -> None:
    span = trace.begin(SystemIds(), PARENT)
    assert (span.id, span.parent) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert span.span != span.parent
    assert trace.parse(str(span)) is not None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        PARENT.upper(),
        PARENT[:-1],
        PARENT + "0",
        "ff" + PARENT[2:],
        PARENT.replace("b7ad6b7169203331", "0" * 16),
        PARENT.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        f"{PARENT}, {PARENT}",
        PARENT + "\n",
    ],
)
def test_anything_else_begins_a_trace(header: str) -> None:
    first, second = trace.begin(SystemIds(), header), trace.begin(SystemIds(), header)
    assert first.id != second.id
    assert first.parent == ""
    assert trace.parse(str(first)) is not None


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))), st.text())
def test_no_value_breaks_a_line_or_colours_it(fields: dict[str, str], event: str) -> None:
    out = io.StringIO()
    log = Log(out, SystemClock())
    event = event.encode("utf-8", "replace").decode()
    log.write("info", event, more=fields)
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["more"] == fields
    assert all(0x20 <= ord(letter) < 0x7F or ord(letter) > 0x9F for letter in line)


def test_a_line_says_where_in_which_trace_it_was_written() -> None:
    out = io.StringIO()
    token = trace.current.set(trace.Trace("a" * 32, "b" * 16))
    Log(out, SystemClock()).write("error", "broken", n=1)
    trace.current.reset(token)  # or every later test of this process would write it too
    line = json.loads(out.getvalue())
    assert (line["trace"], line["span"], line["level"], line["event"], line["n"]) == (
        "a" * 32,
        "b" * 16,
        "error",
        "broken",
        1,
    )


def test_lines_below_the_level_are_not_written() -> None:
    out = io.StringIO()
    Log(out, SystemClock(), level="warning").write("info", "chatter")
    assert out.getvalue() == ""


async def test_lines_of_a_busy_loop_are_written_together_and_errors_at_once() -> None:
    out = io.StringIO()
    log = Log(out, SystemClock())
    log.write("info", "one")
    assert out.getvalue() == ""
    log.write("error", "two")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["one", "two"]


def test_unknown_quality_is_shown_as_no_number() -> None:
    metrics = Metrics()
    metrics.tables({("p", "t"): TableFigures(completeness=0.5)})
    text = metrics.text().decode()
    assert 'weft_freshness_seconds{product="p",table="t"} NaN' in text
    assert 'weft_contract_success_ratio{product="p",table="t"} NaN' in text
    assert 'weft_completeness_ratio{product="p",table="t"} 0.5' in text


def test_the_share_of_good_rows_is_over_all_that_came() -> None:
    metrics = Metrics()
    metrics.tables({("p", "t"): TableFigures(good=3, bad=1, view_lag=1, table_lag=2)})
    text = metrics.text().decode()
    assert 'weft_contract_success_ratio{product="p",table="t"} 0.75' in text
    assert 'weft_rows_total{outcome="received",product="p",table="t"} 4.0' in text
    assert 'weft_lag_events{of="table",product="p",table="t"} 2.0' in text


def test_each_process_part_has_its_own_registry() -> None:
    first, second = Metrics(), Metrics()
    first.decided("read", allowed=True)
    assert 'action="read"' not in second.text().decode()

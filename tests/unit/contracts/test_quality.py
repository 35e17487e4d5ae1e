"""The three measures, and the traps in the brief's own samples: nothing passes because it was not measured."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from weft.contracts.columns import columns_of
from weft.contracts.quality import CLOCK_SKEW, Measured, age, event_times, judge, presence
from weft.contracts.validator import CompiledContract
from weft.model.product import Quality

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROMISE = Quality(freshness=1.0, completeness=1.0, accuracy=0.99999)
GOOD = (
    b'{"payment_id": "123e4567-e89b-12d3-a456-426614174000", "customer_id": 7, "amount": 1, "currency": "USD",'
    b' "status": "PENDING", "created_at": "2026-11-21T11:59:50Z"%s}'
)
Compile = Callable[..., CompiledContract]


def states(measured: Measured, promise: Quality = PROMISE) -> dict[str, str]:
    return {measure.name: measure.state for measure in judge(measured, promise, NOW).measures}


def test_a_kept_promise_is_met() -> None:
    verdict = judge(
        Measured(rows=10, good=10, present=60, wanted=60, newest=NOW - timedelta(seconds=0.5)), PROMISE, NOW
    )

    assert verdict.state == "met"
    assert [measure.measured for measure in verdict.measures] == [0.5, 1.0, 1.0]


def test_an_empty_batch_is_unknown_in_every_measure() -> None:
    assert set(states(Measured()).values()) == {"unknown"}
    assert judge(Measured(), PROMISE, NOW).state == "unknown"


def test_a_missing_time_is_unknown_and_not_fresh() -> None:
    verdict = judge(Measured(rows=1, good=1, present=6, wanted=6), PROMISE, NOW)

    assert verdict.measures[0].measured is None
    assert verdict.state == "unknown"


def test_one_broken_promise_is_enough() -> None:
    verdict = judge(Measured(rows=10, good=9, present=60, wanted=60), PROMISE, NOW)

    assert verdict.state == "unmet"


def test_what_was_not_promised_does_not_count() -> None:
    promise = Quality(accuracy=0.9)

    assert judge(Measured(rows=10, good=9), promise, NOW).state == "met"
    assert judge(Measured(rows=10, good=9), Quality(), NOW).state == "unknown"


def test_shares_are_compared_exactly() -> None:
    assert states(Measured(rows=100_000, good=99_999))["accuracy"] == "met"
    assert states(Measured(rows=100_000, good=99_998))["accuracy"] == "unmet"


def test_an_event_from_the_future_is_not_fresh() -> None:
    assert age(NOW + CLOCK_SKEW + timedelta(seconds=1), NOW) is None
    assert age(NOW + timedelta(seconds=1), NOW) == 0.0
    assert age(None, NOW) is None


def test_the_event_time_is_the_best_column_that_there_is() -> None:
    def times(**properties: dict[str, str]) -> tuple[str, ...]:
        return event_times(columns_of({"properties": properties, "required": ["paid_at", "seen_at"]}))

    moment = {"type": "string", "format": "date-time"}
    assert times(paid_at=moment, created_at=moment, updated_at=moment) == ("updated_at", "created_at", "paid_at")
    assert times(sent_at=moment, paid_at=moment, seen_at=moment) == ("paid_at",)
    assert times(created_at={"type": "string"}) == ()
    assert times(sent_at=moment) == ()


def test_a_row_without_updated_at_is_as_old_as_its_creation(payments: CompiledContract) -> None:
    checked = payments.check_many([GOOD % b"", GOOD % b', "updated_at": "2026-11-21T11:59:40Z"'])

    assert payments.count(checked)[2] == NOW - timedelta(seconds=10)


def test_bad_rows_say_nothing_of_freshness(payments: CompiledContract) -> None:
    checked = payments.check_many([(GOOD % b"").replace(b"USD", b"usd")])

    assert payments.count(checked) == (6, 6, None)


def test_times_after_the_limit_are_left_out(payments: CompiledContract) -> None:
    checked = payments.check_many([GOOD % b', "updated_at": "2099-01-01T00:00:00Z"', GOOD % b""])

    assert payments.count(checked, until=NOW)[2] == NOW - timedelta(seconds=10)


def test_completeness_is_counted_over_all_rows_received(payments: CompiledContract) -> None:
    rows = [GOOD % b"", b"{}", b"no json", b"[]", b'{"amount": null, "currency": 5}']

    assert payments.count(payments.check_many(rows))[:2] == (6 + 1, 5 * 6)


def test_required_fields_of_an_optional_object_count_when_it_is_there(compiled: Compile) -> None:
    contract = compiled(
        {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "method": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
            },
        }
    )

    assert contract.count(contract.check_many([b'{"id": "a"}']))[:2] == (1, 1)
    assert contract.count(contract.check_many([b'{"id": "a", "method": {}}']))[:2] == (1, 2)
    assert contract.count(contract.check_many([b'{"id": "a", "method": {"type": "CARD"}}']))[:2] == (2, 2)


def test_optional_fields_do_not_count(payments: CompiledContract) -> None:
    assert presence({}, payments.columns) == (0, 6)


counts = st.integers(0, 50)


@given(
    st.lists(st.tuples(counts, counts, counts, counts, st.none() | st.datetimes(timezones=st.just(UTC))), max_size=5)
)
def test_batches_add_up_in_any_order(batches: list[tuple[int, int, int, int, datetime | None]]) -> None:
    measured = [Measured(rows=r, good=g, present=p, wanted=w, newest=n) for r, g, p, w, n in batches]

    def total(parts: list[Measured]) -> Measured:
        whole = Measured()
        for part in parts:
            whole = whole.plus(part)
        return whole

    assert total(measured) == total(measured[::-1])
    assert total(measured).rows == sum(part.rows for part in measured)

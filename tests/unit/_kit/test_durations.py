"""Durations and shares as people write them."""

import pytest

from weft._kit.durations import percent, seconds, share, short, spoken


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1s", 1),
        ("500ms", 0.5),
        ("10m", 600),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        ("2 hours", 7200),
        ("1 day", 86_400),
        ("7 years", 7 * 365 * 86_400),
        ("3 months", 90 * 86_400),
        ("1.5s", 1.5),
        (" 5 S ", 5),
        ("90 secs", 90),
        ("2 mins", 120),
    ],
)
def test_a_duration_is_its_seconds(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("5", "has no unit"),
        ("", "is empty"),
        ("soon", "not a duration"),
        ("5 parsecs", "unknown unit"),
        ("-1s", "not a duration"),
        ("1s x", "not a duration"),
        ("\u0665s", "not a duration"),
    ],
)
def test_what_is_no_duration_says_why(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        seconds(text)


@pytest.mark.parametrize(("text", "value"), [("99.999%", 0.99999), ("100%", 1.0), ("0 %", 0.0), ("99.9%", 0.999)])
def test_a_share_is_its_fraction(text: str, value: float) -> None:
    assert share(text) == value


@pytest.mark.parametrize("text", ["99", "0.99", "101%", "-1%", "nine%", "1e2%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"percent|more than"):
        share(text)


def test_amounts_are_spoken_in_the_largest_unit_that_fits() -> None:
    assert [spoken(amount) for amount in (1, 5, 60, 600, 86_400, 7 * 365 * 86_400, 0.5, 90)] == [
        "1 second",
        "5 seconds",
        "1 minute",
        "10 minutes",
        "1 day",
        "7 years",
        "500 milliseconds",
        "90 seconds",
    ]
    assert [percent(value) for value in (1.0, 0.99999, 0.95)] == ["100 %", "99.999 %", "95 %"]
    assert [seconds(short(amount)) for amount in (1, 90, 600, 0.25)] == [1, 90, 600, 0.25]

"""Numbers in words."""

import pytest

from weft.cli.words import counted, measured, span


def test_one_is_not_many():
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


@pytest.mark.parametrize(("seconds", "words"), [(0.25, "0.25 s"), (90, "1.5 min"), (5400, "1.5 h"), (172800, "2.0 d")])
def test_a_span_is_told_in_its_largest_unit(seconds, words):
    assert span(seconds) == words


def test_what_was_not_measured_is_unknown():
    assert measured("accuracy", None) == "unknown"
    assert measured("accuracy", 0.99999) == "99.999 %"
    assert measured("freshness", 0.5) == "0.5 s"

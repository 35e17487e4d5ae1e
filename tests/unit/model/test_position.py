"""Positions form a lattice, and read back what they write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model.event import Position

POSITIONS = st.dictionaries(st.integers(0, 3), st.integers(0, 5)).map(Position.of)


@given(POSITIONS)
def test_a_position_reads_back_what_it_writes(position: Position) -> None:
    assert Position.parse(str(position)) == position


@given(POSITIONS, POSITIONS)
def test_the_merge_covers_both_and_the_meet_is_covered_by_both(a: Position, b: Position) -> None:
    assert a.merge(b).covers(a)
    assert a.merge(b).covers(b)
    assert a.covers(a.meet(b))
    assert b.covers(a.meet(b))
    assert a.meet(b) == b.meet(a)


@given(POSITIONS, POSITIONS)
def test_positions_that_cover_each_other_are_equal(a: Position, b: Position) -> None:
    assert (a.covers(b) and b.covers(a)) is (a == b)


@pytest.mark.parametrize("text", ["x", "1:x", "-1", "1:-2", "1:2:3"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Position.parse(text)

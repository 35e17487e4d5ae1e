"""Columns of text, on any terminal."""

from hypothesis import given
from hypothesis import strategies as st

from weft.cli.grid import cells, cut, grid

_texts = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=30)


def test_columns_are_aligned_and_numbers_stand_to_the_right():
    assert grid([["name", "rows"], ["payment", "7"], ["x", "1200"]], right=frozenset({1})) == [
        "name     rows",
        "payment     7",
        "x        1200",
    ]


def test_without_a_width_nothing_is_cut():
    long = "x" * 500
    assert grid([[long, "y"]]) == [f"{long}  y"]


def test_the_widest_column_gives_way_first():
    assert grid([["a" * 10, "b" * 40]], width=32) == [f"{'a' * 10}  {'b' * 19}…"]


def test_wide_characters_take_two_cells():
    assert cells("支払い") == 6
    assert cut("支払い", 5) == "支払…"


@given(_texts, st.integers(1, 40))
def test_a_cut_text_is_never_wider_than_asked(text, width):
    assert cells(cut(text, width)) <= width


@given(st.lists(st.tuples(_texts, _texts, _texts), min_size=1, max_size=6), st.integers(30, 120))
def test_a_grid_is_never_wider_than_its_terminal(rows, width):
    assert all(cells(line) <= width for line in grid(rows, width=width))

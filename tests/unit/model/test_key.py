"""Key texts: one text for one key, and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weft.model.key import key_text, key_values

KEYS = st.lists(st.text(st.sampled_from("ab,\\"), max_size=4), min_size=1, max_size=3)


@given(KEYS)
def test_a_key_comes_back_as_it_was(values: list[str]) -> None:
    assert key_values(key_text(values)) == values


@given(KEYS, KEYS)
def test_different_keys_never_share_a_text(a: list[str], b: list[str]) -> None:
    assert (key_text(a) == key_text(b)) is (a == b)

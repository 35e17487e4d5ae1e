"""Reading JSON: comment lines on top, strictness, and places by path."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft._kit.json_marks import MAX_BYTES, pointer, read
from weft._kit.place import Place, Unreadable


def refusal(data: bytes) -> tuple[str, Place]:
    with pytest.raises(Unreadable) as caught:
        read(data)
    return caught.value.fault.rule, caught.value.fault.place


def test_comment_lines_on_top_are_skipped_and_places_stay() -> None:
    found = read(b'// payment-schema.json\n\n  // more\n{"a": {"b": 1}}')

    assert found.value == {"a": {"b": 1}}
    assert found.place(("a", "b")) == Place(4, 13)
    assert found.key_place(("a", "b")) == Place(4, 8)


def test_comments_further_down_are_no_json() -> None:
    assert refusal(b'{"a": 1}\n// no\n')[0] == "syntax"


def test_a_path_that_is_not_there_has_the_place_above_it() -> None:
    assert read(b'{"a":\n {"b": 1}}').place(("a", "x", "y")) == Place(2, 2)


@pytest.mark.parametrize(
    ("data", "rule", "place"),
    [
        (b'{"a": 1, "a": 2}', "duplicate", Place(1, 10)),
        (b'{"x": [{"b": {"c": 1}}, {"b": 1,\n "b": 2}]}', "duplicate", Place(2, 2)),
        (b'{"a": NaN}', "number", Place(1, 1)),
        (b'{"a": -Infinity}', "number", Place(1, 1)),
        (b'{"a": 1,}', "syntax", Place(1, 9)),
        (b'{"a": "x', "syntax", Place(1, 7)),
        (b"\xff", "encoding", Place(1, 1)),
        (b"\xef\xbb\xbf{}", "syntax", Place(1, 1)),
        (b"[" * 100_000, "depth", Place(1, 65)),
        (b"[" + b"1," * 3000 + b"1]", "nodes", Place(1, 1)),
        (b'"' + b"x" * MAX_BYTES + b'"', "size", Place(1, 1)),
        (b'{"a": ' + b"1" * 5000 + b"}", "number", Place(1, 1)),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(data: bytes, rule: str, place: Place) -> None:
    found = refusal(data)

    assert found == (rule, place)


def test_pointers_escape_slash_and_tilde() -> None:
    assert pointer(("a/b", "c~d", 0)) == "/a~1b/c~0d/0"


scalars = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(documents)
def test_every_value_is_found_where_it_was_written(document: object) -> None:
    text = json.dumps(document, indent=1)
    found = read(text.encode())

    def check(value: object, path: tuple[str | int, ...]) -> None:
        place = found.place(path)
        rest = "\n".join(text.split("\n")[place.line - 1 :])[place.column - 1 :]
        assert json.JSONDecoder().raw_decode(rest)[0] == value
        for key, child in (
            value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        ):
            check(child, (*path, key))

    check(document, ())

"""URLs of engines that keep files."""

from pathlib import Path

import pytest

from weft.backends.address import Address
from weft.model.errors import InvalidInput


@pytest.mark.parametrize(
    ("url", "path", "options"),
    [
        ("file:", None, {}),
        ("file:/a/b", Path("/a/b"), {}),
        ("file:///a/b", Path("/a/b"), {}),
        ("file:/a%20b?x=1", Path("/a b"), {"x": "1"}),
        ("file:?x=", None, {"x": ""}),
    ],
)
def test_a_place_is_read(url, path, options):
    assert Address.parse(url, known=frozenset({"x"})) == Address(path=path, options=options)


@pytest.mark.parametrize("url", ["file:a/b", "file:./a", "file://host/a", "file:/a#b", "file:~/a"])
def test_what_is_no_place_here_is_refused_with_the_way_to_write_it(url):
    with pytest.raises(InvalidInput, match="write file:/absolute/path"):
        Address.parse(url)


def test_an_unknown_option_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match=r"unknown option 'y'.*known options: x, z"):
        Address.parse("file:?y=1", known=frozenset({"z", "x"}))

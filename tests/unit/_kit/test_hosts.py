"""What is a host, and which hosts are this machine."""

from __future__ import annotations

import pytest

from weft._kit.hosts import in_url, is_host, is_loopback, is_wildcard


@pytest.mark.parametrize("host", ["mesh", "mesh.example.com", "a_b.example", "192.0.2.1", "::1", "x" * 63])
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "-a", "a-", "a:1", "https://a", "a/b", "*.a", "a b", "ä", "x" * 64, ("a" * 50 + ".") * 6]
)
def test_what_holds_more_or_less_than_a_name_is_none(text: str) -> None:
    assert not is_host(text)


def test_this_machine_is_told_from_all_of_its_addresses() -> None:
    assert [is_loopback(host) for host in ("127.0.0.9", "::1", "localhost", "0.0.0.0", "::", "mesh")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert [is_wildcard(host) for host in ("0.0.0.0", "::", "127.0.0.1", "mesh")] == [True, True, False, False]


def test_an_address_of_version_6_stands_in_brackets() -> None:
    assert (in_url("::1"), in_url("127.0.0.1"), in_url("mesh")) == ("[::1]", "127.0.0.1", "mesh")

"""Guessing the name that was meant."""

from weft._kit.nearest import did_you_mean, nearest


def test_a_slip_of_the_finger_finds_its_name() -> None:
    assert nearest("paymnt_id", ["payment_id", "amount"]) == "payment_id"
    assert nearest("Owner", ["owner", "name"]) == "owner"


def test_nothing_close_finds_nothing() -> None:
    assert nearest("zebra", ["payment_id", "amount"]) == ""


def test_a_short_list_is_told_when_nothing_is_close() -> None:
    assert did_you_mean("zebra", ["b", "a"]) == "there is: a, b"
    assert did_you_mean("zebra", []) == ""

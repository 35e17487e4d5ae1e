"""Options that hold everywhere may stand anywhere."""

from hypothesis import given
from hypothesis import strategies as st

from weft.cli.invocation import hoisted


def test_options_behind_a_command_move_to_the_front():
    assert hoisted(["plan", "-C", "bank", "--exit-code", "-q"]) == ["-C", "bank", "-q", "plan", "--exit-code"]


def test_a_value_joined_by_an_equals_sign_stays_joined():
    assert hoisted(["plan", "--project=bank", "--env=test"]) == ["--project=bank", "--env=test", "plan"]


def test_what_stands_behind_two_dashes_is_left_alone():
    assert hoisted(["query", "--", "-q", "-C"]) == ["query", "--", "-q", "-C"]


def test_an_option_without_its_value_is_left_for_the_parser_to_refuse():
    assert hoisted(["plan", "-C"]) == ["plan", "-C"]


@given(st.lists(st.sampled_from(["plan", "-C", "x", "-q", "--env", "--", "-o", "json", "--debug", "--env=a"])))
def test_no_argument_is_lost_or_made_up(arguments):
    assert sorted(hoisted(arguments)) == sorted(arguments)


@given(st.lists(st.sampled_from(["plan", "-C", "x", "-q", "--env", "--", "-o", "json", "--debug", "--env=a"])))
def test_hoisting_twice_changes_nothing_more(arguments):
    assert hoisted(hoisted(arguments)) == hoisted(arguments)

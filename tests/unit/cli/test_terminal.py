"""Two streams, colour only for people, questions only to people."""

import io

import pytest

from weft.cli.invocation import Invocation
from weft.cli.terminal import Terminal
from weft.model.errors import InvalidInput


class Screen(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_data_and_words_go_to_different_streams(capsys):
    terminal = Terminal(Invocation())
    terminal.data("rows")
    terminal.say("hint")
    assert capsys.readouterr() == ("rows\n", "hint\n")


def test_quiet_silences_words_but_neither_data_nor_errors(capsys):
    terminal = Terminal(Invocation(quiet=True, verbose=True))
    terminal.data("rows")
    terminal.say("hint")
    terminal.detail("more")
    terminal.fail("error")
    assert capsys.readouterr() == ("rows\n", "error\n")


def test_a_pipe_is_never_coloured(capsys):
    assert Terminal(Invocation()).paint("red", "x") == "x"


def test_a_screen_is_coloured_unless_told_otherwise(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Terminal(Invocation()).paint("red", "x", Screen()) == "\x1b[31mx\x1b[0m"
    assert Terminal(Invocation(colour=False)).paint("red", "x", Screen()) == "x"
    monkeypatch.setenv("NO_COLOR", "")
    assert Terminal(Invocation()).paint("red", "x", Screen()) == "x"


def test_a_question_to_nobody_names_the_flag_that_answers_it(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(InvalidInput, match="--yes"):
        Terminal(Invocation()).confirm("Apply?", flag="--yes")


@pytest.mark.parametrize(("typed", "agreed"), [("y\n", True), ("YES\n", True), ("\n", False), ("maybe\nn\n", False)])
def test_a_person_is_asked_until_the_answer_is_clear(monkeypatch, capsys, typed, agreed):
    monkeypatch.setattr("sys.stdin", Screen(typed))
    assert Terminal(Invocation()).confirm("Apply?", flag="--yes") is agreed

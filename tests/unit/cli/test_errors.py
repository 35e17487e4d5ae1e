"""One table from errors to exit codes."""

import pytest

from weft.cli.errors import EXIT_CODES, MEANING, ExitCode, error_of, exit_code, report
from weft.cli.invocation import Invocation
from weft.cli.terminal import Terminal
from weft.model import errors
from weft.model.problem import Mark, Problem


def _kinds(kind=errors.WeftError):
    return [kind, *(one for below in kind.__subclasses__() for one in _kinds(below))]


def test_every_error_has_an_exit_code_of_its_own_choice():
    known = {kind for kind, _ in EXIT_CODES}
    assert {kind for kind in _kinds() if kind.__module__ == "weft.model.errors"} - known <= {errors.TooLarge}


def test_every_exit_code_has_a_meaning():
    assert set(MEANING) == set(ExitCode)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.DeclarationError(()), 1),
        (errors.InvalidInput("x"), 2),
        (errors.TooLarge("x"), 2),
        (errors.NotFound("x"), 2),
        (errors.Environment("x"), 4),
        (errors.Unavailable("x"), 4),
        (errors.Corrupt("x"), 4),
        (errors.Denied("x"), 5),
        (errors.Unauthenticated("x"), 5),
        (errors.Conflict("x"), 1),
    ],
)
def test_an_error_ends_with_the_code_of_its_kind(error, code):
    assert exit_code(error) == code


def test_an_error_is_one_line_and_its_hint_another(capsys):
    report(Terminal(Invocation()), errors.NotFound("there is\nno \x1b[31mtable", hint="look\nagain"))
    assert capsys.readouterr().err == "error[WEFT-4040]: there is no \\u001b[31mtable\n  hint: look again\n"


def test_an_error_of_declarations_shows_every_problem(capsys):
    mark = Mark(file="a.yaml", line=3, column=2)
    problem = Problem(code="WEFT-1102", severity="error", mark=mark, path="spec.x", what="unknown key `x`")
    report(Terminal(Invocation()), errors.DeclarationError((problem,)))
    shown = capsys.readouterr().err
    assert shown.startswith("a.yaml:3:2: error[WEFT-1102] spec.x: unknown key `x`")
    assert "error[WEFT-1000]: 1 problem in the declarations" in shown


def test_the_codes_of_errors_are_explained():
    told = error_of("WEFT-5030")
    assert told is not None
    assert "Trying again can help" in told["explanation"]
    assert error_of("WEFT-9999") is None

"""From an error to two lines and an exit code. The table below is the only place that knows the codes."""

from __future__ import annotations

import sys
from enum import IntEnum

from weft.cli.terminal import Terminal, harmless
from weft.model.errors import (
    Conflict,
    Corrupt,
    DeclarationError,
    Denied,
    Environment,
    InvalidInput,
    NotFound,
    Unauthenticated,
    Unavailable,
    WeftError,
)


class ExitCode(IntEnum):
    """What a script can tell from how a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CHANGES = 3
    ENVIRONMENT = 4
    DENIED = 5
    INTERRUPTED = 130


MEANING: dict[ExitCode, str] = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "a check failed: declarations, contract, plan, audit trail, doctor",
    ExitCode.USAGE: "the command line or its input is off, or names what is not there",
    ExitCode.CHANGES: "`weft plan --exit-code` found changes",
    ExitCode.ENVIRONMENT: "something of this machine is missing, busy or damaged",
    ExitCode.DENIED: "not allowed, or not known who asks",
    ExitCode.INTERRUPTED: "interrupted",
}

EXIT_CODES: tuple[tuple[type[WeftError], ExitCode], ...] = (
    (DeclarationError, ExitCode.FAILED),
    (Conflict, ExitCode.FAILED),
    (InvalidInput, ExitCode.USAGE),
    (NotFound, ExitCode.USAGE),
    (Unauthenticated, ExitCode.DENIED),
    (Denied, ExitCode.DENIED),
    (Unavailable, ExitCode.ENVIRONMENT),
    (Environment, ExitCode.ENVIRONMENT),
    (Corrupt, ExitCode.ENVIRONMENT),
    (WeftError, ExitCode.FAILED),
)
"""The first row whose error fits decides."""


def exit_code(error: WeftError) -> ExitCode:
    """The exit code of an error."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def error_of(code: str) -> dict[str, str] | None:
    """What a code means that a command or a port answered with; None for one that is not of this kind."""
    found = next((kind for kind, _ in EXIT_CODES if kind.code == code), None)
    if found is None:
        return None
    words = " ".join((found.__doc__ or "").split())
    again = " Trying again can help." if found.retryable else ""
    ends = next(number for kind, number in EXIT_CODES if kind is found)
    return {"code": code, "title": found.__name__, "explanation": f"{words}{again} Commands end with exit code {ends}."}


def report(terminal: Terminal, error: WeftError) -> ExitCode:
    """Show an error; one about declarations shows them all, each at its place."""
    if isinstance(error, DeclarationError) and error.problems:
        from weft.contracts.show import rendered

        terminal.fail(harmless(rendered(error.problems, {})))
    told(terminal, error.message, error.hint or f"weft explain {error.code}", code=error.code)
    return exit_code(error)


def told(terminal: Terminal, what: str, hint: str = "", *, code: str = "") -> None:
    """One line what, one line what to do."""
    label = terminal.paint("red", f"error[{code}]" if code else "error", sys.stderr)
    terminal.fail(f"{label}: {_one_line(what)}")
    if hint:
        terminal.fail(f"  {terminal.paint('blue', 'hint', sys.stderr)}: {_one_line(hint)}")


def _one_line(text: str) -> str:
    return harmless(" ".join(text.split()))

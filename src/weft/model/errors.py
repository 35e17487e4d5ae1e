"""The one tree of errors: each tells what was wrong, what to do next, and whether trying again can help.

WeftError
├── InvalidInput          the caller's data or words are off          (400, exit 2)
│   ├── TooLarge          past a stated limit                         (413)
│   └── DeclarationError  files with problems, all of them at once    (exit 1)
├── Unauthenticated       who is asking is not known                  (401, exit 5)
├── Denied                known, but not allowed                      (403, exit 5)
├── NotFound              no such thing, or none that you may see     (404)
├── Conflict              someone else was first; look again          (409)
├── Unavailable           not now; trying again can help              (503, exit 4)
├── Environment           a driver, program or setting is missing     (exit 4)
└── Corrupt               stored data is not what was written         (500)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from weft.model.problem import Problem


class WeftError(Exception):
    """Base of all errors that Weft raises on purpose."""

    code: ClassVar[str] = "WEFT-0000"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InvalidInput(WeftError):
    """The caller's data or words are off."""

    code = "WEFT-4000"


class TooLarge(InvalidInput):
    """Input past a stated limit."""

    code = "WEFT-4130"


class DeclarationError(InvalidInput):
    """Declarations with problems; `problems` holds all of them, in file order."""

    code = "WEFT-1000"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the declarations", hint="run `weft check`")
        self.problems = problems


class Unauthenticated(WeftError):
    """Who is asking is not known."""

    code = "WEFT-4010"


class Denied(WeftError):
    """The caller is known, but not allowed."""

    code = "WEFT-4030"


class NotFound(WeftError):
    """No such thing, or none that the caller may see: the two are not told apart."""

    code = "WEFT-4040"


class Conflict(WeftError):
    """Someone else was first: read again, then decide anew."""

    code = "WEFT-4090"
    retryable = True


class Unavailable(WeftError):
    """Not now; trying again can help."""

    code = "WEFT-5030"
    retryable = True


class Environment(WeftError):
    """A driver, a program or a setting is missing on this machine."""

    code = "WEFT-5001"


class Corrupt(WeftError):
    """Stored data is not what was written."""

    code = "WEFT-5002"

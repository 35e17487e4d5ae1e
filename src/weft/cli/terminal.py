"""Where words go: data to standard output, everything said about it to standard error; colour only where a person looks."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Literal, TextIO

from weft.cli.invocation import Invocation
from weft.model.errors import InvalidInput

Colour = Literal["red", "green", "yellow", "blue", "bold", "dim"]
_CODES: dict[Colour, str] = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}
_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}

# What a terminal would obey instead of show: C0 but tab and line break, DEL, C1, and the marks that turn text around.
_UNSAFE = {
    code: f"\\u{code:04x}"
    for code in (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


class Terminal:
    """The two streams of one command."""

    def __init__(self, invocation: Invocation) -> None:
        self._quiet = invocation.quiet
        self._verbose = invocation.verbose
        self._colour = invocation.colour and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    def data(self, text: str) -> None:
        """The answer itself."""
        _write(sys.stdout, text)

    def say(self, text: str) -> None:
        """Progress, summaries and hints: silent with --quiet."""
        if not self._quiet:
            _write(sys.stderr, text)

    def detail(self, text: str) -> None:
        """What only --verbose shows."""
        if self._verbose:
            self.say(self.paint("dim", text, sys.stderr))

    def fail(self, text: str) -> None:
        """What went wrong: never silent."""
        _write(sys.stderr, text)

    def paint(self, colour: Colour, text: str, stream: TextIO | None = None) -> str:
        """The text in a colour, if a person will see it there."""
        shown = self._colour and (stream or sys.stdout).isatty()
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if shown else text

    @property
    def width(self) -> int | None:
        """Columns of the terminal that data goes to; None for a pipe or a file, where nothing is cut."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    @property
    def lively(self) -> bool:
        """Whether progress bars have somebody to look at them."""
        return not self._quiet and sys.stderr.isatty()

    def confirm(self, question: str, *, flag: str) -> bool:
        """Ask a person; where nobody can answer, say which flag answers instead."""
        if not sys.stdin.isatty():
            raise InvalidInput(f"nobody is here to answer: {question}", hint=f"pass {flag} to agree beforehand")
        while True:
            _write(sys.stderr, f"{question} [y/N] ", end="")
            answer = _ANSWERS.get(sys.stdin.readline().strip().lower())
            if answer is not None:
                return answer


def harmless(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return text if text.isascii() and text.isprintable() else text.translate(_UNSAFE)


def _write(stream: TextIO, text: str, end: str = "\n") -> None:
    stream.write(text + end)
    stream.flush()

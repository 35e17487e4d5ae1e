"""Writes the reference pages that are made from the code. `python docs/generate.py --check` only says whether they are current."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from weft.cli.errors import EXIT_CODES, MEANING
from weft.cli.main import main as weft
from weft.cli.menu import MENU, Command, Noun

REFERENCE = Path(__file__).parent / "reference"

_HEAD = """# Command line

This page is made from the code by `docs/generate.py`; change the code instead.

Data goes to standard output, everything said about it to standard error. `-o json`, `yaml` and `csv` show the same
document as the table, with every digit. The options under `weft --help` hold for every command, wherever in the line
they stand.
"""


def command_line_page() -> str:
    """`reference/cli.md`: exit codes, then the help of every command."""
    return "\n".join([_HEAD, *_exit_codes(), *_section("weft", []), *_commands()])


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n\n| code | meaning | errors |\n| ---: | --- | --- |"
    for code, meaning in MEANING.items():
        errors = ", ".join(f"{kind.__name__} ({kind.code})" for kind, ends in EXIT_CODES if ends is code)
        yield f"| {code.value} | {meaning} | {errors} |"
    yield ""


def _commands() -> Iterator[str]:
    for entry in MENU:
        yield from _section(f"weft {entry.name}", [entry.name])
        for command in entry.commands if isinstance(entry, Noun) else ():
            yield from _section(f"weft {entry.name} {command.name}", [entry.name, command.name])


def _section(title: str, words: list[str]) -> Iterator[str]:
    yield f"## {title}\n\n```text\n{help_of(words)}\n```\n"


def help_of(words: list[str]) -> str:
    """What `weft WORDS --help` prints at 80 columns."""
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), "80"
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            weft([*words, "--help"])
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines())


def every_command() -> Iterator[list[str]]:
    """The words of every command and noun."""
    yield []
    for entry in MENU:
        yield [entry.name]
        yield from ([entry.name, command.name] for command in ([] if isinstance(entry, Command) else entry.commands))


PAGES = {"cli.md": command_line_page}


def stale() -> list[str]:
    """The pages that are not what the code says now."""
    return [
        name
        for name, page in PAGES.items()
        if not (REFERENCE / name).is_file() or (REFERENCE / name).read_text("utf-8") != page()
    ]


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    found = stale()
    if parser.parse_args().check:
        print("\n".join(f"out of date: docs/reference/{name}" for name in found) or "the reference is current")
        return 1 if found else 0
    for name in found:
        REFERENCE.mkdir(parents=True, exist_ok=True)
        (REFERENCE / name).write_text(PAGES[name](), "utf-8")
        print(f"written: docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

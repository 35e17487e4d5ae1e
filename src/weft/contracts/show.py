"""Problems as text for people, as documents for programs, and as annotations for code review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from weft.contracts.catalogue import CATALOGUE
from weft.model.problem import Problem

_GITHUB = {"error": "error", "warning": "warning", "notice": "notice"}
_WIDEST = 160


def rendered(problems: Sequence[Problem], sources: Mapping[str, bytes]) -> str:
    """Every problem with its line of the file and a caret below the place. `sources` has the files' contents."""
    lines = {file: _lines(sources.get(file, b"")) for file in {problem.mark.file for problem in problems}}
    return "\n".join("\n".join(_one(problem, lines[problem.mark.file])) for problem in problems)


def headline(problem: Problem) -> str:
    """`file:line:col: error[WEFT-1203] path: what; why; fix`."""
    mark = problem.mark
    place = f"{mark.file}:{mark.line}:{mark.column}"
    path = f" {problem.path}:" if problem.path else ""
    return f"{place}: {problem.severity}[{problem.code}]{path} {_sentence(problem)}"


def documents(problems: Sequence[Problem]) -> list[dict[str, str | int]]:
    """Problems as plain values, for `-o json`."""
    return [
        {
            "file": problem.mark.file,
            "line": problem.mark.line,
            "column": problem.mark.column,
            "severity": problem.severity,
            "code": problem.code,
            "path": problem.path,
            "what": problem.what,
            "why": problem.why,
            "fix": problem.fix,
        }
        for problem in problems
    ]


def github(problems: Sequence[Problem]) -> str:
    """Problems as GitHub workflow commands, one a line."""
    return "\n".join(_annotation(problem) for problem in problems)


def explanation(code: str) -> str | None:
    """What a code means, as `weft explain` tells it; None for a code that does not exist."""
    entry = CATALOGUE.get(code.upper())
    if entry is None:
        return None
    parts = (f"{entry.code} ({entry.severity}): {entry.title}", entry.explanation)
    return "\n\n".join([*parts, f"For example:\n{_indented(entry.example)}", f"Instead:\n{_indented(entry.fix)}"])


def _sentence(problem: Problem) -> str:
    return "; ".join(part for part in (problem.what, problem.why, problem.fix) if part)


def _one(problem: Problem, lines: Sequence[str]) -> Iterator[str]:
    yield headline(problem)
    line, column = problem.mark.line, problem.mark.column
    if not 0 < line <= len(lines) or not lines[line - 1].strip():
        return
    # A line may be huge or hold tabs and control characters: show a window of it, one cell a character.
    start = max(0, column - _WIDEST // 2) if len(lines[line - 1]) > _WIDEST else 0
    window = lines[line - 1][start : start + _WIDEST]
    yield f"{line:>6} | {''.join(character if character.isprintable() else ' ' for character in window)}"
    yield f"{'':>6} | {' ' * (column - 1 - start)}^"


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", errors="replace").split("\n")


def _annotation(problem: Problem) -> str:
    mark = problem.mark
    place = f"file={_property(mark.file)},line={mark.line},col={mark.column},title={_property(problem.code)}"
    message = f"{problem.path}: {_sentence(problem)}" if problem.path else _sentence(problem)
    return f"::{_GITHUB[problem.severity]} {place}::{_escaped(message)}"


def _escaped(message: str) -> str:
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _escaped(value).replace(":", "%3A").replace(",", "%2C")


def _indented(block: str) -> str:
    return "\n".join(f"    {line}" for line in block.split("\n"))

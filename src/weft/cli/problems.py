"""The problems of declarations: found, shown each at its place, and summed up in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from weft.cli.terminal import harmless
from weft.cli.words import counted
from weft.contracts import show
from weft.contracts.reading import is_declaration, read_mesh
from weft.governance import filters
from weft.model.errors import InvalidInput
from weft.model.problem import Problem
from weft.platform.workspace import declaration_files, find_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The problems of a folder, and the texts that they stand in."""

    problems: tuple[Problem, ...]
    files: Mapping[str, bytes]
    declarations: int


def problems_of(path: Path) -> Found:
    """The problems of a folder, or of one folder or file in it: the rest is read as well, but not told."""
    if not path.exists():
        raise InvalidInput(f"there is no {path}", hint="name a folder, or a file in it")
    folder = find_folder(path.parent if path.is_file() else path)
    files = declaration_files(folder)
    problems = read_mesh(files, folder.name, filter_check=filters.check).problems
    told = path.resolve().relative_to(folder).as_posix()

    def meant(name: str) -> bool:
        return told in {".", name} or name.startswith(f"{told}/")

    return Found(
        problems=tuple(problem for problem in problems if meant(problem.mark.file)),
        files=files,
        declarations=sum(is_declaration(name) and meant(name) for name in files),
    )


def text_of(found: Found) -> str:
    """Every problem with its line and a caret."""
    return harmless(show.rendered(found.problems, found.files))


def summary(problems: Sequence[Problem], declarations: int) -> str:
    """`8 errors, 1 warning in 3 declarations`, or that all is well."""
    counts = {
        severity: sum(problem.severity == severity for problem in problems)
        for severity in ("error", "warning", "notice")
    }
    told = [counted(count, severity) for severity, count in counts.items() if count]
    return f"{', '.join(told) or 'no problems'} in {counted(declarations, 'declaration')}"

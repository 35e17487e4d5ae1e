"""Collects the problems of files, each at the place that its path names."""

from __future__ import annotations

from dataclasses import dataclass, field

from weft._kit.json_marks import JsonText, pointer
from weft._kit.place import START, Path, Place
from weft._kit.yaml import Document
from weft.contracts.catalogue import CATALOGUE
from weft.model.problem import Mark, Problem

_CODES = {
    "encoding": "WEFT-1001",
    "syntax": "WEFT-1002",
    "key": "WEFT-1002",
    "size": "WEFT-1004",
    "depth": "WEFT-1004",
    "nodes": "WEFT-1004",
    "alias": "WEFT-1005",
    "anchor": "WEFT-1005",
    "tag": "WEFT-1005",
    "duplicate": "WEFT-1006",
    "documents": "WEFT-1007",
}
_JSON_CODES = {**_CODES, "syntax": "WEFT-1003", "number": "WEFT-1003"}


@dataclass(slots=True)
class Findings:
    """What was found so far, in any order. `problems` is what a reader hands on."""

    problems: list[Problem] = field(default_factory=list[Problem])

    @property
    def failed(self) -> bool:
        """Whether an error is among them."""
        return any(problem.severity == "error" for problem in self.problems)

    def add(self, code: str, mark: Mark, path: str, what: str, *, why: str = "", fix: str = "") -> None:
        """Note a problem; its severity is that of its code."""
        self.problems.append(
            Problem(code=code, severity=CATALOGUE[code].severity, mark=mark, path=path, what=what, why=why, fix=fix)
        )

    def unreadable(self, file: str, place: Place, rule: str, message: str, *, json: bool = False) -> None:
        """Note why a file cannot be read as it stands."""
        code = (_JSON_CODES if json else _CODES)[rule]
        self.add(code, Mark(file=file, line=place.line, column=place.column), "", message, fix=CATALOGUE[code].fix)

    def within(self, problems: tuple[Problem, ...]) -> None:
        """Take over problems that were found elsewhere."""
        self.problems.extend(problems)

    def sorted(self) -> tuple[Problem, ...]:
        """All problems by file, place and code, each once."""
        return tuple(
            sorted(set(self.problems), key=lambda p: (p.mark.file, p.mark.line, p.mark.column, p.code, p.path, p.what))
        )


@dataclass(frozen=True, slots=True)
class DeclaredFile:
    """A YAML file that is being judged: notes problems by path, at the value or at its key."""

    name: str
    document: Document
    findings: Findings
    damaged: set[Path] = field(default_factory=set[Path])
    """Paths whose shape is broken, which was noted already."""

    def problem(self, code: str, path: Path, what: str, *, why: str = "", fix: str = "", at_key: bool = False) -> None:
        """Note a problem at a path of this file, unless it only follows from one that was noted there."""
        if not self._follows(path):
            self.findings.add(code, self.mark(path, at_key=at_key), dotted(path), what, why=why, fix=fix)

    def _follows(self, path: Path) -> bool:
        """Whether a path lies within something broken, or right above it."""
        return any(path[: len(broken)] == broken or path == broken[:-1] for broken in self.damaged)

    def mark(self, path: Path, *, at_key: bool = False) -> Mark:
        """Where a path stands; what is above it when it is not written."""
        if at_key and path in self.document.keys:
            place = self.document.keys[path]
        else:
            while path and path not in self.document.values:
                path = path[:-1]
            place = self.document.values.get(path, START)
        return Mark(file=self.name, line=place.line, column=place.column)


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A contract file that is being judged: notes problems by JSON pointer."""

    name: str
    json: JsonText
    findings: Findings

    def problem(self, code: str, path: Path, what: str, *, why: str = "", fix: str = "", at_key: bool = False) -> None:
        """Note a problem at a path of this file."""
        place = self.json.key_place(path) if at_key else self.json.place(path)
        mark = Mark(file=self.name, line=place.line, column=place.column)
        self.findings.add(code, mark, pointer(path), what, why=why, fix=fix)


def dotted(path: Path) -> str:
    """A path as people write it: `spec.access[0].role`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

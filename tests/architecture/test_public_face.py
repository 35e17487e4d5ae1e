"""What the package shows, and what it costs to import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import weft

SOURCE = Path(weft.__file__).parent
HEAVY = {
    "apsw",
    "pyarrow",
    "duckdb",
    "deltalake",
    "sqlglot",
    "jsonschema_rs",
    "httptools",
    "typer",
    "rich",
    "msgspec",
    "yaml",
}


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(' '.join(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


def test_the_public_names_are_these() -> None:
    assert weft.__all__ == ["Event", "Mesh", "Position", "Principal", "WeftError"]
    assert all(getattr(weft, name).__name__ == name for name in weft.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Mush'"):
        _ = weft.Mush


def test_importing_weft_loads_nothing_heavy() -> None:
    assert modules_after("import weft").isdisjoint(HEAVY)


def test_the_command_line_starts_without_engines() -> None:
    assert modules_after("import weft.cli.main").isdisjoint(HEAVY - {"typer", "rich"})


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("__init__.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_opens_with_its_charter_and_holds_no_code(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    assert isinstance(body[0], ast.Expr)
    if path.parent != SOURCE:
        assert len(body) == 1


def test_every_file_says_at_the_top_what_it_is_for() -> None:
    silent = [path for path in SOURCE.rglob("*.py") if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_nothing_asks_the_machine_for_time_or_chance_but_the_kit() -> None:
    banned = ("datetime.now(", "datetime.utcnow(", "uuid4(", "time.time(", "import random", "from random")
    guilty = [
        f"{path.relative_to(SOURCE)}: {word}"
        for path in SOURCE.rglob("*.py")
        for word in banned
        if "_kit" not in path.parts
        and "testing" not in path.parts
        and "examples" not in path.parts
        and word in path.read_text()
    ]
    assert guilty == []


def test_the_folder_names_no_machine_and_no_registry() -> None:
    words = ["pypi" + ".org", "npmjs" + ".org", "pythonhosted" + ".org", "/work" + "/main", "/root" + "/"]
    root = SOURCE.parents[1]
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    guilty = [
        f"{name}: {word}"
        for name in filter(None, files)
        if (root / name).is_file() and (root / name).stat().st_size < 1 << 20
        for word in words
        if word in (root / name).read_text(errors="ignore")
    ]
    assert guilty == []

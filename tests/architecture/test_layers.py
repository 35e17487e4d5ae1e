"""The house keeps its order, and would notice if it did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, env={"PYTHONPATH": "src", "PATH": ""}, capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def test_the_house_as_it_stands_keeps_every_rule() -> None:
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("room", "line", "rule"),
    [
        ("model", "import weft.cli.main", "Rooms depend downwards only"),
        ("governance", "import weft.contracts.quality", "Rooms depend downwards only"),
        ("pipelines", "import duckdb", "Vendors live in backends and serving"),
        ("contracts", "import deltalake", "Vendors live in backends and serving"),
    ],
)
def test_a_planted_violation_is_found(copy: Path, room: str, line: str, rule: str) -> None:
    (copy / "src/weft" / room / "planted.py").write_text(f"{line}\n")
    found = lint(copy)
    assert found.returncode == 1
    assert f"{rule} BROKEN" in found.stdout


def test_a_room_that_no_layer_names_is_found(copy: Path) -> None:
    (copy / "src/weft/attic").mkdir()
    (copy / "src/weft/attic/__init__.py").write_text("")
    assert "attic" in lint(copy).stdout


def test_a_cycle_between_files_of_a_room_is_found(copy: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        folder = copy / "src/weft/model" / name
        folder.mkdir()
        (folder / "__init__.py").write_text(f"import weft.model.{other}\n")
    assert "No cycles between siblings BROKEN" in lint(copy).stdout

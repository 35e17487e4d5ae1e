"""The wheel by itself: installed into an empty environment, it opens a mesh and shows the portal."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
pytestmark = pytest.mark.slow


def run(*arguments: object, cwd: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([*map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(
        UV,
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        folder,
        cwd=ROOT,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def weft(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    empty = tmp_path_factory.mktemp("environment") / "venv"
    run(UV, "venv", "--quiet", "--python", sys.executable, empty)
    locked = ROOT / "requirements.lock"
    run(UV, "pip", "install", "--quiet", "--python", empty / "bin/python", "--constraints", locked, wheel)
    return empty / "bin/weft"


@pytest.fixture
def portal(weft: Path, tmp_path: Path) -> Iterator[str]:
    run(weft, "init", tmp_path / "bank")
    run(weft, "-C", tmp_path / "bank", "apply", "--yes")
    command = [weft, "-C", tmp_path / "bank", "up", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as mesh:
        try:
            yield next(word for line in mesh.stdout for word in line.split() if word.startswith("http://"))
        finally:
            mesh.terminate()
            mesh.communicate(timeout=20)


def test_the_wheel_holds_the_portal_the_example_and_no_stray_files(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "weft/portal/static/index.html" in names
    assert "weft/examples/bank/mesh.yaml" in names
    assert not [name for name in names if "__pycache__" in name or "/.weft/" in name or name.startswith("tests")]


def test_a_fresh_install_opens_the_portal(portal: str) -> None:
    with urllib.request.urlopen(portal, timeout=10) as answer:
        assert b"<title>Weft" in answer.read()


def test_a_fresh_install_checks_a_folder(weft: Path, tmp_path: Path) -> None:
    run(weft, "init", tmp_path / "bank")
    assert "notice" in run(weft, "-C", tmp_path / "bank", "check", "-o", "json")

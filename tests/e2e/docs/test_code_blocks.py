"""Every code block of README and docs does what it says: shell blocks run in order, Python runs, YAML and JSON load."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from weft.contracts.reading import read_mesh

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
WALKED = [
    ROOT / "README.md",
    ROOT / "docs/quickstart.md",
    ROOT / "docs/how-to/open-to-the-network.md",
    ROOT / "docs/how-to/publish-data.md",
]
NEVER = ("make run", "make test")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("docs")]


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(page.read_text()) if language in languages]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


class Shell:
    """A folder, a terminal in it, and the mesh that `weft up` starts."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.mesh: subprocess.Popen[str] | None = None
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def run(self, block: str) -> None:
        if block.strip().startswith(NEVER):
            return
        block = block.replace("8420", str(self.port))
        lines = [line for line in block.splitlines() if not line.startswith("weft up")]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join([*lines, "pwd"])],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        self.folder = Path(done.stdout.splitlines()[-1])
        for line in block.splitlines():
            if line.startswith("weft up"):
                self.start(line)

    def start(self, line: str) -> None:
        command = [*shlex.split(line, comments=True), "--port", str(self.port)]
        said = self.folder / "up.txt"
        with said.open("w") as out:
            self.mesh = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=out, stderr=subprocess.DEVNULL
            )
        while "portal" not in said.read_text():
            assert self.mesh.poll() is None, "the mesh did not come up"
            time.sleep(0.05)

    def stop(self) -> None:
        if self.mesh is not None:
            self.mesh.terminate()
            self.mesh.wait(20)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    opened = Shell(tmp_path, port)
    yield opened
    opened.stop()


def test_the_readme_from_top_to_bottom(shell: Shell) -> None:
    for block in blocks(ROOT / "README.md", "sh"):
        shell.run(block)
    (snippet,) = blocks(ROOT / "README.md", "python")
    shell.stop()
    code = (
        "import asyncio\nasync def main():\n"
        + textwrap.indent(snippet, "    ")
        + "\n    print(len(rows), receipt.quarantined)\nasyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shell.folder.parent, env=shell.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "1"


def test_the_quickstart_from_top_to_bottom(shell: Shell) -> None:
    for block in blocks(ROOT / "docs/quickstart.md", "sh"):
        shell.run(block)


def test_how_to_publish_data(shell: Shell) -> None:
    shell.run("weft init bank\ncd bank\nweft apply --yes\nweft up")
    for block in blocks(ROOT / "docs/how-to/publish-data.md", "sh"):
        shell.run(block)


def test_how_to_open_a_mesh_to_the_network(shell: Shell) -> None:
    for block in blocks(ROOT / "docs/how-to/open-to-the-network.md", "sh"):
        shell.run(block)


def test_no_guide_holds_a_shell_block_that_no_test_runs() -> None:
    assert [
        name(page) for page in PAGES if blocks(page, "sh") and page not in WALKED and "reference" not in page.parts
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_yaml_json_and_python_can_be_read(page: Path) -> None:
    for text in blocks(page, "yaml"):
        found = read_mesh({"sample.yaml": text.encode()}, "docs")
        faults = [problem for problem in found.problems if problem.code.startswith("WEFT-10")]
        assert "kind:" not in text or not [p for p in faults if p.code != "WEFT-1008"], faults
    for text in blocks(page, "json"):
        json.loads(text)
    for text in blocks(page, "python"):
        ast.parse(textwrap.dedent(text), feature_version=(3, 11)) if "await" not in text else compile(
            text, name(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_files_that_the_architecture_names_exist() -> None:
    named = re.findall(r"`((?:\w+/)+\w+\.py)`", (ROOT / "docs/architecture.md").read_text())
    assert len(named) > 30
    assert [path for path in named if not (ROOT / "src/weft" / path).exists() and not (ROOT / path).exists()] == []

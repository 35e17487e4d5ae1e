"""A running demo mesh as a child process, and Chromium that writes down all that a page does."""

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from portal.visitor import Visitor

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
START_SECONDS = 60
STOP_SECONDS = 15
FLAGS = [
    "--no-sandbox",  # tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)


def missing(what: str) -> None:
    """Skip with the reason; in CI nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def first_address(process: subprocess.Popen[str]) -> str:
    """The first address that the demo prints; its later lines are read on, so that it never waits for a full pipe."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    said: list[str] = []
    while True:
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            line = None
        if line is None:
            pytest.fail("the demo printed no address:\n" + "".join(said))
        said.append(line)
        if found := ADDRESS.search(line):
            return found[0]


@pytest.fixture(scope="module")
def mesh_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo mesh with live data."""
    import weft

    if not (Path(weft.__file__).parent / "portal" / "static" / "index.html").is_file():
        missing("the portal is not built: run `npm ci && npm run build` in portal/")
    folder = tmp_path_factory.mktemp("demo")
    command = [str(Path(sys.executable).with_name("weft")), "demo", "--no-open", "--dir", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield first_address(process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium: nothing is downloaded."""
    program = which("chromium") or which("chromium-browser") or which("google-chrome")
    if program is None:
        missing("Chromium is not on this machine: apt-get install chromium, or make services")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser, mesh_url: str) -> Iterator[Visitor]:
    """A visitor at a 1280 by 720 window."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    yield Visitor(context.new_page(), mesh_url)
    context.close()


@pytest.fixture
def second_visitor(chromium: Browser, mesh_url: str) -> Iterator[Visitor]:
    """Another visitor, with cookies of their own."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    yield Visitor(context.new_page(), mesh_url)
    context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which judges a page's accessibility."""
    source = Path(__file__).parents[3] / "portal" / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        missing("axe-core is not installed: run `npm ci` in portal/")
    return source.read_text(encoding="utf-8")

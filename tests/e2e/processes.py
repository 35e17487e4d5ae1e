"""What a test runs beside itself: a mesh as a child process, and this machine's own Chromium."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import NoReturn

import pytest

import weft

WEFT = Path(sys.executable).with_name("weft")
CHROMIUM_FLAGS = [
    "--no-sandbox",  # tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_START_SECONDS = 60
_STOP_SECONDS = 15


def missing(what: str) -> NoReturn:
    """Skip with the reason; in CI nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def need_portal() -> None:
    """Go on only where the portal is built."""
    if not (Path(weft.__file__).parent / "portal" / "static" / "index.html").is_file():
        missing("the portal is not built: run `npm ci && npm run build` in portal/")


def chromium_program() -> str:
    """The machine's own Chromium: nothing is downloaded."""
    program = which("chromium") or which("chromium-browser") or which("google-chrome")
    return program or missing("Chromium is not on this machine: apt-get install chromium, or make services")


@contextmanager
def running_mesh(*arguments: str | Path) -> Iterator[str]:
    """The address of a mesh that `weft` runs with these arguments, until it is left."""
    process = subprocess.Popen(
        [str(WEFT), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield _first_address(process)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _first_address(process: subprocess.Popen[str]) -> str:
    """The first address that the mesh prints; its later lines are read on, so that it never waits for a full pipe."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    said: list[str] = []
    while True:
        try:
            line = lines.get(timeout=_START_SECONDS)
        except queue.Empty:
            line = None
        if line is None:
            pytest.fail("the mesh printed no address:\n" + "".join(said))
        said.append(line)
        if found := _ADDRESS.search(line):
            return found[0]

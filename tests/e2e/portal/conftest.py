"""A running demo mesh as a child process, and Chromium that writes down all that a page does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from portal.visitor import Visitor
from processes import CHROMIUM_FLAGS, chromium_program, missing, need_portal, running_mesh

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def mesh_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo mesh with live data."""
    need_portal()
    with running_mesh("demo", "--no-open", "--dir", tmp_path_factory.mktemp("demo"), "--port", "0") as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium."""
    program = chromium_program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
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

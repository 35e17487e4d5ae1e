"""Someone who visits the portal: a browser window, signed in as a demo person, with a record of what the page does."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect


class Visitor:
    """One browser window of its own, signed in as a demo person, with a record of what it asked for and complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, url: str) -> None:
        if urlsplit(url).hostname not in {"127.0.0.1", "localhost", None}:
            self.strangers.append(url)

    def _said(self, kind: str, text: str) -> None:
        refused = "status of 403" in text  # Chromium's own note of an answer that a page shows as "you may not"
        if kind in {"error", "warning"} and not refused:
            self.complaints.append(text)

    def sign_in(self, role: str) -> Visitor:
        """Choose the first demo person who has the role."""
        self.page.goto(self.url)
        self.page.get_by_role("listitem").filter(has_text=role).first.get_by_role("button").click()
        expect(self.page.get_by_role("banner")).to_be_visible()
        return self

    def go(self, path: str) -> Page:
        """Open a screen of the portal by the address after `#`."""
        self.page.evaluate("path => { location.hash = path }", path)
        return self.page

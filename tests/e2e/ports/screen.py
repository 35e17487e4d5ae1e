"""The rows of the portal as a person reads them: what a page shows, and what it should show of the rows that REST answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from playwright.async_api import Page, expect

Screen = dict[str, dict[str, str]]
"""Rows by their key, each column with the text of its cell; an absent value, which shows as a quiet dash, is left out."""

_READ = """main => {
  const notice = main.querySelector(".state-title"), table = main.querySelector("table");
  if (notice) return { notice: notice.textContent };
  const text = cell => cell.querySelector(".quiet") ? null : cell.textContent;
  return {
    heads: [...table.tHead.rows[0].cells].map(head => head.querySelector("button").firstChild.textContent),
    rows: [...table.tBodies[0].rows].map(row => [...row.cells].map(text)),
  };
}"""
_NOTICES: dict[str, Screen | int] = {
    "No rows yet": {},
    "You may not read order": 403,
    "You may not see this": 403,  # on a page that showed rows a moment ago
}
expect.set_options(timeout=20_000)


async def sign_in(page: Page, key: str) -> None:
    """Sign in with an API key, by the link that a person is given."""
    await page.goto(f"/#key={key}")
    await expect(page.get_by_role("banner")).to_be_visible()
    await leave(page)


async def open_rows(page: Page, product: str) -> None:
    """Open the rows of a product's first table, on a page that knows nothing yet."""
    await leave(page)
    await page.goto(f"/#/products/{product}/data")


async def leave(page: Page) -> None:
    """Leave the portal, still signed in: a page that stays open asks anew every two seconds, and tests share a machine."""
    await page.goto("about:blank")


async def on_screen(page: Page) -> Screen | int:
    """The rows that a page shows, or the status that its notice stands for."""
    main = page.locator("main")
    await expect(main.locator("table, .state-title")).to_be_visible()
    read = await main.evaluate(_READ)  # in one go: a live page may change between two looks
    if "notice" in read:
        return _NOTICES[read["notice"]]
    rows = [dict(zip(read["heads"], cells, strict=True)) for cells in read["rows"]]
    return {row["order_id"]: {name: text for name, text in row.items() if text is not None} for row in rows}


def as_shown(answer: bytes) -> Screen:
    """What a page should show of an answer of REST. Lost on the way to the eye are fractions of a second, and the names
    and empty places within an object; all else is compared, the digits of numbers as they were sent.
    """
    rows = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode(answer)["items"]
    return {row["order_id"]: {name: _cell(name, value) for name, value in row.items()} for row in rows}


def _cell(name: str, value: Any) -> str:
    if name == "created_at":
        return value[:19].replace("T", " ")
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return " · ".join(_part(part) for part in parts if part is not None)
    return _part(value)


def _part(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.Encoder(decimal_format="number").encode(value).decode()

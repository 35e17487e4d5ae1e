"""The mesh of these tests as it is used: running in processes of its own, read by HTTP, by Python, by `weft` and in the portal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
from playwright.async_api import Page, async_playwright
from ports.conftest import PRODUCT, READERS, TABLE, Change, Ports, Rows, by_key, declare, sql_rows
from ports.screen import Screen, as_shown, leave, on_screen, open_rows, sign_in
from processes import CHROMIUM_FLAGS, WEFT, chromium_program, need_portal, running_mesh

from weft.platform.mesh import Mesh

_BASE = f"/api/v1/products/{PRODUCT}"
_DENIED = 5
_PATIENCE = 15.0


@dataclass(frozen=True, repr=False)
class RunningPorts(Ports):
    """One running mesh through every door, those of other processes among them."""

    folder: Path
    pages: Mapping[str, Page]

    async def send(self, *rows: dict[str, Any]) -> None:
        """Publish rows over HTTP, and wait until they can be read."""
        body = "".join(json.dumps(row) + "\n" for row in rows)
        sender = self.headers("team") | {"Content-Type": "application/x-ndjson"}
        answer = await self.http.post(f"{_BASE}/ingest/{TABLE}", content=body, headers=sender)
        assert answer.json()["accepted"] == len(rows), answer.text
        reader = self.headers("team") | {"Weft-Position": answer.headers["Weft-Position"]}
        for path in (f"{_BASE}/{TABLE}", f"{_BASE}/{TABLE}/{rows[-1]['order_id']}"):
            assert (await self.http.get(path, headers=reader)).status_code == 200

    async def apply(self, change: Change) -> None:
        """Change what the folder declares, and make that the mesh, as a person does."""
        declare(self.folder, change)
        code, out = await self.weft("apply", "--yes")
        assert code == 0, out

    async def until(self, who: str, status: int) -> None:
        """Wait until the running mesh has taken in what was applied: until it answers a reader so."""
        async with asyncio.timeout(_PATIENCE):
            while (await self.http.get(f"{_BASE}/{TABLE}", headers=self.headers(who))).status_code != status:
                await asyncio.sleep(0.1)

    async def weft(self, *words: str) -> tuple[int, str]:
        """Run a command: how it ended, and what it said."""
        process = await asyncio.create_subprocess_exec(
            WEFT, *words, "-C", self.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, error = await process.communicate()
        assert process.returncode in {0, _DENIED}, error.decode()
        return process.returncode, out.decode()

    async def cli_query(self, who: str) -> Rows | int:
        sql = f'SELECT * FROM "{PRODUCT}"."{TABLE}"'
        code, out = await self.weft("query", sql, "--as", who, "-o", "json")
        return 403 if code == _DENIED else sql_rows(json.loads(out))

    async def cli_read(self, who: str) -> Rows | int:
        code, out = await self.weft("product", "read", PRODUCT, "--as", who, "--size", "1000", "-o", "json")
        return 403 if code == _DENIED else by_key(json.loads(out)["items"])

    async def everywhere(self, who: str, ids: list[str]) -> dict[str, Rows | int]:
        """What one reader sees, by port; the portal is apart, since it shows texts."""
        commands = asyncio.gather(self.cli_query(who), self.cli_read(who))
        seen = await super().everywhere(who, ids)
        asked, read = await commands
        return {**seen, "weft query": asked, "weft product read": read}

    async def in_portal(self, who: str) -> Screen | int:
        """What one reader sees on the page of the rows, opened afresh."""
        page = self.pages[who]
        await open_rows(page, PRODUCT)
        seen = await on_screen(page)
        await leave(page)
        return seen

    async def for_portal(self, who: str) -> Screen | int:
        """What that page should show, by what REST answers."""
        answer = await self.http.get(f"{_BASE}/{TABLE}?size=1000", headers=self.headers(who))
        return as_shown(answer.content) if answer.status_code == 200 else answer.status_code

    async def open_page(self, who: str) -> None:
        """Open the page of the rows for a reader who leaves it open."""
        await open_rows(self.pages[who], PRODUCT)
        await on_screen(self.pages[who])

    async def page_follows(self, who: str) -> None:
        """The page that was left open comes to show what REST answers now."""
        async with asyncio.timeout(_PATIENCE):
            while await on_screen(self.pages[who]) != await self.for_portal(who):
                await asyncio.sleep(0.1)

    async def check(self, ids: list[str]) -> dict[str, Rows | int]:
        """Every port shows each reader the same, which is returned by reader."""
        shown: dict[str, Rows | int] = {}
        for who in READERS:
            seen = await self.everywhere(who, ids)
            shown[who] = seen["REST by key"]
            assert all(rows == shown[who] for rows in seen.values()), (who, seen)
            on_page, answered = await self.in_portal(who), await self.for_portal(who)
            assert on_page == answered, (who, {"portal": on_page, "REST": answered})
        return shown


@asynccontextmanager
async def run_ports(folder: Path, change: Change) -> AsyncIterator[RunningPorts]:
    """Apply the mesh in a folder, run it, and open every port of it for every reader."""
    need_portal()
    program = chromium_program()
    declare(folder, change)
    async with Mesh.open(folder) as mesh, async_playwright() as playwright:
        await mesh.apply(await mesh.plan())
        identity = mesh.node.identity()
        people = {name: await identity.find(name) for name in READERS}
        tokens = {name: (await identity.issue(people[name])).text for name in READERS}
        browser = await playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        with running_mesh("up", "--port", "0", "-C", folder) as address:
            pages: dict[str, Page] = {}
            for name in READERS:
                context = await browser.new_context(base_url=address, timezone_id="UTC")
                pages[name] = await context.new_page()
                await sign_in(pages[name], await identity.new_key(name))
            async with httpx.AsyncClient(base_url=address) as http:
                yield RunningPorts(mesh=mesh, http=http, tokens=tokens, people=people, folder=folder, pages=pages)
            await browser.close()

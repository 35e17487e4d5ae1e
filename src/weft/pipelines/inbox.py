"""A `files` source: whatever file is put into its folder is taken in once, and moved aside."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from weft.contracts.formats import Format
from weft.model.errors import InvalidInput
from weft.model.ledger import Run, run_space
from weft.model.product import Product, Source, Table
from weft.pipelines.files import BulkShelf, Delivery
from weft.pipelines.workshop import Workshop
from weft.ports.state_store import Put

DONE = ".done"
REFUSED = ".refused"
FORMATS: dict[str, Format] = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json", ".csv": "csv"}
_UNFINISHED = {".tmp", ".part", ".partial"}
_QUIET = 0.3
"""Seconds for which a file must not change before it is taken to be whole."""


@dataclass(frozen=True, slots=True)
class _Seen:
    path: Path
    size: int
    changed: int


class Inbox:
    """Watches one folder."""

    def __init__(self, workshop: Workshop, product: Product, source: Source, folder: Path, shelf: BulkShelf) -> None:
        self._workshop = workshop
        self._product = product
        self._source = source
        self._folder = folder / (source.url.removeprefix("file:") or "inbox")
        self._shelf = shelf

    @property
    def table(self) -> Table:
        """The table that the files feed."""
        silver = [table for table in self._product.tables if table.layer == "silver"]
        found = self._product.table(self._source.table) if self._source.table else next(iter(silver), None)
        if found is None:
            raise InvalidInput(f"{self._product.name}: source {self._source.name} feeds no table")
        return found

    async def look(self) -> bool:
        """Take the next whole file in; whether there was one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for seen in self._files():
            await asyncio.sleep(_QUIET)
            if _look_at(seen.path) == seen:
                await self.take(seen.path)
                return True
        return False

    def _files(self) -> list[_Seen]:
        paths = sorted(
            path for path in self._folder.iterdir() if path.suffix in FORMATS and not path.name.startswith(".")
        )
        return [seen for path in paths if (seen := _look_at(path)) and path.suffix not in _UNFINISHED]

    async def take(self, path: Path) -> None:
        """Take one file in, then move it aside. Interrupted anywhere, doing it again ends the same."""
        digest = await asyncio.to_thread(_digest, path)
        delivery = Delivery(
            id=f"{self._source.name}/{path.name}/{digest}",
            path=path,
            name=path.name,
            format=FORMATS[path.suffix],
            source=f"files:{self._source.name}",
        )
        try:
            await self._shelf.deliver(self._product, self.table, delivery)
        except InvalidInput as error:
            await self._refuse(path, error)
            return
        _move_aside(path, DONE, digest)

    async def _refuse(self, path: Path, error: InvalidInput) -> None:
        """A file that cannot be taken in is put where a person finds it, and the runs say why."""
        run = Run(
            id=self._workshop.ids.new(),
            kind="bulk",
            table=self.table.name,
            started=self._workshop.clock.now().isoformat(),
            seconds=0.0,
            status="failed",
            note=f"{path.name}: {error}",
        )
        await self._workshop.state.commit([Put(run_space(self._product.name), run.id, msgspec.json.encode(run))])
        _move_aside(path, REFUSED, run.id)


def _move_aside(path: Path, folder: str, mark: str) -> None:
    aside = path.parent / folder
    aside.mkdir(exist_ok=True)
    path.replace(aside / f"{mark[:13]}-{path.name}")


def _look_at(path: Path) -> _Seen | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return _Seen(path, status.st_size, status.st_mtime_ns) if path.is_file() else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

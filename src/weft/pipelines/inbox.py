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
        self._left: set[_Seen] = set()
        """Files that could not be moved aside: not looked at again until they change."""

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
            if _look_at(seen.path) == seen and await self._take(seen):
                return True
        return False

    def _files(self) -> list[_Seen]:
        paths = sorted(path for path in self._folder.iterdir() if self._format(path))
        found = [seen for path in paths if (seen := _look_at(path))]
        self._left.intersection_update(found)
        return [seen for seen in found if seen not in self._left]

    def _format(self, path: Path) -> Format | None:
        """The format that the source declares, else the one of the file's ending; None for a file that is left alone."""
        if path.name.startswith(".") or path.suffix in _UNFINISHED:
            return None
        return FORMATS.get(f".{self._source.format}" if self._source.format else path.suffix)

    async def _take(self, seen: _Seen) -> bool:
        """Take one file in and move it aside; whether it is gone. Interrupted anywhere, doing it again ends the same."""
        try:
            digest = await asyncio.to_thread(_digest, seen.path)
            await self._deliver(seen.path, digest)
        except InvalidInput as error:
            return await self._refuse(seen, str(error))
        except OSError as error:
            if str(error.filename) != str(seen.path):
                raise
            if isinstance(error, FileNotFoundError):
                return False
            return await self._refuse(seen, f"it cannot be read: {error.strerror}")
        return self._move_aside(seen, DONE, digest)

    async def _deliver(self, path: Path, digest: str) -> None:
        delivery = Delivery(
            id=f"{self._source.name}/{path.name}/{digest}",
            path=path,
            name=path.name,
            format=self._format(path) or "ndjson",
            source=f"files:{self._source.name}",
        )
        await self._shelf.deliver(self._product, self.table, delivery)

    async def _refuse(self, seen: _Seen, reason: str) -> bool:
        """Put a file that cannot be taken in where a person finds it, and let the runs say why; whether it is gone."""
        run = Run(
            id=self._workshop.ids.new(),
            kind="bulk",
            table=self.table.name,
            started=self._workshop.clock.now().isoformat(),
            seconds=0.0,
            status="failed",
            note=f"{seen.path.name}: {reason}",
        )
        await self._workshop.state.commit([Put(run_space(self._product.name), run.id, msgspec.json.encode(run))])
        return self._move_aside(seen, REFUSED, run.id)

    def _move_aside(self, seen: _Seen, folder: str, mark: str) -> bool:
        """Move a file that is done with; whether it is gone. One that cannot be moved is left until it changes."""
        aside = seen.path.parent / folder
        try:
            aside.mkdir(exist_ok=True)
            seen.path.replace(aside / f"{mark[:13]}-{seen.path.name}")
        except OSError:
            self._left.add(seen)
            return False
        return True


def _look_at(path: Path) -> _Seen | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Seen(path, status.st_size, status.st_mtime_ns) if path.is_file() else None


def _digest(path: Path) -> str:
    """The digest of a file; what fails names the file, even where only reading it did."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        error.filename = path
        raise

"""Keys as files of their owner alone, in a folder outside the data."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from urllib.parse import quote, unquote

from weft._kit.clock import SystemIds
from weft.backends.address import Address
from weft.backends.durable import make_folder, sync_folder, write_once
from weft.model.errors import Corrupt, Environment, InvalidInput, NotFound, Unavailable
from weft.ports.clock import Ids
from weft.ports.keys import Keys

KEY_BYTES = 32
_NAME_BYTES = 200
_OTHERS = 0o077


class FileKeys(Keys):
    """One file a key, made whole or not at all; a destroyed key leaves an empty tombstone, so that it is never made again.

    Every look-up reads the file anew: a key that another process destroys is gone here too, at once.
    """

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._folder = folder
        self._ids = ids
        self._closed = False

    @classmethod
    def open(cls, url: str, folder: Path, *, ids: Ids | None = None) -> FileKeys:
        """`file:` lies in the user's configuration under the mesh's own id, `file:/absolute/folder` elsewhere."""
        ids = ids or SystemIds()
        chosen = Address.parse(url).path or _configuration() / "weft" / "keys" / _mesh_id(folder, ids)
        if chosen.resolve().is_relative_to(folder.resolve()):
            raise InvalidInput(
                f"keys in {chosen} would lie with the data that they protect",
                hint="choose a folder outside, or write `file:`",
            )
        return cls(chosen, ids)

    async def key(self, name: str) -> bytes:
        """See Keys."""
        self._check_open()
        try:
            return self._read(name)
        except FileNotFoundError:
            await asyncio.to_thread(self._make, name)
        try:
            return self._read(name)
        except FileNotFoundError as error:
            raise _destroyed(name) from error

    async def destroy(self, name: str) -> None:
        """See Keys."""
        self._check_open()
        await asyncio.to_thread(self._destroy, name)

    async def names(self) -> list[str]:
        """See Keys."""
        self._check_open()
        if not self._folder.is_dir():
            return []
        files = {path.name for path in self._folder.iterdir()}
        lives = (name for name in files if name.endswith(".key") and not name.startswith("."))
        return sorted(unquote(name.removesuffix(".key")) for name in lives if f"{name}.gone" not in files)

    async def close(self) -> None:
        """See Keys."""
        self._closed = True

    def _read(self, name: str) -> bytes:
        path = self._path(name)
        if _tombstone(path).exists():
            raise _destroyed(name)
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise Environment(f"others may read the key in {path}", hint=f"chmod 600 {path}")
            key = file.read(KEY_BYTES + 1)
        if len(key) != KEY_BYTES:
            raise Corrupt(f"{path} holds no key of {KEY_BYTES} bytes", hint="restore it from a backup")
        return key

    def _make(self, name: str) -> None:
        path = self._path(name)
        make_folder(self._folder, mode=0o700)
        write_once(path, hashlib.sha256(self._ids.secret().encode()).digest(), mode=0o600)
        if _tombstone(path).exists():
            # Another process destroyed the key while this one made it.
            _erase(path)

    def _destroy(self, name: str) -> None:
        path = self._path(name)
        make_folder(self._folder, mode=0o700)
        # The tombstone comes first: after a kill in between, the key counts as destroyed and the next call finishes it.
        write_once(_tombstone(path), b"", mode=0o600)
        _erase(path)

    def _path(self, name: str) -> Path:
        try:
            file = quote(name, safe=" ")
        except UnicodeEncodeError as error:
            raise InvalidInput(f"{name!r} is not Unicode", hint="names hold no lone surrogates") from error
        if not name or len(file) > _NAME_BYTES:
            raise InvalidInput(f"{name!r} cannot name a key", hint=f"1 to {_NAME_BYTES} plain characters")
        # A name may begin with a dot, a draft's name always does.
        return self._folder / f"{file.replace('.', '%2E')}.key"

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the keys are closed", hint="open them again")


def _destroyed(name: str) -> NotFound:
    return NotFound(f"the key {name!r} was destroyed", hint="what it protected is gone for good")


def _tombstone(path: Path) -> Path:
    return path.with_name(f"{path.name}.gone")


def _erase(path: Path) -> None:
    """Overwrite a key before its name goes: file systems that write in place then hold it no more."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    sync_folder(path.parent)


def _configuration() -> Path:
    """The user's configuration folder, as the XDG base directory specification tells."""
    chosen = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    if not chosen.is_absolute():
        raise Environment("there is no home folder to keep keys in", hint="set XDG_CONFIG_HOME, or keys: file:/folder")
    return chosen


def _mesh_id(folder: Path, ids: Ids) -> str:
    """The random id of a mesh: its folder may move, and keeps its keys."""
    path = folder / "mesh-id"
    if not path.exists():
        make_folder(folder)
        write_once(path, hashlib.sha256(ids.secret().encode()).hexdigest()[:32].encode())
    found = path.read_text(encoding="ascii", errors="replace").strip()
    if not found.isalnum():
        raise Corrupt(f"{path} holds no id", hint="restore it from a backup: it names the folder of this mesh's keys")
    return found

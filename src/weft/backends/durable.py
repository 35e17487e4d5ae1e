"""Files and folders that a power cut cannot take back."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, mode: int = 0o755) -> None:
    """Make a folder and those above it, so that they last."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def write_once(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
    """Make a file with this content unless it exists; whole or not at all. Tells whether it was made here."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        os.fchmod(handle, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return _link(draft, path)
    finally:
        draft.unlink()
        sync_folder(path.parent)


def _link(draft: Path, path: Path) -> bool:
    # A hard link fails where the name is taken: of two racing makers exactly one wins, unlike with a rename.
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    return True

"""The last versions on disk against what was written: a torn tail is set aside, silent damage is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from weft.backends.durable import make_folder, sync_folder
from weft.backends.table_stores.commit_log import LOG, actions, commit_file, sound, versions, weft_note
from weft.backends.table_stores.data_files import sha256
from weft.backends.table_stores.versions import checkpoint_version
from weft.model.errors import Corrupt

DEPTH = 20
"""So many versions back from the newest are looked at."""
ASIDE = "_quarantine"
Actions = list[tuple[str, dict[str, Any]]]


def set_bad_tail_aside(folder: Path) -> None:
    """Move commits that cannot be trusted, and all after them, into `_quarantine`; the table goes on from before them.

    What they held is not lost: the positions of the version that is left tell the writer where to read again.
    """
    _forget_bad_checkpoint(folder)
    tail = versions(folder)[-DEPTH:]
    removed = _removed(folder, tail)
    for place, number in enumerate(tail):
        reason = "the version before it is missing" if place and tail[place - 1] != number - 1 else ""
        if reason := reason or _torn(folder, number, removed):
            _set_aside(folder, tail[place:], reason)
            return


def findings(folder: Path) -> list[str]:
    """One sentence for each thing that is not as it was written, or was set aside."""
    found = [reason.read_text() for reason in sorted((folder / ASIDE).glob("*.txt"))]
    tail = versions(folder)[-DEPTH:]
    removed = _removed(folder, tail)
    before = ""
    for number in tail:
        data = commit_file(folder, number).read_bytes()
        found.extend(_damage(folder, number, data, before, removed))
        before = hashlib.sha256(data).hexdigest()
    return found


def _damage(folder: Path, number: int, data: bytes, before: str, removed: set[str]) -> Iterator[str]:
    try:
        pairs = actions(data, commit_file(folder, number))
    except Corrupt as error:
        yield f"version {number}: {error.message}"
        return
    note = weft_note(pairs)
    if not sound(data, note):
        yield f"version {number}: its commit was changed after it was written"
    if before and note and note["previous"] != before:
        yield f"version {number}: the version before it is not the one that it was written upon"
    for body in _added(pairs, removed):
        path = folder / unquote(body["path"])
        if (fault := _missing(path, body)) or (fault := _rotten(path, body)):
            yield f"version {number}: {fault}"


def _torn(folder: Path, number: int, removed: set[str]) -> str:
    place = commit_file(folder, number)
    data = place.read_bytes()
    try:
        pairs = actions(data, place)
    except Corrupt as error:
        return error.message
    if not sound(data, weft_note(pairs)):
        return "its commit is not what was written"
    faults = (_missing(folder / unquote(body["path"]), body) for body in _added(pairs, removed))
    return next((fault for fault in faults if fault), "")


def _added(pairs: Actions, removed: set[str]) -> list[dict[str, Any]]:
    return [body for kind, body in pairs if kind == "add" and body["path"] not in removed]


def _removed(folder: Path, tail: Sequence[int]) -> set[str]:
    """Files that a later version let go: a vacuum may have deleted them."""
    gone: set[str] = set()
    for number in tail:
        place = commit_file(folder, number)
        try:
            gone.update(body["path"] for kind, body in actions(place.read_bytes(), place) if kind == "remove")
        except Corrupt:
            break
    return gone


def _missing(path: Path, body: dict[str, Any]) -> str:
    if not path.exists():
        return f"data file {path.name} is missing"
    size = path.stat().st_size
    return "" if size == body["size"] else f"data file {path.name} has {size} bytes, not {body['size']}"


def _rotten(path: Path, body: dict[str, Any]) -> str:
    written = (body.get("tags") or {}).get("sha256")
    return f"data file {path.name} is not what was written" if written and sha256(path) != written else ""


def _set_aside(folder: Path, numbers: Sequence[int], reason: str) -> None:
    aside = folder / ASIDE
    make_folder(aside)
    _drop_pointer(folder, numbers[0])
    for number in reversed(numbers):
        place = commit_file(folder, number)
        target = _free(aside, place.stem)
        (aside / f"{target}.txt").write_text(
            f"version {number} was set aside: {reason if number == numbers[0] else 'it follows a bad one'}"
        )
        place.rename(aside / f"{target}.json")
    sync_folder(aside)
    sync_folder(folder / LOG)


def _free(aside: Path, stem: str) -> str:
    taken = sum(1 for _ in aside.glob(f"{stem}*.json"))
    return f"{stem}.{taken}" if taken else stem


def _drop_pointer(folder: Path, before: int) -> None:
    """Checkpoints at or after a version, and the pointer to them, say what is no longer so."""
    log = folder / LOG
    for file in log.glob("*.checkpoint*.parquet"):
        if int(file.name.partition(".")[0]) >= before:
            file.rename(folder / ASIDE / file.name)
    version = checkpoint_version(folder)
    if version is None or version >= before:
        (log / "_last_checkpoint").unlink(missing_ok=True)


def _forget_bad_checkpoint(folder: Path) -> None:
    """A checkpoint only saves time: one that a power cut left torn is forgotten, the log is whole without it."""
    pointer = folder / LOG / "_last_checkpoint"
    if not pointer.exists():
        return
    version = checkpoint_version(folder)
    files = list((folder / LOG).glob(f"{version:020}.checkpoint*.parquet")) if version is not None else []
    if not files or not all(_whole(file) for file in files):
        pointer.unlink()
        for file in files:
            file.unlink()
        sync_folder(folder / LOG)


def _whole(file: Path) -> bool:
    data = file.read_bytes()
    return len(data) > 8 and data[:4] == data[-4:] == b"PAR1"  # noqa: PLR2004 the two magic words

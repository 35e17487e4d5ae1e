"""A new mesh's folder: the template's files, what editors need, and a .gitignore; nothing is overwritten unasked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

from weft.contracts import editor
from weft.contracts.reading import is_declaration
from weft.model.declaration import KINDS
from weft.model.errors import Environment
from weft.platform.templates import template_folder

Outcome = Literal["new", "same", "kept", "replaced"]
_KIND = re.compile(rf"^kind:\s*({'|'.join(KINDS)})\s*$", re.MULTILINE)
_IGNORED = ".weft/\ninbox/\n__pycache__/\n"


def scaffold(folder: Path, template: str, *, force: bool) -> list[tuple[str, Outcome]]:
    """Write a template; what became of each file."""
    found = dict(_template(template))
    found.setdefault(".gitignore", _IGNORED.encode())
    found.update({path: text.encode() for path, text in editor.files().items()})
    try:
        return [(path, _write(folder / path, found[path], force=force)) for path in sorted(found)]
    except OSError as error:
        raise Environment(
            f"cannot write {error.filename}: {error.strerror}", hint="choose a folder that you may write"
        ) from error


def _template(name: str) -> Iterator[tuple[str, bytes]]:
    """The files of a template, declarations with the line that tells editors their schema."""
    source = files("weft.cli") / "templates" / "empty" if name == "empty" else template_folder(name)
    for path in sorted(Path(str(source)).rglob("*")):
        inside = path.relative_to(str(source)).as_posix()
        if path.is_file() and not {".weft", "__pycache__"} & set(path.parts):
            content = path.read_bytes()
            yield inside, _with_modeline(inside, content) if is_declaration(inside) else content


def _with_modeline(path: str, content: bytes) -> bytes:
    text = content.decode("utf-8")
    kind = _KIND.search(text)
    if kind is None or text.startswith("# yaml-language-server:"):
        return content
    return f"{editor.modeline(kind[1], path)}\n{text}".encode()


def _write(path: Path, content: bytes, *, force: bool) -> Outcome:
    if path.exists():
        if path.read_bytes() == content:
            return "same"
        if not force:
            return "kept"
        path.write_bytes(content)
        return "replaced"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return "new"

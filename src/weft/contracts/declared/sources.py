"""The sources of a product: what is connected, what feeds which table, what is not captured yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weft._kit.place import Path
from weft.contracts.declared.draft import Draft
from weft.contracts.declared.folder import resolved
from weft.model import declaration
from weft.model.product import Source, Table


def sources_of(draft: Draft, tables: Sequence[Table]) -> tuple[Source, ...]:
    """Every declared source, and a note for each that is not captured yet."""
    found: list[Source] = []
    for kind in draft.spec.sources.__struct_fields__:
        written = getattr(draft.spec.sources, kind)
        match written:
            case declaration.Files() | tuple():
                found.extend(_files(draft, written, tables))
            case declaration.Database() | declaration.Mongodb() | declaration.Objects():
                found.append(_captured(draft, kind, written))
            case declaration.Topics() | declaration.Http():
                found.append(_fetched(draft, kind, written, tables))
            case _:
                pass
    _check_origins(draft, found)
    return tuple(found)


def _files(
    draft: Draft, written: declaration.Files | tuple[declaration.Files, ...], tables: Sequence[Table]
) -> Iterator[Source]:
    listed = isinstance(written, tuple)
    for index, spec in enumerate(written if listed else (written,)):
        path: Path = ("spec", "sources", "files", *_step(draft, index, listed=listed, name=spec.name))
        target = resolved(draft.file.name, spec.path)
        if target is None:
            what = f"`{spec.path}` leaves the folder"
            draft.file.problem("WEFT-1207", (*path, "path"), what, why="only files in the mesh's folder are read")
            continue
        yield Source(
            name=spec.name or (f"files{index + 1}" if index else "files"),
            kind="files",
            objects=(target,),
            url=f"file:{target}",
            table=_fed(draft, path, spec.table, tables),
            format=spec.format,
        )


def _step(draft: Draft, index: int, *, listed: bool, name: str) -> tuple[str | int, ...]:
    """The last part of a folder's path: none for a single one, its index in a list, its name in a mapping."""
    if not listed:
        return ()
    return (name,) if ("spec", "sources", "files", name) in draft.file.document.keys else (index,)


def _fed(draft: Draft, path: Path, written: str, tables: Sequence[Table]) -> str:
    silver = [table.name for table in tables if table.layer == "silver"]
    if written:
        if written not in silver and not _is_broken(draft, written):
            draft.unknown("WEFT-1202", (*path, "table"), written, silver, noun="silver table")
        return written
    if not silver:
        return ""
    return draft.infer((*path, "table"), silver[0], "the product's first silver table", f"table: {silver[0]}")


def _is_broken(draft: Draft, name: str) -> bool:
    """Whether a table is declared and only missing because of a problem of its own."""
    return any(spec.name == name for spec in draft.spec.tables)


def _captured(
    draft: Draft, kind: str, written: declaration.Database | declaration.Mongodb | declaration.Objects
) -> Source:
    path: Path = ("spec", "sources", kind)
    match written:
        case declaration.Database(tables=objects):
            what = f"changes captured from {kind}"
        case declaration.Mongodb(collections=objects):
            what = f"changes captured from {kind}"
        case declaration.Objects(objects=objects):
            what = f"rows fetched from {kind}"
    draft.not_served(path, what, _meanwhile(draft))
    database = "" if isinstance(written, declaration.Objects) else written.database
    return Source(name=kind, kind=kind, objects=objects, database=database, url=written.url)


def _fetched(
    draft: Draft, kind: str, written: declaration.Topics | declaration.Http, tables: Sequence[Table]
) -> Source:
    path: Path = ("spec", "sources", kind)
    draft.not_served(path, f"rows fetched from {kind}", _meanwhile(draft))
    objects = written.topics if isinstance(written, declaration.Topics) else ()
    return Source(
        name=kind, kind=kind, objects=objects, url=written.url, table=_fed(draft, path, written.table, tables)
    )


def _check_origins(draft: Draft, sources: Sequence[Source]) -> None:
    known = {source.name: source for source in sources}
    for index, spec in enumerate(draft.spec.tables):
        if not spec.origin:
            continue
        name, _, part = spec.origin.partition(".")
        path: Path = ("spec", "tables", index, "from")
        if name not in known:
            draft.unknown("WEFT-1204", path, name, list(known), noun="source")
        elif part and known[name].kind != "files" and part not in known[name].objects:
            draft.unknown("WEFT-1204", path, part, list(known[name].objects), noun=f"part of {name}")


def _meanwhile(draft: Draft) -> str:
    product = draft.declared.metadata.name
    return (
        f"send rows to POST /api/v1/products/{product}/ingest/TABLE, or drop files into an inbox (spec.sources.files)"
    )

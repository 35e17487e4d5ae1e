"""The contracts of a product: their schemas found, their quality promises understood."""

from __future__ import annotations

from collections.abc import Callable

from weft._kit import durations
from weft._kit.place import Path
from weft.contracts.declared.draft import Draft, Promised
from weft.contracts.declared.findings import DeclaredFile
from weft.model import declaration
from weft.model.product import Contract, Quality

_LATER = {".avsc": "Avro", ".avro": "Avro", ".proto": "Protobuf"}
_MEASURES: tuple[tuple[str, Callable[[str], float]], ...] = (
    ("freshness", durations.seconds),
    ("completeness", durations.share),
    ("accuracy", durations.share),
)


def promised(draft: Draft) -> tuple[Promised, ...]:
    """The contracts that can be enforced, in their order."""
    found: dict[str, Promised] = {}
    for index, spec in enumerate(draft.spec.contracts):
        path: Path = ("spec", "contracts", index)
        draft.check_name((*path, "name"), spec.name, table=True)
        if spec.name in found:
            what = f"there is already a contract `{spec.name}`"
            draft.file.problem("WEFT-1208", (*path, "name"), what, fix="rename one of them")
        elif (contract := _contract(draft, spec, path)) is not None:
            found[spec.name] = contract
    return tuple(found.values())


def _contract(draft: Draft, spec: declaration.ContractSpec, path: Path) -> Promised | None:
    quality = quality_of(draft.file, spec.quality, (*path, "quality"))
    ending = next((ending for ending in _LATER if spec.schema.endswith(ending)), "")
    if ending:
        meanwhile = f"write the contract as JSON Schema; `{spec.name}` has no table until then"
        draft.not_served((*path, "schema"), f"a contract in {_LATER[ending]}", meanwhile)
        return None
    target = draft.folder.find(draft.file, (*path, "schema"), spec.schema)
    schema = draft.folder.schema(target) if target else None
    if target is None or schema is None:
        return None
    version = spec.version or draft.infer((*path, "version"), "1.0.0", "the first version", 'version: "1.0.0"')
    contract = Contract(name=spec.name, version=version, schema=schema.json.text, path=target, quality=quality)
    return Promised(contract, schema.columns)


def quality_of(file: DeclaredFile, promise: declaration.Promise, path: Path) -> Quality:
    """A quality promise in numbers; what cannot be read is noted and left open."""
    numbers: dict[str, float] = {}
    for name, read in _MEASURES:
        written: str = getattr(promise, name)
        if not written:
            continue
        try:
            numbers[name] = read(written)
        except ValueError as error:
            file.problem("WEFT-1309", (*path, name), str(error))
    return Quality(**numbers)

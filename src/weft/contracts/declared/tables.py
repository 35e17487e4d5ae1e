"""The tables of a product: those declared, and one silver table for each contract that has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from weft._kit.place import Path
from weft.contracts.declared.draft import Draft, Promised
from weft.contracts.declared.endpoints import path_parameters
from weft.model import declaration
from weft.model.column import Classification, Column, walk
from weft.model.product import Table

_KEY_KINDS = ("string", "integer", "decimal", "boolean", "timestamp", "date")


def tables_of(draft: Draft, contracts: Sequence[Promised], models: Mapping[int, tuple[str, str]]) -> tuple[Table, ...]:
    """All tables in the order of their declaration, inferred ones last. `models` has SQL and its file by index."""
    found: dict[str, Table] = {}
    for index, spec in enumerate(draft.spec.tables):
        path: Path = ("spec", "tables", index)
        draft.check_name((*path, "name"), spec.name, table=True)
        if spec.name in found:
            what = f"there is already a table `{spec.name}`"
            draft.file.problem("WEFT-1208", (*path, "name"), what, fix="rename one of them")
            continue
        if not isinstance(spec.layer, str):
            layer = "gold" if _is_gold(spec) else "silver"
            draft.infer((*path, "layer"), layer, "gold tables have sql, silver ones a contract", f"layer: {layer}")
        table = _gold(draft, spec, path, models.get(index)) if _is_gold(spec) else _silver(draft, spec, path, contracts)
        if table is not None:
            found[spec.name] = table
    for contract in contracts:
        if not any(spec.contract == contract.contract.name for spec in draft.spec.tables) and _free(contract, found):
            table = _inferred(draft, contract)
            if table.name in found:
                where = _place_of(draft, contract)
                what = f"the table of {contract.contract.name} would be `{table.name}`, which is taken"
                draft.file.problem(
                    "WEFT-1208", where, what, fix=f"declare it: {{name: …, contract: {contract.contract.name}}}"
                )
            found.setdefault(table.name, table)
    return tuple(found.values())


def _free(promised: Promised, found: Mapping[str, Table]) -> bool:
    return all(table.contract != promised.contract.name for table in found.values())


def _is_gold(spec: declaration.TableSpec) -> bool:
    return spec.layer == "gold" or (spec.layer != "silver" and bool(spec.sql))


def table_name(contract: str) -> str:
    """The name of a contract's table: the contract's, less `-schema`."""
    return contract.removesuffix("-schema").removesuffix("_schema") or contract


def _inferred(draft: Draft, promised: Promised) -> Table:
    contract, name = promised.contract, table_name(promised.contract.name)
    where = _place_of(draft, promised)
    draft.check_name((*where, "name"), name, table=True)
    because = f"one silver table for each contract: the name of {contract.name} less -schema"
    path: Path = ("spec", "tables", name)
    draft.infer(
        path, f"silver table {name}", because, f"tables: [{{name: {name}, layer: silver, contract: {contract.name}}}]"
    )
    draft.infer((*path, "history"), "latest", "the latest row of each key is kept", "history: latest")
    key = _inferred_key(draft, path, where, promised, name)
    return Table(name=name, layer="silver", columns=promised.columns, key=key, contract=contract.name)


def _place_of(draft: Draft, promised: Promised) -> Path:
    """Where a contract is declared."""
    names = [spec.name for spec in draft.spec.contracts]
    return ("spec", "contracts", names.index(promised.contract.name))


def _silver(draft: Draft, spec: declaration.TableSpec, path: Path, contracts: Sequence[Promised]) -> Table | None:
    if spec.sql:
        draft.file.problem("WEFT-1506", (*path, "sql"), "a silver table has no `sql`", fix="layer: gold")
    promised = _contract(draft, spec, path, contracts)
    if promised is None:
        return None
    columns = _classified(promised.columns, spec.classification)
    _check_columns(draft, spec, path, columns)
    if spec.key:
        _check_key(draft, spec, path, columns)
    key = spec.key or _inferred_key(draft, path, path, promised, spec.name)
    return Table(
        name=spec.name,
        layer="silver",
        columns=columns,
        key=key,
        contract=promised.contract.name,
        source=spec.origin,
        clean=dict(spec.clean),
        classification=dict(spec.classification),
        on_invalid=spec.on_invalid,
    )


def _gold(draft: Draft, spec: declaration.TableSpec, path: Path, model: tuple[str, str] | None) -> Table:
    for name in ("contract", "clean"):
        if getattr(spec, name):
            draft.file.problem("WEFT-1506", (*path, name), f"a gold table has no `{name}`", fix="layer: silver")
    if not spec.sql:
        draft.file.problem("WEFT-1506", path, "a gold table needs `sql`", fix=f"sql: sql/{spec.name}.sql")
    sql, sql_path = model or ("", "")
    return Table(
        name=spec.name,
        layer="gold",
        key=spec.key,
        sql=sql,
        sql_path=sql_path,
        classification=dict(spec.classification),
    )


def _contract(draft: Draft, spec: declaration.TableSpec, path: Path, contracts: Sequence[Promised]) -> Promised | None:
    declared = [contract.name for contract in draft.spec.contracts]
    if not spec.contract:
        by_name = [promised for promised in contracts if table_name(promised.contract.name) == spec.name]
        chosen = by_name or (list(contracts) if len(contracts) == 1 == len(declared) else [])
        if not chosen:
            fix = f"contract: {declared[0]}" if declared else "declare one under spec.contracts"
            draft.file.problem("WEFT-1312", path, f"the silver table `{spec.name}` has no contract", fix=fix)
            return None
        name = chosen[0].contract.name
        draft.infer((*path, "contract"), name, "its name, or the product's only contract", f"contract: {name}")
        return chosen[0]
    if spec.contract not in declared:
        draft.unknown("WEFT-1201", (*path, "contract"), spec.contract, declared, noun="contract")
    return next((promised for promised in contracts if promised.contract.name == spec.contract), None)


def _inferred_key(draft: Draft, path: Path, where: Path, promised: Promised, table: str) -> tuple[str, ...]:
    """The path parameter of the product's endpoints that is a column here, else the first required `…_id`."""
    usable = [column.name for column in promised.columns if column.required and column.kind in _KEY_KINDS]
    parameter = next((name for name in path_parameters(draft.spec) if name in usable), "")
    named = next((name for name in usable if name.endswith("_id") or name == "id"), "")
    if not parameter and not named:
        fix = f"key: [{usable[0]}]" if usable else "require a field that tells one row from another"
        draft.file.problem(
            "WEFT-1307", where, f"the table `{table}` has no key", why="nothing tells one row from another", fix=fix
        )
        return ()
    because = "the path parameter of its endpoints" if parameter else "the first required field that ends in _id"
    chosen = parameter or named
    draft.infer((*path, "key"), chosen, because, f"key: [{chosen}]")
    return (chosen,)


def _check_key(draft: Draft, spec: declaration.TableSpec, path: Path, columns: Sequence[Column]) -> None:
    by_name = {column.name: column for column in columns}
    for index, name in enumerate(spec.key):
        column = by_name.get(name)
        where = (*path, "key", index)
        if column is None:
            draft.unknown("WEFT-1203", where, name, list(by_name), noun="column")
        elif column.kind not in _KEY_KINDS:
            draft.file.problem("WEFT-1308", where, f"`{name}` holds {column.kind} and cannot be a key")
        elif not column.required:
            fix = f'add "{name}" to "required" in the contract'
            draft.file.problem("WEFT-1308", where, f"`{name}` may be absent and cannot be a key", fix=fix)


def _check_columns(draft: Draft, spec: declaration.TableSpec, path: Path, columns: Sequence[Column]) -> None:
    by_path = dict(walk(tuple(columns)))
    for name in spec.classification:
        if name not in by_path:
            draft.unknown("WEFT-1203", (*path, "classification", name), name, list(by_path), noun="column")
    for name in spec.clean:
        column = by_path.get(name)
        if column is None:
            draft.unknown("WEFT-1203", (*path, "clean", name), name, list(by_path), noun="column")
        elif column.kind not in {"string", "timestamp", "date", "json"}:
            draft.file.problem("WEFT-1313", (*path, "clean", name), f"`{name}` holds {column.kind}, no text")
    for part in ("zorder", "partition"):
        for index, name in enumerate(getattr(spec, part)):
            if name not in by_path:
                draft.unknown("WEFT-1203", (*path, part, index), name, list(by_path), noun="column")


def _classified(
    columns: tuple[Column, ...], classes: Mapping[str, Classification], above: str = ""
) -> tuple[Column, ...]:
    """The columns with a table's own classes; a class of an object holds for its fields, unless they have their own."""
    if not classes:
        return columns
    found: list[Column] = []
    for column in columns:
        path = f"{above}.{column.name}" if above else column.name
        own = classes.get(path)
        fields = _all(column.fields, own) if own else column.fields
        found.append(
            replace(column, classification=own or column.classification, fields=_classified(fields, classes, path))
        )
    return tuple(found)


def _all(columns: tuple[Column, ...], own: Classification) -> tuple[Column, ...]:
    return tuple(replace(column, classification=own, fields=_all(column.fields, own)) for column in columns)

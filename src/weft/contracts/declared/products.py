"""One product from its declaration: contracts, tables, endpoints, sources, grants, with every default filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from weft._kit.place import Path
from weft.contracts.declared.draft import Draft
from weft.contracts.declared.endpoints import endpoints_of
from weft.contracts.declared.models import Model, models_of
from weft.contracts.declared.policies import with_floors
from weft.contracts.declared.promises import promised
from weft.contracts.declared.sources import sources_of
from weft.contracts.declared.tables import tables_of
from weft.contracts.declared.unserved import note_unserved
from weft.model import declaration
from weft.model.column import Column
from weft.model.mesh import Policy
from weft.model.product import Grant, Link, Product, Table

FilterCheck = Callable[[str, Sequence[Column]], str | None]
"""What is wrong with a row filter over these columns, or None: governance's parser, handed in."""


@dataclass(frozen=True, slots=True)
class ReadProduct:
    """A product, the draft that it came from, and the SQL that waits for all products to be known."""

    product: Product
    draft: Draft
    models: tuple[Model, ...]


def read_product(draft: Draft, policies: Sequence[Policy], filter_check: FilterCheck | None) -> ReadProduct:
    """The product that a draft declares; it counts only if no error was noted on the way."""
    metadata = draft.declared.metadata
    draft.check_name(("metadata", "name"), metadata.name)
    contracts = promised(draft)
    models = models_of(draft)
    tables = tables_of(draft, contracts, {index: (model.sql, model.sql_path) for index, model in models.items()})
    note_unserved(draft)
    product = Product(
        name=metadata.name,
        domain=_domain(draft),
        version=metadata.version
        or draft.infer(("metadata", "version"), "1.0.0", "the first version", 'version: "1.0.0"'),
        owner=metadata.owner,
        file=draft.file.name,
        description=metadata.description,
        tables=tables,
        contracts=with_floors(draft, (promise.contract for promise in contracts), policies),
        sources=sources_of(draft, tables),
        access=_grants(draft, tables, filter_check),
        endpoints=endpoints_of(draft, tables),
        upstream=tuple(Link(name=link.source, kind=link.type) for link in draft.spec.lineage.upstream),
        downstream=tuple(Link(name=link.consumer, kind=link.type) for link in draft.spec.lineage.downstream),
        schedule=dict(draft.spec.schedule),
        inferred=tuple(draft.inferred),
        unserved=tuple(draft.unserved),
    )
    return ReadProduct(product, draft, tuple(models.values()))


def _domain(draft: Draft) -> str:
    """The declared domain, else the folder below `domains`, else the product's own name."""
    metadata = draft.declared.metadata
    if metadata.domain:
        draft.check_name(("metadata", "domain"), metadata.domain)
        return metadata.domain
    parts = draft.file.name.split("/")
    beneath = parts[parts.index("domains") + 1] if "domains" in parts[:-2] else ""
    because = "the folder beneath domains/" if beneath else "the product's own name"
    value = beneath or metadata.name
    return draft.infer(("metadata", "domain"), value, because, f"domain: {value}")


def _grants(draft: Draft, tables: Sequence[Table], filter_check: FilterCheck | None) -> tuple[Grant, ...]:
    if not draft.spec.access:
        line = "access: [{role: …, permissions: [read]}]"
        draft.infer(("spec", "access"), "nobody", "access that is not granted is denied", line)
    grants: list[Grant] = []
    for index, spec in enumerate(draft.spec.access):
        if spec.rows and filter_check is not None:
            _check_rows(draft, ("spec", "access", index, "rows"), spec, tables, filter_check)
        permissions = frozenset(spec.permissions)
        grants.append(Grant(role=spec.role, permissions=permissions, rows=spec.rows, purpose=spec.purpose))
    return tuple(grants)


def _check_rows(
    draft: Draft, path: Path, spec: declaration.GrantSpec, tables: Sequence[Table], filter_check: FilterCheck
) -> None:
    """A filter has to fit one table at least; where it does not fit, the role sees no row."""
    silver = [table for table in tables if table.layer == "silver"]
    complaints = {
        table.name: found for table in silver if (found := filter_check(spec.rows, table.columns)) is not None
    }
    if silver and len(complaints) == len(silver):
        draft.file.problem("WEFT-1504", path, f"the filter cannot be read: {next(iter(complaints.values()))}")
        return
    for name, complaint in complaints.items():
        what = f"on `{name}` this filter shows {spec.role} nothing"
        draft.file.problem("WEFT-1505", path, what, why=complaint)

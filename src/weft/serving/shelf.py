"""The shelf: what the catalog shows of products, as cards and as the page of one. Open to everyone who is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from weft.contracts.promise import promise_of
from weft.contracts.validator import parsed
from weft.governance.decide import decide, highest, permissions
from weft.model.column import Column
from weft.model.errors import NotFound
from weft.model.mesh import Mesh
from weft.model.principal import Access, MaskKind, Principal
from weft.model.product import Contract, Inferred, Link, Product, Quality, Source, Table, Unserved
from weft.ports.table_store import Snapshot
from weft.serving.reader import House
from weft.serving.vitals import Health, Vitals
from weft.tables.layers import table_name, topic_name


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A product at a glance."""

    name: str
    domain: str
    version: str
    owner: str
    description: str
    tables: list[str]
    classification: str
    may: list[str]
    health: Health
    received: int
    quarantined: int
    freshness_seconds: float | None


class Cards(msgspec.Struct, frozen=True, kw_only=True):
    """All products."""

    items: list[Card]
    total: int


class ColumnPage(msgspec.Struct, frozen=True, kw_only=True):
    """A column, and how the caller sees it."""

    name: str
    kind: str
    required: bool
    classification: str
    description: str
    fields: list[ColumnPage]
    mask: MaskKind


class TablePage(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a product."""

    name: str
    layer: str
    key: list[str]
    contract: str
    source: str
    sql: str
    columns: list[ColumnPage]
    rows: int | None
    version: int | None
    position: str


class QualityPage(msgspec.Struct, frozen=True, kw_only=True):
    """A promise in numbers."""

    freshness: float | None
    completeness: float | None
    accuracy: float | None


class ContractPage(msgspec.Struct, frozen=True, kw_only=True):
    """A contract, its schema, and its promise in plain sentences."""

    name: str
    version: str
    path: str
    schema: dict[str, Any]
    quality: QualityPage
    promise: list[str]


class GrantPage(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do what."""

    role: str
    permissions: list[str]
    rows: str
    purpose: str


class EndpointPage(msgspec.Struct, frozen=True, kw_only=True):
    """A path of the product's own."""

    path: str
    table: str
    operation: str


class SourcePage(msgspec.Struct, frozen=True, kw_only=True):
    """Where data comes from."""

    name: str
    kind: str
    objects: list[str]
    connected: bool
    hint: str


class LinkPage(msgspec.Struct, frozen=True, kw_only=True):
    """A neighbour."""

    name: str
    kind: str


class UnservedPage(msgspec.Struct, frozen=True, kw_only=True):
    """What is declared and not served yet."""

    path: str
    what: str
    meanwhile: str


class InferredPage(msgspec.Struct, frozen=True, kw_only=True):
    """A value that nobody wrote."""

    path: str
    value: str
    because: str
    line: str


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a product."""

    name: str
    domain: str
    version: str
    owner: str
    description: str
    file: str
    tables: list[TablePage]
    contracts: list[ContractPage]
    access: list[GrantPage]
    endpoints: list[EndpointPage]
    sources: list[SourcePage]
    upstream: list[LinkPage]
    downstream: list[LinkPage]
    unserved: list[UnservedPage]
    inferred: list[InferredPage]
    may: list[str]


class Shelf:
    """Looks products up and describes them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._vitals = Vitals(house)

    def product(self, name: str) -> Product:
        """A product by name."""
        return self._house.mesh().known(name)

    def first_table(self, name: str) -> str:
        """The table that is meant where none is named."""
        tables = self.product(name).tables
        if not tables:
            raise NotFound(f"{name} has no tables", hint="declare a contract or a table")
        return tables[0].name

    async def cards(self, who: Principal) -> Cards:
        """All products, by name."""
        products = sorted(self._house.mesh().products, key=lambda product: product.name)
        return Cards(items=[await self._card(product, who) for product in products], total=len(products))

    async def _card(self, product: Product, who: Principal) -> Card:
        pulse = await self._vitals.pulse(product)
        return Card(
            name=product.name,
            domain=product.domain,
            version=product.version,
            owner=product.owner,
            description=product.description,
            tables=[table.name for table in product.tables],
            classification=highest(tuple(column for table in product.tables for column in table.columns)),
            may=_may(who, product),
            health=pulse.health,
            received=pulse.received,
            quarantined=pulse.quarantined,
            freshness_seconds=pulse.freshness_seconds,
        )

    async def page(self, name: str, who: Principal) -> ProductPage:
        """The page of one product."""
        product, mesh = self.product(name), self._house.mesh()
        tables = await asyncio.gather(*(self._table(product, table, who, mesh) for table in product.tables))
        return ProductPage(
            name=product.name,
            domain=product.domain,
            version=product.version,
            owner=product.owner,
            description=product.description,
            file=product.file,
            tables=list(tables),
            contracts=[_contract(contract, product) for contract in product.contracts],
            access=[
                GrantPage(role=g.role, permissions=sorted(g.permissions), rows=g.rows, purpose=g.purpose)
                for g in product.access
            ],
            endpoints=[EndpointPage(path=e.path, table=e.table, operation=e.operation) for e in product.endpoints],
            sources=[_source(source) for source in product.sources],
            upstream=_links(product.upstream),
            downstream=_links(product.downstream),
            unserved=_unserved(product.unserved),
            inferred=_inferred(product.inferred),
            may=_may(who, product),
        )

    async def _table(self, product: Product, table: Table, who: Principal, mesh: Mesh) -> TablePage:
        request = Access(principal=who, action="read", product=product.name, table=table.name)
        decision = decide(request, product, table.columns, mesh.policies)
        snapshot = await self.snapshot(product, table)
        topic = topic_name(product.name, table.name)
        return TablePage(
            name=table.name,
            layer=table.layer,
            key=list(table.key),
            contract=table.contract,
            source=table.source,
            sql=table.sql,
            columns=[_column(column, column.name, decision.masks, seen=decision.allowed) for column in table.columns],
            rows=None if snapshot is None else snapshot.rows,
            version=None if snapshot is None else snapshot.version,
            position=str(snapshot.positions.get(topic, "0")) if snapshot else "0",
        )

    async def snapshot(self, product: Product, table: Table) -> Snapshot | None:
        """The latest version of a table, or None before its first."""
        try:
            return await self._house.tables.snapshot(table_name(product.name, table.name, table.layer))
        except NotFound:
            return None


def _may(who: Principal, product: Product) -> list[str]:
    return permissions(Access(principal=who, action="read", product=product.name), product)


def _column(column: Column, path: str, masks: Mapping[str, MaskKind], *, seen: bool) -> ColumnPage:
    mask: MaskKind = masks.get(path, "none") if seen else "hide"
    shown: Mapping[str, MaskKind] = (
        {f"{path}.{field.name}": mask for field in column.fields} if mask != "none" else masks
    )
    return ColumnPage(
        name=column.name,
        kind=column.kind,
        required=column.required,
        classification=column.classification,
        description=column.description,
        fields=[_column(field, f"{path}.{field.name}", shown, seen=seen) for field in column.fields],
        mask=mask,
    )


def _contract(contract: Contract, product: Product) -> ContractPage:
    table = next((table for table in product.tables if table.contract == contract.name), None)
    return ContractPage(
        name=contract.name,
        version=contract.version,
        path=contract.path,
        schema=dict(parsed(contract.schema)),
        quality=_quality(contract.quality),
        promise=list(promise_of(contract, table)),
    )


def _quality(quality: Quality) -> QualityPage:
    return QualityPage(freshness=quality.freshness, completeness=quality.completeness, accuracy=quality.accuracy)


def _source(source: Source) -> SourcePage:
    return SourcePage(
        name=source.name,
        kind=source.kind,
        objects=list(source.objects),
        connected=bool(source.url),
        hint="" if source.url else f"not connected: set spec.sources.{source.name}.url",
    )


def _links(links: Sequence[Link]) -> list[LinkPage]:
    return [LinkPage(name=link.name, kind=link.kind) for link in links]


def _unserved(found: Sequence[Unserved]) -> list[UnservedPage]:
    return [UnservedPage(path=one.path, what=one.what, meanwhile=one.meanwhile) for one in found]


def _inferred(found: Sequence[Inferred]) -> list[InferredPage]:
    return [InferredPage(path=one.path, value=one.value, because=one.because, line=one.line) for one in found]

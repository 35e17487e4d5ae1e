"""Catalog routes: the mesh, its products, their quality, runs and audit, as the shelf describes them."""

from __future__ import annotations

import msgspec

from weft.catalog.graph import product_graph
from weft.catalog.search import search
from weft.catalog.trail import Step
from weft.governance.decide import permissions
from weft.model.errors import Denied, InvalidInput
from weft.model.principal import Access
from weft.model.question import MAX_PAGE_SIZE
from weft.serving.http.answer import Answer, as_json
from weft.serving.http.call import Call, whole
from weft.serving.http.desk import Desk
from weft.serving.http.tabular import plain
from weft.serving.shelf import Shelf
from weft.serving.vitals import Vitals


class MeshPage(msgspec.Struct, frozen=True, kw_only=True):
    """The mesh in one line."""

    name: str
    environment: str
    version: str
    durability: str
    products: int
    domains: list[str]


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """The lineage of one row."""

    product: str
    table: str
    key: str
    steps: list[Step]


class Catalog:
    """What exists and how it does."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = desk.door
        self._shelf = Shelf(desk.door.house)
        self._vitals = Vitals(desk.door.house)

    async def mesh(self, _: Call) -> Answer:
        """GET the mesh."""
        mesh, settings = self._door.house.mesh(), self._desk.settings
        return as_json(
            MeshPage(
                name=mesh.name,
                environment=settings.environment,
                version=settings.version,
                durability=settings.durability,
                products=len(mesh.products),
                domains=sorted({product.domain for product in mesh.products}),
            )
        )

    async def products(self, call: Call) -> Answer:
        """GET all products."""
        return as_json(await self._shelf.cards(call.who))

    async def product(self, call: Call) -> Answer:
        """GET the page of a product."""
        return as_json(await self._shelf.page(call.param("product"), call.who))

    async def live(self, call: Call) -> Answer:
        """GET how a product does right now."""
        return as_json(await self._vitals.live(self._shelf.product(call.param("product"))))

    async def quality(self, call: Call) -> Answer:
        """GET how well a product keeps its contracts."""
        return as_json(await self._vitals.quality(self._shelf.product(call.param("product"))))

    async def runs(self, call: Call) -> Answer:
        """GET the work that ended."""
        return as_json(await self._vitals.runs(self._shelf.product(call.param("product"))))

    async def search(self, call: Call) -> Answer:
        """GET what fits the words."""
        return as_json(search(self._door.house.mesh(), call.query().get("q", "")))

    async def lineage(self, call: Call) -> Answer:
        """GET the lineage of a product's tables and columns."""
        return as_json(product_graph(self._door.house.mesh(), self._shelf.product(call.param("product"))))

    async def trail(self, call: Call) -> Answer:
        """GET the lineage of one row."""
        product, key = call.param("product"), call.param("key")
        table = call.query().get("table", "") or self._shelf.first_table(product)
        steps = await self._door.trail(call.who, product, table, key, trace=call.trace.id)
        return as_json(Trail(product=product, table=table, key=key, steps=steps))

    async def quarantine(self, call: Call) -> Answer:
        """GET rows that broke their contract."""
        product, table = call.param("product"), call.param("table")
        self._door.look(call.who, "write", product, table, trace=call.trace.id)
        page, size = _paging(call.query())
        found = await self._door.quarantined(call.who, product, table, page=page, size=size, trace=call.trace.id)
        items = [quarantined_row(row) for row in found.rows]
        return as_json({"items": items, "page": page, "size": size, "total": found.total})

    async def audit(self, call: Call) -> Answer:
        """GET decisions: of one product, or of all that the caller administers."""
        parameters = call.query()
        page, size = _paging(parameters)
        product = parameters.get("product", "")
        if product:
            self._door.allow(call.who, "admin", product, trace=call.trace.id)
        entries, total = await self._door.house.audit.tail(
            page=page, size=size, products={product} if product else self._administered(call)
        )
        items = [
            {name: value for name, value in msgspec.to_builtins(entry).items() if name != "hash"} for entry in entries
        ]
        return as_json({"items": items, "page": page, "size": size, "total": total})

    def _administered(self, call: Call) -> set[str] | None:
        """The products whose audit the caller may read; None for all there ever were."""
        if call.who.operator:
            return None
        request = Access(principal=call.who, action="admin", product="")
        mine = {one.name for one in self._door.house.mesh().products if "admin" in permissions(request, one)}
        if not mine:
            raise Denied(f"{call.who.id} administers no product", hint="ask the owner of a product")
        return mine


def _paging(parameters: dict[str, str]) -> tuple[int, int]:
    page = whole(parameters.get("page", ""), "page", 1)
    size = whole(parameters.get("size", ""), "size", 20)
    if page < 1 or not 1 <= size <= MAX_PAGE_SIZE:
        raise InvalidInput(f"page {page} of size {size} is out of range", hint=f"size is 1 to {MAX_PAGE_SIZE}")
    return page, size


def quarantined_row(row: dict[str, object]) -> dict[str, object]:
    """A quarantined row as its readers see it."""
    return {
        "event_id": row["_event_id"],
        "position": row["_position"],
        "row": row["_row"],
        "time": plain(row["_quarantined_at"]),
        "rule": row["rule"],
        "path": row["path"],
        "message": row["message"],
        "defects": msgspec.Raw(str(row["defects"]).encode()),
        "raw": plain(row["_raw"]),
        "source": row["_source_system"],
        "file": row["_source_file"],
        "offset": row["_source_offset"],
    }

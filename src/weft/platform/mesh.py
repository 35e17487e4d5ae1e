"""The mesh for Python: open a folder, plan, apply, publish, read. Thin: everything is done by the doors and pipelines."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import pyarrow as pa

from weft.contracts import canonical
from weft.model.errors import Denied, InvalidInput, NotFound, Unavailable
from weft.model.event import Position
from weft.model.principal import OPERATOR, Principal
from weft.model.product import Product, Table
from weft.model.question import Condition, Question
from weft.model.receipt import Receipt
from weft.platform.apply import apply_plan, plan_folder
from weft.platform.catch_up import catch_up
from weft.platform.node import Node
from weft.platform.steps import Plan
from weft.platform.workspace import find_folder
from weft.ports.engine import Relation
from weft.tables.layers import table_name

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Mesh:
    """An opened mesh.

    async with weft.Mesh.open("bank") as mesh:
        await mesh.apply(await mesh.plan())
        receipt = await mesh.product("payments-data-product").publish(rows)
    """

    def __init__(self, folder: Path, environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self._node: Node | None = None

    @classmethod
    def open(cls, folder: str | Path = ".", *, environment: str = "local") -> Self:
        """The mesh of a folder; enter it with `async with`."""
        return cls(find_folder(Path(folder)), environment)

    async def __aenter__(self) -> Self:
        self._node = await Node.open(self._folder, self._environment)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._node is not None:
            await self._node.close()
            self._node = None

    @property
    def node(self) -> Node:
        """The opened engines and doors."""
        if self._node is None:
            raise Unavailable("this mesh is not open", hint="use `async with weft.Mesh.open(folder) as mesh:`")
        return self._node

    async def current(self) -> Node:
        """The same, with the rules that hold now: another process may have applied others since this mesh was opened."""
        await self.node.refresh()
        return self.node

    async def plan(self) -> Plan:
        """What an apply would change."""
        return await plan_folder(await self.current())

    async def apply(self, plan: Plan, *, allow_breaking: bool = False) -> None:
        """Do what a plan says."""
        await apply_plan(await self.current(), plan, allow_breaking=allow_breaking)

    @property
    def products(self) -> tuple[ProductHandle, ...]:
        """Every product that was applied."""
        return tuple(ProductHandle(self, product) for product in self.node.mesh.products)

    def product(self, name: str) -> ProductHandle:
        """A product by name."""
        return ProductHandle(self, self.node.door.product(name))

    async def principal(self, name: str) -> Principal:
        """A declared user or client, for `as_`."""
        return await (await self.current()).identity().find(name)

    async def query(self, sql: str, *, as_: Principal = OPERATOR) -> pa.Table:
        """The answer to one SELECT over `product.table`s, as a principal sees them."""
        return (await (await self.current()).door.query(as_, sql)).rows

    async def refine(self) -> None:
        """Bring tables, views and models up with what was published; a running worker does this by itself."""
        await catch_up(await self.current())

    def _repr_html_(self) -> str:
        rows = [(p.name, p.domain, p.owner, ", ".join(t.name for t in p.tables)) for p in self.node.mesh.products]
        return _html_table(self.node.mesh.name, ("product", "domain", "owner", "tables"), rows)


class ProductHandle:
    """A product of an opened mesh."""

    def __init__(self, mesh: Mesh, product: Product) -> None:
        self._mesh = mesh
        self.declared = product

    async def publish(
        self, rows: Iterable[Mapping[str, Any] | bytes], *, table: str = "", as_: Principal = OPERATOR, once: str = ""
    ) -> Receipt:
        """Publish rows; the good ones are readable at the receipt's position, the bad ones wait in quarantine."""
        raw = [row if isinstance(row, bytes) else _ENCODER.encode(row) for row in rows]
        name = table or _first_silver(self.declared).name
        node = await self._mesh.current()
        return await node.publish(as_, self.declared.name, name, raw, source="python", once=once)

    async def read(
        self,
        table: str = "",
        *,
        as_: Principal = OPERATOR,
        where: Mapping[str, Any] | None = None,
        sort: Sequence[str] = (),
        page: int = 1,
        size: int = 100,
        at_least: Position | None = None,
    ) -> Rows:
        """Rows as a principal sees them. With `at_least`, what was published up to there is among them."""
        name = table or self.declared.tables[0].name
        conditions = tuple(
            Condition(column=column, operator="eq", value=value) for column, value in (where or {}).items()
        )
        question = Question(conditions=conditions, sort=tuple(sort), page=page, size=size)
        node = await self._mesh.current()
        if at_least is not None:
            await catch_up(node)
        found = await node.door.find(as_, self.declared.name, name, question, at_least=at_least)
        return Rows(found.rows, [column.name for column in found.columns], found.total)

    async def get(self, key: str, *, table: str = "", as_: Principal = OPERATOR) -> dict[str, Any]:
        """The row of a key, as a principal sees it."""
        name = table or self.declared.tables[0].name
        node = await self._mesh.current()
        await catch_up(node)
        row = await node.door.get(as_, self.declared.name, name, key)
        return canonical.decode(row.body, _table(self.declared, name).columns)

    def table(self, name: str = "") -> TableHandle:
        """A table of the product, for time travel."""
        return TableHandle(self._mesh, self.declared, _table(self.declared, name or self.declared.tables[0].name))

    def _repr_html_(self) -> str:
        rows = [(t.name, t.layer, ", ".join(t.key), ", ".join(c.name for c in t.columns)) for t in self.declared.tables]
        return _html_table(self.declared.name, ("table", "layer", "key", "columns"), rows)


class TableHandle:
    """A table at its latest version, or at an earlier one. Reads all columns: for the product's own people."""

    def __init__(
        self, mesh: Mesh, product: Product, table: Table, *, version: int | None = None, at: datetime | None = None
    ) -> None:
        self._mesh = mesh
        self._product = product
        self._table = table
        self._version = version
        self._at = at

    def as_of(self, *, version: int | None = None, at: datetime | None = None) -> TableHandle:
        """The same table as it was at a version or a time."""
        if (version is None) == (at is None):
            raise InvalidInput("as_of takes a version or a time")
        return TableHandle(self._mesh, self._product, self._table, version=version, at=at)

    async def read(self, *, as_: Principal = OPERATOR) -> pa.Table:
        """All its rows, unmasked: for administrators whom no row filter narrows."""
        node = await self._mesh.current()
        decision = node.door.allow(as_, "admin", self._product.name, self._table.name)
        if decision.rows:
            raise Denied(f"{as_.id} sees only some rows of {self._product.name}", hint="time travel shows every row")
        name = table_name(self._product.name, self._table.name, self._table.layer)
        snapshot = await node.engines.tables.snapshot(name, version=self._version, at=self._at)
        relation = Relation(snapshot=snapshot, columns={c.name: f'"{c.name}"' for c in self._table.columns})
        return await node.engines.engine.query("SELECT * FROM t", {"t": relation})


class Rows(Sequence[dict[str, Any]]):
    """A page of rows that shows itself as a table in a notebook."""

    def __init__(self, rows: list[dict[str, Any]], columns: list[str], total: int) -> None:
        self._rows = rows
        self.columns = columns
        self.total = total

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def _repr_html_(self) -> str:
        rows = [tuple(str(row.get(name, "")) for name in self.columns) for row in self._rows]
        return _html_table(f"{len(rows)} of {self.total} rows", tuple(self.columns), rows)


def _first_silver(product: Product) -> Table:
    found = next((table for table in product.tables if table.layer == "silver"), None)
    if found is None:
        raise InvalidInput(f"{product.name} has no table that takes rows")
    return found


def _table(product: Product, name: str) -> Table:
    found = product.table(name)
    if found is None:
        raise NotFound(
            f"{product.name} has no table {name!r}", hint=f"it has {', '.join(t.name for t in product.tables)}"
        )
    return found


def _html_table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return (
        f"<table><caption>{html.escape(title)}</caption><thead>{line(head, 'th')}</thead><tbody>{body}</tbody></table>"
    )

"""What one caller may see of one table: the decision, its row filters and masks made ready to run on rows and in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from weft.contracts import canonical
from weft.governance import filters, masks
from weft.model.principal import Access, Decision
from weft.model.product import Product, Table
from weft.ports.engine import Relation
from weft.ports.table_store import Snapshot
from weft.tables.layers import table_name, topic_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A question and the answer to it; `sight` is there when a table was named, exists and may be seen."""

    request: Access
    decision: Decision
    product: Product
    sight: Sight | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A table through the eyes of one caller."""

    product: Product
    table: Table
    decision: Decision
    kept: tuple[filters.Filter, ...] | None
    """Rows that pass any of these; None for every row."""
    salt: str
    topic: str
    """The topic that the table's rows pass through."""
    stored: str
    """The table's name in the table store."""

    @classmethod
    def of(cls, product: Product, table: Table, decision: Decision, salt: str) -> Sight:
        """The sight that a decision leaves. A filter that does not fit the table shows nothing of it (WEFT-1505)."""
        fitting = [text for text in decision.rows if filters.check(text, table.columns) is None]
        kept = tuple(filters.bound(filters.parse(text), table.columns) for text in fitting) if decision.rows else None
        return cls(
            product=product, table=table, decision=decision, kept=kept, salt=salt,
            topic=topic_name(product.name, table.name), stored=table_name(product.name, table.name, table.layer),
        )  # fmt: skip

    def shown(self, body: bytes) -> bytes | None:
        """A row's JSON as the caller may see it, or None if a row filter keeps it from them."""
        masks_of = self.decision.masks
        if self.kept is None and not masks_of:
            return body
        columns = self.table.columns
        row = canonical.decode(body, columns)
        if self.kept is not None and not any(filters.keeps(node, row) for node in self.kept):
            return None
        return canonical.encode(masks.masked_row(row, columns, masks_of, self.salt), columns) if masks_of else body

    def relation(self, snapshot: Snapshot) -> Relation:
        """The same for SQL: masked columns and kept rows of a snapshot."""
        columns = self.table.columns
        wheres: list[str] = []
        params: list[Any] = []
        for node in self.kept or ():
            where, bound = filters.to_sql(node, columns)
            wheres.append(f"({where})")
            params.extend(bound)
        shown = masks.masked_sql(columns, self.decision.masks, self.salt)
        return Relation(
            snapshot=snapshot, columns=shown, where=" OR ".join(wheres) or _all_or_none(self.kept), params=params
        )


def _all_or_none(kept: tuple[filters.Filter, ...] | None) -> str:
    return "" if kept is None else "false"

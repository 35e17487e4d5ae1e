"""The SQL of gold tables: found, read as Spark SQL, one SELECT over tables that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weft._kit.nearest import did_you_mean
from weft._kit.place import Path, Unreadable, decoded
from weft.contracts.declared.draft import Draft
from weft.contracts.declared.findings import DeclaredFile, Findings
from weft.model.problem import Mark
from weft.model.product import Product

MAX_SQL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Model:
    """The SQL of one gold table, and where it stands."""

    file: DeclaredFile
    path: Path
    sql: str
    sql_path: str
    product: str

    def problem(self, code: str, what: str, *, line: int = 0, column: int = 0, why: str = "", fix: str = "") -> None:
        """Note a problem in the SQL's own file, or at the declaration's line that holds it."""
        if self.sql_path:
            mark = Mark(file=self.sql_path, line=max(line, 1), column=max(column, 1))
            self.file.findings.add(code, mark, self.path_text, what, why=why, fix=fix)
        else:
            self.file.problem(code, self.path, what, why=why, fix=fix)

    @property
    def path_text(self) -> str:
        """The product and table that the SQL makes."""
        return ".".join(str(part) for part in self.path)


def models_of(draft: Draft) -> Mapping[int, Model]:
    """The SQL of each gold table by the table's index."""
    found: dict[int, Model] = {}
    for index, spec in enumerate(draft.spec.tables):
        if not spec.sql or spec.layer == "silver":
            continue
        path: Path = ("spec", "tables", index, "sql")
        sql_path = draft.folder.find(draft.file, path, spec.sql) if spec.sql.endswith(".sql") else ""
        if sql_path is None:
            continue
        sql = _text(draft.folder.files[sql_path], sql_path, draft.file.findings) if sql_path else spec.sql
        if sql is not None:
            found[index] = Model(draft.file, path, sql, sql_path, draft.declared.metadata.name)
    return found


def _text(data: bytes, path: str, findings: Findings) -> str | None:
    try:
        return decoded(data)
    except Unreadable as error:
        findings.unreadable(path, error.fault.place, error.fault.rule, error.fault.message)
        return None


def check_models(models: Sequence[Model], products: Sequence[Product]) -> None:
    """Note every model that is not one SELECT over declared tables."""
    if not models:
        return
    tables = {product.name: [table.name for table in product.tables] for product in products}
    for model in models:
        for database, name in _read_tables(model):
            _check_table(model, database or model.product, name, tables)


def _check_table(model: Model, product: str, name: str, tables: Mapping[str, Sequence[str]]) -> None:
    if product not in tables:
        fix = did_you_mean(product, tables)
        model.problem("WEFT-1503", f"there is no product `{product}`", why=f"the SQL reads {product}.{name}", fix=fix)
    elif name not in tables[product]:
        model.problem("WEFT-1503", f"`{product}` has no table `{name}`", fix=did_you_mean(name, tables[product]))


def _read_tables(model: Model) -> Iterator[tuple[str, str]]:
    """The product and name of every table that a model reads; nothing after a problem was noted."""
    from weft.model.select import NoSelect, read_select, sources

    if len(model.sql) > MAX_SQL:
        model.problem("WEFT-1501", f"the SQL has more than {MAX_SQL:,} characters")
        return
    try:
        query = read_select(model.sql, "spark")
    except NoSelect as error:
        model.problem("WEFT-1501" if error.line else "WEFT-1502", error.message, line=error.line, column=error.column)
        return
    for source in sources(query):
        match source.parts:
            case (name,):
                yield "", name
            case (product, name):
                yield product, name
            case parts:
                what = "has three parts" if parts else "is no table"
                model.problem("WEFT-1503", f"`{source.node.sql('spark')}` {what}", fix="write `product`.table")

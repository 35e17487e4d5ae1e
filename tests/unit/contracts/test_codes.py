"""Every problem in the catalogue, raised once, at its place."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from weft.contracts.catalogue import CATALOGUE
from weft.contracts.reading import Reading
from weft.model.mesh import Tls

Shop = Callable[..., Reading]

HEAD = "apiVersion: weft.dev/v1\nkind: DataProduct\nmetadata: {name: shop, owner: shop@example.com}\nspec:\n"
CONTRACT = "  contracts: [{name: order-schema, version: '1.0.0', schema: schemas/order-schema.json}]\n"
TABLE = "  tables:\n    - {name: order, contract: order-schema, %s}\n"
POLICY = "apiVersion: weft.dev/v1\nkind: Policy\nmetadata: {name: p}\nspec: %s\n"
IDENTITIES = "apiVersion: weft.dev/v1\nkind: Identities\nspec: {users: [{id: ana, roles: [clerk]}]}\n"
MESH = "apiVersion: weft.dev/v1\nkind: Mesh\nmetadata: {name: m}\nspec: {environments: {local: {%s}}}\n"
OPEN = MESH % "http: 'https://0.0.0.0:8443', tls: {certificate: c.pem, key: %s}"
OBJECT: dict[str, Any] = {"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "string"}}}


def spec(rest: str = "", contract: str = CONTRACT) -> str:
    return HEAD + contract + rest


def table(rest: str) -> str:
    return spec(TABLE % rest)


def endpoint(*paths: str) -> str:
    return spec(f"  apis: {{rest: {{endpoints: {list(paths)}}}}}\n")


def schema(**properties: Any) -> dict[str, Any]:
    return {**OBJECT, "properties": {**OBJECT["properties"], **properties}}


# code → (what is read, where its first problem of that code stands, what it must say)
CASES: list[tuple[str, Mapping[str, Any], str, str]] = [
    ("WEFT-1001", {"product": "a: \udcff"}, "shop.yaml:1:4", "not UTF-8"),
    ("WEFT-1002", {"product": spec("  - x\n")}, "shop.yaml:6:3", ""),
    ("WEFT-1003", {"schema": '// c\n{"type": "object",}'}, "order-schema.json:2:19", ""),
    ("WEFT-1004", {"product": "[" * 40}, "shop.yaml:1:33", "nested more than 32"),
    ("WEFT-1004", {"schema": "[" * 70}, "order-schema.json:1:65", "nested more than 64"),
    ("WEFT-1005", {"product": spec("  tables: &t []\n")}, "shop.yaml:6:11", "anchors"),
    ("WEFT-1006", {"product": spec("  tables: []\n  tables: []\n")}, "shop.yaml:7:3", "first on line 6"),
    ("WEFT-1006", {"schema": '{"type": 1,\n "type": 2}'}, "order-schema.json:2:2", "twice"),
    ("WEFT-1007", {"product": spec("---\na: 1\n")}, "shop.yaml:6:1", "second document"),
    ("WEFT-1008", {"product": "metadata: {}\n"}, "shop.yaml:1:1", "`kind` is missing"),
    ("WEFT-1008", {"product": "Kind: DataProduct\n"}, "shop.yaml:1:1", "there is `Kind`"),
    ("WEFT-1008", {"product": ""}, "shop.yaml:1:1", "no declaration"),
    ("WEFT-1009", {"product": "kind: Dataproduct\n"}, "shop.yaml:1:7", "did you mean `DataProduct`?"),
    ("WEFT-1101", {"product": spec("  access: [{role: a, permissions: read}]\n")}, "shop.yaml:6:35", "write [read]"),
    ("WEFT-1101", {"product": spec("  access:\n")}, "shop.yaml:6:10", "nothing stands where a list belongs"),
    ("WEFT-1101", {"product": spec("  sources: {files: 5}\n")}, "shop.yaml:6:20", "`5` stands where"),
    ("WEFT-1102", {"product": spec("  acess: []\n")}, "shop.yaml:6:3", "did you mean `access`?"),
    ("WEFT-1102", {"product": spec("  sources: {files: {pth: x}}\n")}, "shop.yaml:6:21", "did you mean `path`?"),
    ("WEFT-1102", {"product": spec("  sources: {files: {a: {pth: x}}}\n")}, "shop.yaml:6:25", "did you mean `path`?"),
    ("WEFT-1103", {"product": spec("  access: [{permissions: [read]}]\n")}, "shop.yaml:6:12", "`role` is missing"),
    ("WEFT-1104", {"product": spec("  access: [{role: a, permissions: [reed]}]\n")}, "shop.yaml:6:36", "did you mean `read`?"),
    ("WEFT-1105", {"product": spec("  access: [{role: '', permissions: [read]}]\n")}, "shop.yaml:6:19", "is empty"),
    ("WEFT-1105", {"product": spec().replace("weft.dev/v1", "weft.dev")}, "shop.yaml:1:13", "weft.dev/v1"),
    ("WEFT-1105", {"product": spec().replace("weft.dev/v1", "1")}, "shop.yaml:1:13", "weft.dev/v1"),
    ("WEFT-1201", {"product": spec("  tables: [{name: order, contract: ordr-schema}]\n")}, "shop.yaml:6:36", "did you mean `order-schema`?"),
    ("WEFT-1202", {"product": spec("  sources: {files: {table: ordr}}\n")}, "shop.yaml:6:28", "did you mean `order`?"),
    ("WEFT-1202", {"product": spec("  schedule: {x: '0 2 * * *'}\n")}, "shop.yaml:6:17", "unknown table"),
    ("WEFT-1203", {"product": table("key: [ordr_id]")}, "shop.yaml:7:51", "did you mean `order_id`?"),
    ("WEFT-1203", {"product": table("clean: {nte: [trim]}")}, "shop.yaml:7:58", "did you mean `note`?"),
    ("WEFT-1203", {"product": table("classification: {nte: public}")}, "shop.yaml:7:67", "did you mean `note`?"),
    ("WEFT-1204", {"product": table("from: mysql.x")}, "shop.yaml:7:51", "unknown source `mysql`"),
    ("WEFT-1204", {"product": spec("  sources: {mysql: {tables: [orders]}}\n  tables: [{name: order, from: mysql.ordrs}]\n")}, "shop.yaml:7:32", "did you mean `orders`?"),
    ("WEFT-1205", {"product": spec("  access: [{role: clrk, permissions: [read]}]\n"), "identities_yaml": IDENTITIES}, "shop.yaml:6:19", "did you mean `clerk`?"),
    ("WEFT-1206", {"product": spec(contract="  contracts: [{name: o, schema: schemas/ordr-schema.json}]\n")}, "shop.yaml:5:33", "did you mean `domains/shop/schemas/order-schema.json`?"),
    ("WEFT-1207", {"product": spec(contract="  contracts: [{name: o, schema: ../../../etc/passwd}]\n")}, "shop.yaml:5:33", "leaves the folder"),
    ("WEFT-1207", {"product": spec(contract="  contracts: [{name: o, schema: /etc/passwd}]\n")}, "shop.yaml:5:33", "leaves the folder"),
    ("WEFT-1207", {"product": spec("  sources: {files: {path: ../../..}}\n")}, "shop.yaml:6:27", "leaves the folder"),
    ("WEFT-1208", {"product": spec(), "other_yaml": spec("  tables: []\n")}, "other.yaml:3:18", "first in domains/shop/shop.yaml:3"),
    ("WEFT-1208", {"product": table("key: [order_id]}\n    - {name: order, contract: order-schema")}, "shop.yaml:8:14", "already a table"),
    ("WEFT-1208", {"a_yaml": POLICY % "{}", "b_yaml": POLICY % "{}"}, "b.yaml:3:18", "first in a.yaml:3"),
    ("WEFT-1208", {"a_yaml": IDENTITIES, "b_yaml": IDENTITIES}, "b.yaml:2:7", "already a Identities in a.yaml"),
    ("WEFT-1208", {"product": spec("  tables: [{name: order, sql: SELECT 1}]\n")}, "shop.yaml:5:15", "would be `order`"),
    ("WEFT-1205", {"p_yaml": POLICY % "{classification: {public: {cleared: [clrk]}}}", "identities_yaml": IDENTITIES}, "p.yaml:4:44", "did you mean `clerk`?"),
    ("WEFT-1209", {"product": table("key: [order_id]").replace("name: order,", "name: search,")}, "shop.yaml:7:14", "address of every product"),
    ("WEFT-1210", {"product": spec().replace("name: shop", "name: The Shop")}, "shop.yaml:3:18", "cannot be a name"),
    ("WEFT-1211", {"product": spec("  apis: {graphql: {schema: x.graphql}}\n")}, "shop.yaml:6:28", "no file"),
    ("WEFT-1301", {"schema": schema(a={"type": "text"})}, "order-schema.json:11:15", ""),
    ("WEFT-1301", {"schema": {**OBJECT, "$schema": "http://example.com/x"}}, "order-schema.json:11:14", "no dialect"),
    ("WEFT-1302", {"schema": schema(a={"format": "iban"})}, "order-schema.json:11:17", "`iban` is not known"),
    ("WEFT-1303", {"schema": schema(a={"pattern": "^(?=x)"})}, "order-schema.json:11:18", "linear time"),
    ("WEFT-1304", {"schema": schema(a={"$ref": "http://example.com/x.json"})}, "order-schema.json:1:1", "example.com"),
    ("WEFT-1305", {"schema": schema(**{f"a{n}": {"$ref": f"#/$defs/d{n}"} for n in range(1)}) | {"$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(24)} | {"d24": {}}}}, "order-schema.json:1:1", "over 100,000"),
    ("WEFT-1306", {"schema": schema(**{"order total": {}})}, "order-schema.json:10:5", "cannot be a column"),
    ("WEFT-1306", {"schema": schema(_row={})}, "order-schema.json:10:5", "cannot be a column"),
    ("WEFT-1306", {"schema": schema(Order_ID={})}, "order-schema.json:10:5", "same column to SQL"),
    ("WEFT-1307", {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}, "shop.yaml:6:7", "no key"),
    ("WEFT-1308", {"product": table("key: [note]")}, "shop.yaml:7:51", "may be absent"),
    ("WEFT-1308", {"product": table("key: [order_id]"), "schema": {**OBJECT, "properties": {"order_id": {"type": "number"}}}}, "shop.yaml:7:51", "holds number"),
    ("WEFT-1309", {"product": spec().replace("json}", "json, quality: {freshness: 5}}")}, "shop.yaml:5:110", "has no unit"),
    ("WEFT-1310", {"schema": {"type": "array"}}, "order-schema.json:1:1", "describes no fields"),
    ("WEFT-1311", {"schema": schema(a={"classification": "restrictd"})}, "order-schema.json:11:25", "did you mean `restricted`?"),
    ("WEFT-1312", {"product": spec("  tables: [{name: x}]\n", contract="")}, "shop.yaml:5:12", "has no contract"),
    ("WEFT-1313", {"product": table("clean: {total: [trim]}")}, "shop.yaml:7:60", "holds decimal"),
    ("WEFT-1401", {"p_yaml": POLICY % "{naming: {table: '[A-Z]+'}}", "product": table("key: [order_id]")}, "shop.yaml:7:14", "policy p"),
    ("WEFT-1401", {"p_yaml": POLICY % "{naming: {column: 'order_id|total'}}"}, "order-schema.json:15:5", "column name `note`"),
    ("WEFT-1402", {"p_yaml": POLICY % "{quality: {completeness: 95%}}", "product": spec().replace("json}", "json, quality: {completeness: 90%}}")}, "shop.yaml:5:113", "worse than 95%"),
    ("WEFT-1402", {"p_yaml": POLICY % "{quality: {freshness: 1s}}", "product": spec().replace("json}", "json, quality: {freshness: 5s}}")}, "shop.yaml:5:110", "worse than 1s"),
    ("WEFT-1403", {"p_yaml": POLICY % "{naming: {table: '(?=x)'}}"}, "p.yaml:4:24", "linear time"),
    ("WEFT-1404", {"p_yaml": POLICY % "{retention: {raw: 7}}"}, "p.yaml:4:25", "has no unit"),
    ("WEFT-1501", {"product": spec("  tables: [{name: g, sql: SELECT FROM WHERE}]\n")}, "shop.yaml:6:27", "cannot be read"),
    ("WEFT-1501", {"product": spec("  tables: [{name: g, sql: g.sql}]\n"), "domains__shop__g_sql": "SELECT a\nFROM (order"}, "g.sql:2:", "cannot be read"),
    ("WEFT-1502", {"product": spec("  tables: [{name: g, sql: DROP TABLE order}]\n")}, "shop.yaml:6:27", "one SELECT"),
    ("WEFT-1502", {"product": spec("  tables: [{name: g, sql: SELECT 1; SELECT 2}]\n")}, "shop.yaml:6:27", "2 statements"),
    ("WEFT-1503", {"product": spec("  tables: [{name: g, sql: SELECT * FROM ordr}]\n")}, "shop.yaml:6:27", "did you mean `order`?"),
    ("WEFT-1503", {"product": spec("  tables: [{name: g, sql: SELECT * FROM shp.order}]\n")}, "shop.yaml:6:27", "did you mean `shop`?"),
    ("WEFT-1503", {"product": spec("  tables: [{name: g, sql: SELECT * FROM parquet.`/etc/x`}]\n")}, "shop.yaml:6:27", "no product `parquet`"),
    ("WEFT-1503", {"product": spec("  tables: [{name: g, sql: SELECT * FROM a.b.c}]\n")}, "shop.yaml:6:27", "three parts"),
    ("WEFT-1504", {"product": spec("  access: [{role: a, permissions: [read], rows: 'note ==== 5'}]\n")}, "shop.yaml:6:49", "cannot be read"),
    ("WEFT-1505", {"product": spec("  access: [{role: a, permissions: [read], rows: \"status = 'X'\"}]\n", contract=CONTRACT.replace("}]", "}, {name: s-schema, version: '1', schema: ../../s.json}]")), "s.json": '{"type": "object", "required": ["s_id"], "properties": {"s_id": {"type": "string"}, "status": {"type": "string"}}}'}, "shop.yaml:6:49", "shows a nothing"),
    ("WEFT-1506", {"product": spec("  tables: [{name: g, layer: gold}]\n")}, "shop.yaml:6:12", "needs `sql`"),
    ("WEFT-1506", {"product": table("layer: silver, sql: SELECT 1")}, "shop.yaml:7:65", "has no `sql`"),
    ("WEFT-1601", {"product": endpoint("orders/{order_id}")}, "shop.yaml:6:29", "cannot be an address"),
    ("WEFT-1601", {"product": endpoint("/orders/../{order_id}")}, "shop.yaml:6:29", "cannot be an address"),
    ("WEFT-1602", {"product": endpoint("/orders/{order_id}", "/orders/{order}")}, "shop.yaml:6:51", "is taken"),
    ("WEFT-1603", {"product": endpoint("/api/orders")}, "shop.yaml:6:29", "belongs to the mesh"),
    ("WEFT-1604", {"product": endpoint("/orders/{ordr_id}")}, "shop.yaml:6:29", "did you mean `order_id`?"),
    ("WEFT-1604", {"product": endpoint("/orders/{order_id}/totl")}, "shop.yaml:6:29", "did you mean `total`?"),
    ("WEFT-1103", {"mesh_yaml": OPEN.replace("certificate: c.pem, ", "") % "k"}, "mesh.yaml:4:66", "`certificate` is missing"),
    ("WEFT-1103", {"mesh_yaml": OPEN.replace(", key: %s", "")}, "mesh.yaml:4:66", "`key` is missing"),
    ("WEFT-1701", {"mesh_yaml": MESH % "http: '0.0.0.0:8443'"}, "mesh.yaml:4:37", "no address to listen at"),
    ("WEFT-1701", {"mesh_yaml": MESH % "http: 'http://localhost:99999'"}, "mesh.yaml:4:37", "no address to listen at"),
    ("WEFT-1701", {"mesh_yaml": MESH % "http: 'http://ana:x@localhost/mesh'"}, "mesh.yaml:4:37", "no address to listen at"),
    ("WEFT-1702", {"mesh_yaml": MESH % "http: 'http://0.0.0.0:8420'"}, "mesh.yaml:4:37", "https://0.0.0.0:8420 with `tls`"),
    ("WEFT-1702", {"mesh_yaml": MESH % "http: 'http://mesh.example.com'"}, "mesh.yaml:4:37", "nothing encrypts"),
    ("WEFT-1703", {"mesh_yaml": MESH % "http: 'https://127.0.0.1:8443'"}, "mesh.yaml:4:37", "needs a certificate"),
    ("WEFT-1703", {"mesh_yaml": (OPEN % "/k.pem").replace("https", "http")}, "mesh.yaml:4:60", "http: https://0.0.0.0:8443"),
    ("WEFT-1703", {"mesh_yaml": MESH % "tls: {certificate: c.pem, key: /k.pem}"}, "mesh.yaml:4:31", "is not https"),
    ("WEFT-1704", {"mesh_yaml": OPEN % "tls/../key.pem"}, "mesh.yaml:4:92", "lies in the mesh's folder"),
    ("WEFT-1705", {"mesh_yaml": OPEN % "'${vault:tls/key}'"}, "mesh.yaml:4:92", "refers to nothing"),
    ("WEFT-1706", {"mesh_yaml": (OPEN % "/k.pem").replace("tls:", "hosts: [a.b, 'a.b:1'], tls:")}, "mesh.yaml:4:74", "the name alone"),
    ("WEFT-1901", {"product": spec("  streams: [{name: s, from: x}]\n")}, "shop.yaml:6:13", "not served yet"),
    ("WEFT-1901", {"product": spec("  access: [{role: a, permissions: [read], purpose: fraud}]\n")}, "shop.yaml:6:43", "binding access to a purpose: not served yet; the role alone decides; the purpose is shown"),
    ("WEFT-1901", {"policies__p_yaml": POLICY % "{retention: {audit: forever, raw: 7 years}}"}, "p.yaml:4:36", "deleting data when its retention ends: not served yet; everything is kept"),
]  # fmt: skip


@pytest.mark.parametrize(
    "key", ["/etc/tls/key.pem", "../tls/key.pem", "~/key.pem", "'${env:TLS}/key.pem'", "'${file:/run/k}'"]
)
def test_a_key_may_lie_anywhere_but_in_the_folder(shop: Shop, key: str) -> None:
    reading = shop(mesh_yaml=(OPEN % key).replace("tls:", "hosts: [mesh.example.com, '::1', 192.0.2.1], tls:"))

    assert reading.mesh is not None
    found = reading.mesh.environments["local"]
    assert found.tls == Tls(certificate="c.pem", key=key.strip("'"))
    assert found.hosts == ("mesh.example.com", "::1", "192.0.2.1")


@pytest.mark.parametrize(
    ("code", "files", "place", "words"), CASES, ids=[f"{case[0]}-{case[3][:20]}" for case in CASES]
)
def test_a_problem_is_found_at_its_place(
    shop: Shop, code: str, files: Mapping[str, Any], place: str, words: str
) -> None:
    reading = shop(**files)

    found = [problem for problem in reading.problems if problem.code == code]

    assert found, reading.problems
    assert f"{found[0].mark.file}:{found[0].mark.line}:{found[0].mark.column}".rpartition("/")[2].startswith(place)
    assert words in f"{found[0].what}; {found[0].why}; {found[0].fix}"
    assert (reading.mesh is None) == bool(reading.errors)


def test_every_code_is_raised_above() -> None:
    assert {case[0] for case in CASES} == set(CATALOGUE)


def test_every_entry_of_the_catalogue_is_told_in_full() -> None:
    for code, entry in CATALOGUE.items():
        assert re.fullmatch(r"WEFT-1\d{3}", code)
        assert all((entry.title, entry.explanation, entry.example, entry.fix))
        assert len(entry.explanation) > 30

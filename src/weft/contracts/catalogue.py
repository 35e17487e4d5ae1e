"""Every problem that `weft check` can find: its code, why it matters, an example, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weft.model.problem import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One kind of problem, as `weft explain CODE` tells it."""

    code: str
    title: str
    explanation: str
    example: str
    fix: str
    severity: Severity = "error"


_ENTRIES = (
    # --- reading files
    Entry(
        code="WEFT-1001",
        title="The file is not UTF-8 text",
        explanation="Declarations and contracts are text in UTF-8. Other encodings would be read differently on different machines.",
        example="a file saved as Latin-1 or UTF-16",
        fix="save the file as UTF-8",
    ),
    Entry(
        code="WEFT-1002",
        title="The YAML cannot be read",
        explanation="The text breaks the rules of YAML at this place; what follows it was not looked at.",
        example="name: payments: v2",
        fix='put text with a colon in quotes: name: "payments: v2"',
    ),
    Entry(
        code="WEFT-1003",
        title="The JSON cannot be read",
        explanation="The text breaks the rules of JSON at this place. Comment lines (`//`) are allowed at the top of a contract only.",
        example='{"type": "object",}',
        fix='remove the last comma: {"type": "object"}',
    ),
    Entry(
        code="WEFT-1004",
        title="The file is too large or too deep",
        explanation="Declarations have at most 1 MiB, 32 levels and 50,000 values; contracts at most 256 KiB, 64 levels and "
        "2,000 values. The limits keep a hostile file from stopping the mesh.",
        example="a contract with 3,000 properties",
        fix="split the file",
    ),
    Entry(
        code="WEFT-1005",
        title="Aliases, anchors and tags are not read",
        explanation="An alias can make a small file stand for a huge value, and a tag can name code. Declarations are plain values only.",
        example="access: *everyone",
        fix="write the value out where it is needed",
    ),
    Entry(
        code="WEFT-1006",
        title="The same key stands twice",
        explanation="Readers of YAML and JSON disagree on which of the two counts, so neither does.",
        example="name: payments\nname: cards",
        fix="keep one of them",
    ),
    Entry(
        code="WEFT-1007",
        title="One declaration a file",
        explanation="A second document begins after `---`. One declaration a file keeps every problem and every change in its own place.",
        example="kind: Policy …\n---\nkind: Policy …",
        fix="move the second document to a file of its own",
    ),
    Entry(
        code="WEFT-1008",
        title="The file does not say what it declares",
        explanation="Every declaration begins with `apiVersion` and `kind`; `kind` decides how the rest is read.",
        example="metadata: {name: payments}",
        fix="begin with:\napiVersion: weft.dev/v1\nkind: DataProduct",
    ),
    Entry(
        code="WEFT-1009",
        title="Unknown kind",
        explanation="The kinds are Mesh, DataProduct, Policy and Identities.",
        example="kind: Dataproduct",
        fix="kind: DataProduct",
    ),
    # --- shape
    Entry(
        code="WEFT-1101",
        title="A value of the wrong type",
        explanation="A list stands where a text belongs, a number where a list belongs, or the like.",
        example="permissions: read",
        fix="permissions: [read]",
    ),
    Entry(
        code="WEFT-1102",
        title="Unknown key",
        explanation="Keys that are not known are refused rather than ignored: an ignored `acess:` would be an open door.",
        example="ownr: payments-team@banking.com",
        fix="owner: payments-team@banking.com",
    ),
    Entry(
        code="WEFT-1103",
        title="A key is missing",
        explanation="Everything that can be guessed has a default; this value cannot be guessed.",
        example="metadata: {name: payments}",
        fix="metadata: {name: payments, owner: payments-team@banking.com}",
    ),
    Entry(
        code="WEFT-1104",
        title="Not one of the possible values",
        explanation="Only the listed values mean something here.",
        example="permissions: [reed]",
        fix="permissions: [read]",
    ),
    Entry(
        code="WEFT-1105",
        title="A value of the wrong form",
        explanation="The value has the right type, but is empty or breaks the pattern that such values keep.",
        example="apiVersion: weft.dev",
        fix="apiVersion: weft.dev/v1",
    ),
    # --- references
    Entry(
        code="WEFT-1201",
        title="Unknown contract",
        explanation="A table names a contract that this product does not declare under `spec.contracts`.",
        example="tables: [{name: payment, contract: payment-shema}]",
        fix="tables: [{name: payment, contract: payment-schema}]",
    ),
    Entry(
        code="WEFT-1202",
        title="Unknown table",
        explanation="A source or a schedule names a table that this product does not have.",
        example="sources: {files: {path: inbox, table: paymnt}}",
        fix="sources: {files: {path: inbox, table: payment}}",
    ),
    Entry(
        code="WEFT-1203",
        title="Unknown column",
        explanation="A key, a cleaning rule or a classification names a column that the table's contract does not have.",
        example="key: [paymnt_id]",
        fix="key: [payment_id]",
    ),
    Entry(
        code="WEFT-1204",
        title="Unknown source",
        explanation="A table's `from` names a source, or a table of a source, that `spec.sources` does not declare.",
        example="from: mysql.paymnts",
        fix="from: mysql.payments",
    ),
    Entry(
        code="WEFT-1205",
        title="Nobody has this role",
        explanation="No declared user or client has the role, so the rule opens nothing. With an outside identity provider this can be right.",
        example="access: [{role: fraud-taem, permissions: [read]}]",
        fix="access: [{role: fraud-team, permissions: [read]}]",
        severity="warning",
    ),
    Entry(
        code="WEFT-1206",
        title="No such file",
        explanation="The declaration names a file that is not in the mesh's folder. Paths count from the declaration's own folder.",
        example="schema: schema/payment-schema.json",
        fix="schema: schemas/payment-schema.json",
    ),
    Entry(
        code="WEFT-1207",
        title="The path leaves the folder",
        explanation="Files are read from the mesh's own folder only, so that a declaration cannot show what else is on the machine.",
        example="schema: ../../../etc/passwd",
        fix="copy the file into the folder and name it there",
    ),
    Entry(
        code="WEFT-1208",
        title="The name is taken",
        explanation="Two things of one kind have the same name, so neither can be meant by it.",
        example="two products with metadata.name: payments",
        fix="rename one of them",
    ),
    Entry(
        code="WEFT-1209",
        title="Reserved table name",
        explanation="The name is an address of every product's interface: lineage, quality, quarantine, runs, ingest, search, data and live.",
        example="tables: [{name: search}]",
        fix="tables: [{name: search_result}]",
    ),
    Entry(
        code="WEFT-1210",
        title="A name that cannot be one",
        explanation="Names stand in addresses, topics and files. They begin with a lower-case letter and go on with lower-case "
        "letters, digits and `-` (tables also `_`), 63 characters at most.",
        example="name: Payments Data",
        fix="name: payments-data",
    ),
    Entry(
        code="WEFT-1211",
        title="A named file is missing, but is not needed yet",
        explanation="The file belongs to something that this version does not serve; it will be needed when it does.",
        example="graphql: {schema: schemas/payments.graphql}",
        fix="add the file, or take the line out",
        severity="warning",
    ),
    # --- contracts
    Entry(
        code="WEFT-1301",
        title="The contract is no valid JSON Schema",
        explanation="The file is JSON, but breaks the rules of the JSON Schema draft that it names.",
        example='{"type": "text"}',
        fix='{"type": "string"}',
    ),
    Entry(
        code="WEFT-1302",
        title="Unknown format",
        explanation="Every format is enforced, so an unknown one is refused rather than ignored.",
        example='{"type": "string", "format": "iban"}',
        fix='{"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"}',
    ),
    Entry(
        code="WEFT-1303",
        title="A pattern that cannot run in linear time",
        explanation="Look-around and back references are refused: with them, a short hostile text can keep a processor busy for hours.",
        example='{"pattern": "^(?=.*[0-9]).+$"}',
        fix='{"pattern": "[0-9]"}',
    ),
    Entry(
        code="WEFT-1304",
        title="A reference that leads nowhere",
        explanation="`$ref` may point into the same file only. Contracts are read offline: nothing is fetched.",
        example='{"$ref": "https://example.com/money.json"}',
        fix='copy the part under "definitions" and write {"$ref": "#/definitions/money"}',
    ),
    Entry(
        code="WEFT-1305",
        title="The contract would be too much work",
        explanation="With its references written out, the schema has more than 100,000 parts: checking a single row would take too long.",
        example="definitions that double themselves twenty times",
        fix="refer to less",
    ),
    Entry(
        code="WEFT-1306",
        title="A column name that cannot be served",
        explanation="Columns begin with a letter and go on with letters, digits, `_` and `-`; names that differ only by case "
        "are the same to SQL; names that begin with `_` belong to the mesh.",
        example='{"properties": {"order total": {"type": "number"}}}',
        fix='{"properties": {"order_total": {"type": "number"}}}',
    ),
    Entry(
        code="WEFT-1307",
        title="No key",
        explanation="A silver table keeps the latest row of each key. None was declared, no endpoint has a path parameter, and no "
        "required field ends in `_id`.",
        example="tables: [{name: reading, contract: reading-schema}]",
        fix="tables: [{name: reading, contract: reading-schema, key: [sensor, measured_at]}]",
    ),
    Entry(
        code="WEFT-1308",
        title="A column that cannot be part of a key",
        explanation="A key column is required by the contract and holds one plain value; objects, JSON and floating-point numbers cannot tell rows apart.",
        example="key: [payment_method]",
        fix="key: [payment_id]",
    ),
    Entry(
        code="WEFT-1309",
        title="A promise that cannot be read",
        explanation="Freshness is a duration with a unit, completeness and accuracy are percentages.",
        example="quality: {freshness: 5, completeness: 0.99}",
        fix="quality: {freshness: 5s, completeness: 99%}",
    ),
    Entry(
        code="WEFT-1310",
        title="The contract describes no fields",
        explanation='A contract describes one row: a schema with "type": "object" and "properties".',
        example='{"type": "array"}',
        fix='{"type": "object", "properties": {"id": {"type": "string"}}}',
    ),
    Entry(
        code="WEFT-1311",
        title="Unknown classification",
        explanation="The classes are public, internal, confidential and restricted. Policy says what each means.",
        example='{"type": "string", "classification": "secret"}',
        fix='{"type": "string", "classification": "restricted"}',
    ),
    Entry(
        code="WEFT-1312",
        title="A silver table without a contract",
        explanation="What is served keeps a contract. The product has none that this table could take.",
        example="tables: [{name: payment}]",
        fix="tables: [{name: payment, contract: payment-schema}]",
    ),
    Entry(
        code="WEFT-1313",
        title="A cleaning rule for something that is no text",
        explanation="The steps trim, upper, lower, digits and collapse change texts; the contract says that this column holds none.",
        example="clean: {amount: [trim]}",
        fix="clean: {currency: [trim]}",
    ),
    # --- policies
    Entry(
        code="WEFT-1401",
        title="The name breaks a naming policy",
        explanation="A policy of this mesh says how such names look, so that everyone finds things where they expect them.",
        example="naming: {column: '[a-z_]+'} and a column customerId",
        fix="customer_id",
    ),
    Entry(
        code="WEFT-1402",
        title="The promise is below the floor",
        explanation="A policy of this mesh says how good every contract has to be at least.",
        example="a floor of completeness: 95% and a contract with completeness: 90%",
        fix="completeness: 95%",
    ),
    Entry(
        code="WEFT-1403",
        title="A naming rule that cannot run",
        explanation="Naming rules are regular expressions without look-around and back references, matched against the whole name.",
        example="naming: {table: '(['}",
        fix="naming: {table: '[a-z][a-z0-9_]*'}",
    ),
    Entry(
        code="WEFT-1404",
        title="A retention time that cannot be read",
        explanation="A retention is a duration or `forever`.",
        example="retention: {raw: 7}",
        fix="retention: {raw: 7 years}",
    ),
    # --- models and filters
    Entry(
        code="WEFT-1501",
        title="The SQL cannot be read",
        explanation="Models are written in Spark SQL, whatever engine runs them.",
        example="SELECT currency sum(amount FROM payment",
        fix="SELECT currency, sum(amount) AS total FROM payment GROUP BY currency",
    ),
    Entry(
        code="WEFT-1502",
        title="A model is one SELECT",
        explanation="A gold table is the answer to one question. Other statements would change something on the way.",
        example="DELETE FROM payment",
        fix="SELECT * FROM payment WHERE status = 'COMPLETED'",
    ),
    Entry(
        code="WEFT-1503",
        title="The SQL reads an unknown table",
        explanation="Models read tables of their own product by name, and those of others as `product`.table. Files and catalogs cannot be read.",
        example="SELECT * FROM `payments-data-product`.paymnt",
        fix="SELECT * FROM `payments-data-product`.payment",
    ),
    Entry(
        code="WEFT-1504",
        title="A row filter that cannot be read",
        explanation="Row filters compare columns with values: =, <>, <, <=, >, >=, IN, IS NULL, AND, OR, NOT.",
        example="rows: status = CANCELLED;",
        fix="rows: status = 'CANCELLED'",
    ),
    Entry(
        code="WEFT-1505",
        title="A row filter that does not fit a table",
        explanation="The filter fits some tables of the product. On a table that lacks its columns nothing is shown to this role.",
        example="rows: status <> 'CANCELLED' in a product whose second table has no status",
        fix="split the product, or filter by columns that all tables have",
        severity="warning",
    ),
    Entry(
        code="WEFT-1506",
        title="A model and its layer do not fit",
        explanation="Gold tables have `sql` and no contract; silver tables have a contract and no `sql`.",
        example="tables: [{name: totals, layer: gold}]",
        fix="tables: [{name: totals, layer: gold, sql: sql/totals.sql}]",
    ),
    # --- endpoints
    Entry(
        code="WEFT-1601",
        title="An endpoint that cannot be an address",
        explanation="Endpoints begin with `/`; their parts are plain words or a `{column}` in braces.",
        example="endpoints: ['payments/{payment id}']",
        fix="endpoints: ['/payments/{payment_id}']",
    ),
    Entry(
        code="WEFT-1602",
        title="The endpoint is taken",
        explanation="Another endpoint, here or in another product, answers at the same address.",
        example="/payments/{payment_id} and /payments/{id}",
        fix="give one of them another first word",
    ),
    Entry(
        code="WEFT-1603",
        title="Reserved address",
        explanation="The mesh itself answers beneath /api, /assets, /oauth, /.well-known, /healthz, /readyz, /metrics and /openapi.json.",
        example="/api/payments",
        fix="/payments",
    ),
    Entry(
        code="WEFT-1604",
        title="An endpoint for a column that does not exist",
        explanation="The name in the path is close to a column's, but is none.",
        example="/payments/{paymnt_id}",
        fix="/payments/{payment_id}",
    ),
    # --- where the mesh listens
    Entry(
        code="WEFT-1701",
        title="An address that nobody can listen at",
        explanation="`http` of an environment is a scheme, a host and a port, and nothing else. The scheme is http or https.",
        example="http: 0.0.0.0:8443",
        fix="http: https://0.0.0.0:8443",
    ),
    Entry(
        code="WEFT-1702",
        title="Open to the network without TLS",
        explanation="Keys, sessions and rows would pass in the clear. Without TLS a mesh listens on this machine's own addresses only.",
        example="http: http://0.0.0.0:8420",
        fix="http: https://0.0.0.0:8443\ntls: {certificate: /etc/weft/tls/chain.pem, key: /etc/weft/tls/key.pem}",
    ),
    Entry(
        code="WEFT-1703",
        title="https and a certificate belong together",
        explanation="An https address needs `tls`, and `tls` needs an https address: one without the other would not do what it says.",
        example="http: https://0.0.0.0:8443",
        fix="http: https://0.0.0.0:8443\ntls: {certificate: /etc/weft/tls/chain.pem, key: /etc/weft/tls/key.pem}",
    ),
    Entry(
        code="WEFT-1704",
        title="The TLS key lies in the mesh's folder",
        explanation="The folder is shared: it goes into version control, to reviewers and to every machine. Whoever has the key can pass for the mesh.",
        example="tls: {certificate: tls/chain.pem, key: tls/key.pem}",
        fix="tls: {certificate: ../tls/chain.pem, key: ../tls/key.pem}",
    ),
    Entry(
        code="WEFT-1705",
        title="A reference to nothing",
        explanation="What is not written in a declaration is named as `${env:NAME}`, a variable, or `${file:PATH}`, a file.",
        example="key: ${vault:tls/key}",
        fix="key: ${file:/run/secrets/key.pem}",
    ),
    Entry(
        code="WEFT-1706",
        title="A host that cannot be one",
        explanation="`hosts` are the names that requests may ask for: names or addresses, without scheme, port or pattern.",
        example="hosts: ['https://mesh.example.com:8443']",
        fix="hosts: [mesh.example.com]",
    ),
    # --- notices
    Entry(
        code="WEFT-1901",
        title="Asked for, but not served yet",
        explanation="The declaration is kept and shown. This version of Weft does not do this part yet; the line says what does instead.",
        example="apis: {graphql: {schema: schemas/payments.graphql}}",
        fix="nothing: the rest of the product works",
        severity="notice",
    ),
)

CATALOGUE: Mapping[str, Entry] = {entry.code: entry for entry in _ENTRIES}

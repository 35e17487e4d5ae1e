"""The OpenAPI document: the route table written out for the products of the mesh, with their contracts as schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from weft.contracts.validator import parsed
from weft.model.column import Column, walk
from weft.model.mesh import Mesh
from weft.model.product import Endpoint, Product, Table
from weft.serving.http.answer import Answer
from weft.serving.http.call import Call
from weft.serving.http.desk import Desk
from weft.serving.http.gate import PUBLIC
from weft.serving.http.operation import Operation
from weft.serving.http.problems import Problem

Json = dict[str, Any]

_PARAMETER = re.compile(r"\{(\w+)\}")
_REF = "#/components/schemas/{name}"
_SECURITY: Json = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "weft_session"},
    "client": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}}},
}
_PAGING = ("page", "size", "sort")


class Document:
    """GET /openapi.json, made anew when the mesh changes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._mesh: Mesh | None = None
        self._answer = Answer()
        self.operations: Sequence[Operation] = ()

    async def show(self, _: Call) -> Answer:
        """GET the document."""
        mesh = self._desk.door.house.mesh()
        if mesh is not self._mesh:
            document = describe(mesh, self.operations, self._desk.settings.version)
            self._answer, self._mesh = Answer(msgspec.json.encode(document)), mesh
        return self._answer


def describe(mesh: Mesh, operations: Sequence[Operation], version: str) -> Json:
    """The document of a mesh."""
    paths: dict[str, Json] = {}
    for path, operation, place in _expanded(mesh, operations):
        paths.setdefault(path, {})[operation.method.lower()] = _operation(path, operation, place)
    for product in mesh.products:
        for endpoint in product.endpoints:
            paths.setdefault(endpoint.path, {}).update(_declared(product, endpoint))
    types = [kind for one in operations for kind in (one.returns, one.takes) if kind is not None]
    _, schemas = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"The data mesh {mesh.name}", "version": version},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"key": []}, {"session": []}, {"client": []}],
        "paths": paths,
        "components": {"securitySchemes": _SECURITY, "schemas": {**schemas, **dict(_schemas(mesh))}},
    }


_Place = tuple[Product, Table] | None


def _expanded(mesh: Mesh, operations: Sequence[Operation]) -> Iterator[tuple[str, Operation, _Place]]:
    """Each operation with its path; those on rows once for each table, so that each shows its own columns."""
    for operation in operations:
        if operation.tag != "data" or "{product}" not in operation.path:
            yield operation.path, operation, None
            continue
        for product in mesh.products:
            tables = product.tables if "{table}" in operation.path else product.tables[:1]
            for table in tables:
                path = operation.path.replace("{product}", product.name).replace("{table}", table.name)
                if _fits(path, operation, table):
                    yield path, operation, (product, table)


def _fits(path: str, operation: Operation, table: Table) -> bool:
    if "/ingest/" in path:
        return table.layer == "silver"
    return bool(table.key) or "{key}" not in operation.path


def _operation(path: str, operation: Operation, place: _Place) -> Json:
    described: Json = {
        "operationId": _identifier(operation.method, path),
        "summary": operation.summary,
        "tags": [place[0].name if place else operation.tag],
        "parameters": [*_path_parameters(path), *_query_parameters(operation, place)],
        "responses": {
            str(operation.status): {"description": operation.summary, **_content(operation, place)},
            "default": _PROBLEM,
        },
    }
    if path in PUBLIC:
        described["security"] = []
    body = _body(operation, place)
    return {**described, "requestBody": body} if body else described


_PROBLEM: Json = {
    "description": "What went wrong",
    "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}},
}


def _content(operation: Operation, place: _Place) -> Json:
    if operation.status == 204:  # noqa: PLR2004 - no content
        return {}
    schema: Json = {} if operation.returns is None else _reference(operation.returns)
    if place and operation.rows:
        row = {"$ref": _REF.format(name=_name(*place))}
        schema = row if operation.rows == "one" else _page(row)
    return {"content": {operation.media: {"schema": schema}}}


def _page(row: Json) -> Json:
    numbers: Json = {name: {"type": "integer", "minimum": 0} for name in ("page", "size", "total")}
    return {
        "type": "object",
        "required": ["items", *numbers],
        "properties": {"items": {"type": "array", "items": row}, **numbers},
    }


def _body(operation: Operation, place: _Place) -> Json:
    if operation.rows == "sent" and place:
        row = {"$ref": _REF.format(name=f"{_name(*place)}.sent")}
        text = {"schema": {"type": "string"}}
        content: Json = {
            "application/json": {"schema": {"anyOf": [row, {"type": "array", "items": row, "minItems": 1}]}},
            "application/x-ndjson": text,
            "text/csv": text,
        }
        return {"required": True, "content": content}
    if operation.takes is None:
        return {}
    return {"required": True, "content": {operation.accepts: {"schema": _reference(operation.takes)}}}


def _reference(kind: Any) -> Json:
    return {"$ref": _REF.format(name=kind.__name__)}


def _path_parameters(path: str) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(operation: Operation, place: _Place) -> list[Json]:
    found = [_query(name) for name in operation.query]
    if place and operation.rows == "page" and operation.method == "GET":
        found += [_query(name) for name in _PAGING]
        found += [
            {
                **_query(name, _schema(column)),
                "description": f"{name}__ne, __gt, __gte, __lt, __lte, __in compare otherwise",
            }
            for name, column in walk(place[1].columns)
            if column.kind not in {"object", "json"} and name not in _PAGING
        ]
    if place and operation.rows in {"one", "page"}:
        position = {"name": "Weft-Position", "in": "header", "schema": {"type": "string"}}
        found.append({**position, "description": "The answer reflects at least this position"})
    return found


def _query(name: str, schema: Json | None = None) -> Json:
    numbers: Json = {"type": "integer", "minimum": 1}
    plain = numbers if name in {"page", "size"} else {"type": "string"}
    return {"name": name, "in": "query", "schema": schema or plain}


def _schemas(mesh: Mesh) -> Iterator[tuple[str, Json]]:
    for product in mesh.products:
        for table in product.tables:
            name = _name(product, table)
            yield name, {"type": "object", "properties": {c.name: _schema(c) for c in table.columns}}
            contract = product.contract(table.contract)
            if contract is not None:
                sent = f"{name}.sent"
                yield sent, _moved(parsed(contract.schema), _REF.format(name=sent))


def _name(product: Product, table: Table) -> str:
    return f"{product.name}.{table.name}"


def _schema(column: Column) -> Json:
    """A column as it is served: nothing is required, since masks may hide it."""
    kinds: Mapping[str, Json] = {
        "string": {"type": "string"},
        "integer": {"type": "integer"},
        "decimal": {"type": "number"},
        "number": {"type": "number"},
        "boolean": {"type": "boolean"},
        "timestamp": {"type": "string", "format": "date-time"},
        "date": {"type": "string", "format": "date"},
        "json": {},
        "object": {"type": "object", "properties": {field.name: _schema(field) for field in column.fields}},
    }
    described = kinds[column.kind]
    return {**described, "description": column.description} if column.description else described


def _moved(schema: Any, root: str) -> Any:
    """A contract's schema at another place of a larger document: its references point there."""
    if isinstance(schema, list):
        return [_moved(part, root) for part in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {name: _moved(part, root) for name, part in schema.items() if name not in {"$schema", "$id"}}
    reference = moved.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        moved["$ref"] = root + reference[1:]
    return moved


def _declared(product: Product, endpoint: Endpoint) -> Json:
    table = product.table(endpoint.table)
    row: Json = {"$ref": _REF.format(name=f"{product.name}.{endpoint.table}")}
    if endpoint.operation == "field" and table:
        column = next((column for column in table.columns if column.name == endpoint.field), None)
        row = {"type": "object", "properties": {endpoint.field: _schema(column) if column else {}}}
    schema = row if endpoint.operation in {"get", "field"} else _page(row)
    described: Json = {
        "tags": [product.name],
        "parameters": _path_parameters(endpoint.path),
        "responses": {
            "200": {"description": "The answer", "content": {"application/json": {"schema": schema}}},
            "default": _PROBLEM,
        },
    }
    methods = ("get", "post") if endpoint.operation == "search" else ("get",)
    searched: Json = {"requestBody": {"content": {"application/json": {"schema": _reference_to("SearchBody")}}}}
    return {
        method: {
            "operationId": _identifier(method, endpoint.path),
            "summary": f"{endpoint.path} of {product.name}",
            **described,
            **(searched if method == "post" else {}),
        }
        for method in methods
    }


def _reference_to(name: str) -> Json:
    return {"$ref": _REF.format(name=name)}


def _identifier(method: str, path: str) -> str:
    return "_".join([method.lower(), *re.findall(r"[A-Za-z0-9]+", path)])

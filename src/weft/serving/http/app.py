"""The HTTP app: every path in one table, behind one gate."""

from __future__ import annotations

from functools import partial

from weft.catalog.graph import Graph
from weft.catalog.search import Finds
from weft.serving.http.catalog import Catalog, MeshPage, Trail
from weft.serving.http.credentials import Credentials
from weft.serving.http.data import Data, QueryBody, SearchBody
from weft.serving.http.declared import Declared
from weft.serving.http.desk import Desk, Settings
from weft.serving.http.gate import Gate
from weft.serving.http.health import Signs
from weft.serving.http.intake import Intake, ReceiptPage
from weft.serving.http.openapi import Document
from weft.serving.http.operation import Operation, Paths
from weft.serving.http.portal import Portal
from weft.serving.http.session import Sessions, SignIn, TokenForm
from weft.serving.shelf import Cards, ProductPage
from weft.serving.vitals import Live, Qualities, Runs

P = "/api/v1/products/{product}"


def build_app(desk: Desk) -> Gate:
    """The app of a desk."""
    house = desk.door.house
    credentials = Credentials(desk.identity, house.state, desk.clock, desk.ids)
    data, document = Data(desk), Document(desk)
    document.operations = operations(desk, data, credentials, document)
    return Gate((Paths(document.operations), Declared(desk, data)), desk, credentials)


def operations(desk: Desk, data: Data, credentials: Credentials, document: Document) -> tuple[Operation, ...]:
    """Everything that can be asked, beside the paths that products declare."""
    return (*_rows(data, Intake(desk)), *_products(Catalog(desk)), *_mesh(desk, data, credentials, document))


def _rows(data: Data, intake: Intake) -> tuple[Operation, ...]:
    op = partial(Operation, tag="data")
    return (
        op(
            method="GET", path=P + "/data/{key}", handler=data.first_row, summary="A row of the first table", rows="one"
        ),
        op(
            method="POST",
            path=P + "/ingest/{table}",
            handler=intake.rows,
            summary="Send rows",
            rows="sent",
            status=202,
            returns=ReceiptPage,
        ),
        op(
            method="POST",
            path=P + "/search",
            handler=data.first_search,
            summary="Search the first table",
            rows="page",
            takes=SearchBody,
        ),
        op(
            method="POST",
            path=P + "/{table}/search",
            handler=data.search,
            summary="Search a table",
            rows="page",
            takes=SearchBody,
        ),
    )


def _products(catalog: Catalog) -> tuple[Operation, ...]:
    op = partial(Operation, method="GET")
    paging = ("page", "size")
    return (
        op(
            path=P + "/lineage/{key}",
            handler=catalog.trail,
            summary="The lineage of a row",
            tag="lineage",
            returns=Trail,
            query=("table",),
        ),
        op(
            path=P + "/quarantine/{table}",
            handler=catalog.quarantine,
            summary="Rows that broke their contract",
            tag="quality",
            query=paging,
        ),
        op(path=P + "/lineage", handler=catalog.lineage, summary="Tables and columns", tag="lineage", returns=Graph),
        op(path=P + "/live", handler=catalog.live, summary="How it does right now", tag="quality", returns=Live),
        op(path=P + "/quality", handler=catalog.quality, summary="Promises kept", tag="quality", returns=Qualities),
        op(path=P + "/runs", handler=catalog.runs, summary="Work that ended", tag="quality", returns=Runs),
        op(path=P, handler=catalog.product, summary="A product", tag="catalog", returns=ProductPage),
        op(path="/api/v1/products", handler=catalog.products, summary="All products", tag="catalog", returns=Cards),
        op(path="/api/v1/mesh", handler=catalog.mesh, summary="The mesh", tag="catalog", returns=MeshPage),
        op(
            path="/api/v1/search",
            handler=catalog.search,
            summary="Find products, tables and columns",
            tag="catalog",
            returns=Finds,
            query=("q",),
        ),
        op(
            path="/api/v1/audit",
            handler=catalog.audit,
            summary="Decisions",
            tag="governance",
            query=("product", *paging),
        ),
    )


def _mesh(desk: Desk, data: Data, credentials: Credentials, document: Document) -> tuple[Operation, ...]:
    sessions, signs, portal = Sessions(desk, credentials), Signs(desk), Portal(desk.settings.portal_folder)
    op, get = Operation, partial(Operation, method="GET")
    session, form = "/api/v1/session", "application/x-www-form-urlencoded"
    return (
        get(path=P + "/{table}/{key}", handler=data.row, summary="A row", tag="data", rows="one"),
        get(path=P + "/{table}", handler=data.rows, summary="A page of rows", tag="data", rows="page"),
        op(
            method="POST", path="/api/v1/query", handler=data.query, summary="Ask with SQL", tag="data", takes=QueryBody
        ),
        get(path=session, handler=sessions.show, summary="Who is signed in", tag="session"),
        op(method="POST", path=session, handler=sessions.open, summary="Sign in", tag="session", takes=SignIn),
        op(method="DELETE", path=session, handler=sessions.close, summary="Sign out", tag="session", status=204),
        op(
            method="POST",
            path="/oauth/token",
            handler=sessions.token,
            summary="An access token",
            tag="session",
            takes=TokenForm,
            accepts=form,
        ),
        get(path="/.well-known/jwks.json", handler=sessions.jwks, summary="The keys of tokens", tag="session"),
        get(path="/healthz", handler=signs.alive, summary="Alive?", tag="signs"),
        get(path="/readyz", handler=signs.ready, summary="Ready?", tag="signs"),
        get(path="/metrics", handler=signs.metrics, summary="Numbers", tag="signs", media="text/plain"),
        get(path="/openapi.json", handler=document.show, summary="This document", tag="signs"),
        get(path="/", handler=portal.page, summary="The portal", tag="portal", media="text/html"),
        get(path="/favicon.ico", handler=portal.icon, summary="Its icon", tag="portal", media="image/x-icon"),
        get(path="/assets/{file}", handler=portal.asset, summary="Its files", tag="portal", media="*/*"),
    )


__all__ = ["Desk", "Settings", "build_app"]

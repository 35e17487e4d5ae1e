"""The shapes that a user writes: one structure per kind, from which checks and editor completion are both made."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from weft.model.column import Classification
from weft.model.principal import MaskKind, Permission
from weft.model.product import OnInvalid, TableLayer

Text = Annotated[str, Meta(min_length=1)]
ApiVersion = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]+/v1$", description="Any host, then /v1: weft.dev/v1")]
CleanStep = Literal["trim", "upper", "lower", "digits", "collapse"]
CLEAN_STEPS: tuple[CleanStep, ...] = ("trim", "upper", "lower", "digits", "collapse")
FileFormat = Literal["ndjson", "json", "csv"]


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a declaration: known keys only."""


class Promise(Shape, frozen=True):
    """What a contract promises about its data."""

    freshness: Annotated[str, Meta(description="At most this old when it can be read: 1s, 5m, 1 day")] = ""
    completeness: Annotated[str, Meta(description="Share of required fields that are there: 100%")] = ""
    accuracy: Annotated[str, Meta(description="Share of rows that keep the contract: 99.999%")] = ""


# --- sources


class Database(Shape, frozen=True):
    """Tables of a database whose changes feed the product."""

    database: str = ""
    tables: tuple[Text, ...] = ()
    url: Annotated[str, Meta(description="Where it is: mysql://user@host/db; secrets as ${env:NAME}")] = ""


class Mongodb(Shape, frozen=True):
    """Collections of a MongoDB database whose changes feed the product."""

    database: str = ""
    collections: tuple[Text, ...] = ()
    url: str = ""


class Files(Shape, frozen=True):
    """A folder whose files are read as they arrive."""

    path: Annotated[Text, Meta(description="Folder beside this file, such as inbox")] = "inbox"
    format: Annotated[FileFormat | Literal[""], Meta(description="Default: by each file's ending")] = ""
    table: Annotated[str, Meta(description="The silver table that it feeds")] = ""
    name: str = ""


class Http(Shape, frozen=True):
    """An address that is asked for rows."""

    url: str = ""
    table: str = ""
    every: Annotated[str, Meta(description="How often: 30s, 5m")] = ""


class Topics(Shape, frozen=True):
    """Topics of an event broker."""

    topics: tuple[Text, ...] = ()
    url: str = ""
    table: str = ""


class Objects(Shape, frozen=True):
    """Objects of a service such as Salesforce."""

    objects: tuple[Text, ...] = ()
    url: str = ""


class Sources(Shape, frozen=True):
    """Where the product's data comes from, by kind."""

    files: Files | tuple[Files, ...] | UnsetType = UNSET
    http: Http | UnsetType = UNSET
    topic: Topics | UnsetType = UNSET
    kafka: Topics | UnsetType = UNSET
    mysql: Database | UnsetType = UNSET
    mariadb: Database | UnsetType = UNSET
    postgres: Database | UnsetType = UNSET
    postgresql: Database | UnsetType = UNSET
    sqlserver: Database | UnsetType = UNSET
    oracle: Database | UnsetType = UNSET
    mongodb: Mongodb | UnsetType = UNSET
    salesforce: Objects | UnsetType = UNSET
    stripe: Objects | UnsetType = UNSET
    netsuite: Objects | UnsetType = UNSET
    zendesk: Objects | UnsetType = UNSET


# --- data product


class ProductMetadata(Shape, frozen=True):
    """Who the product is and who answers for it."""

    name: Text
    owner: Annotated[Text, Meta(description="Who answers for it: a team's address")]
    domain: str = ""
    version: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()


class ContractSpec(Shape, frozen=True):
    """A promise to everyone who reads: a schema and its quality."""

    name: Text
    schema: Annotated[Text, Meta(description="JSON Schema file, beside this file")]
    version: str = ""
    quality: Promise = field(default_factory=Promise)


class TableSpec(Shape, frozen=True):
    """A table that the product serves: silver keeps a contract, gold is one SELECT."""

    name: Text
    layer: TableLayer | UnsetType = UNSET
    origin: Annotated[str, Meta(description="The source that feeds it: mysql.payments")] = field(
        name="from", default=""
    )
    contract: str = ""
    key: Annotated[tuple[Text, ...], Meta(description="The columns that tell one row from another")] = ()
    history: Annotated[Literal["latest", "scd2"], Meta(description="latest keeps one row a key")] = "latest"
    clean: Annotated[dict[str, tuple[CleanStep, ...]], Meta(description="Column to steps, before the check")] = {}
    on_invalid: OnInvalid = "quarantine"
    sql: Annotated[str, Meta(description="One SELECT in Spark SQL, or a file that ends in .sql")] = ""
    classification: Annotated[dict[str, Classification], Meta(description="Column to class")] = {}
    zorder: tuple[Text, ...] = ()
    partition: tuple[Text, ...] = ()
    description: str = ""


class Window(Shape, frozen=True):
    """A stretch of time over which a stream is summed up."""

    size: Text
    slide: str = ""


class StreamSpec(Shape, frozen=True):
    """A continuous aggregate over events."""

    name: Text
    origin: Text = field(name="from")
    time: str = ""
    watermark: str = ""
    window: Window | UnsetType = UNSET
    by: tuple[Text, ...] = ()
    measures: dict[str, str] = {}


class GrantSpec(Shape, frozen=True):
    """Who may do what with this product."""

    role: Text
    permissions: Annotated[tuple[Permission, ...], Meta(min_length=1)]
    rows: Annotated[str, Meta(description="Only rows for which this holds: status <> 'CANCELLED'")] = ""
    purpose: str = ""


class Rest(Shape, frozen=True):
    """REST paths of the product's own."""

    base_url: str = field(name="baseUrl", default="")
    endpoints: tuple[Text, ...] = ()


class Graphql(Shape, frozen=True):
    """A GraphQL port."""

    schema: str = ""


class Kafka(Shape, frozen=True):
    """Topics that the product publishes."""

    topics: tuple[Text, ...] = ()


class Apis(Shape, frozen=True):
    """The ports beside the standard ones."""

    rest: Rest | UnsetType = UNSET
    graphql: Graphql | UnsetType = UNSET
    kafka: Kafka | UnsetType = UNSET


class Upstream(Shape, frozen=True):
    """A system that this product draws from."""

    source: Text
    type: str = ""


class Downstream(Shape, frozen=True):
    """A system that draws from this product."""

    consumer: Text
    type: str = ""


class Neighbours(Shape, frozen=True):
    """The product's declared neighbours."""

    upstream: tuple[Upstream, ...] = ()
    downstream: tuple[Downstream, ...] = ()


class ProductSpec(Shape, frozen=True):
    """What the product takes in, keeps, promises and shows."""

    sources: Sources = field(default_factory=Sources)
    contracts: tuple[ContractSpec, ...] = ()
    tables: tuple[TableSpec, ...] = ()
    streams: tuple[StreamSpec, ...] = ()
    schedule: Annotated[dict[str, str], Meta(description="Table to cron line")] = {}
    access: tuple[GrantSpec, ...] = ()
    apis: Apis = field(default_factory=Apis)
    lineage: Neighbours = field(default_factory=Neighbours)


class DataProduct(Shape, frozen=True):
    """A data product."""

    api_version: ApiVersion = field(name="apiVersion")
    kind: Literal["DataProduct"]
    metadata: ProductMetadata
    spec: ProductSpec


# --- mesh


class Named(Shape, frozen=True):
    """The name of a declaration."""

    name: Text
    description: str = ""


_PEM = (
    "From the mesh's folder but not in it: /etc/weft/tls/{0}, ../tls/{0}, ${{env:NAME}}/{0}, ${{file:/run/secrets/{0}}}"
)


class TlsSpec(Shape, frozen=True):
    """Where the certificate and its key are, as PEM files."""

    certificate: Annotated[Text, Meta(description=_PEM.format("chain.pem"))]
    key: Annotated[Text, Meta(description=_PEM.format("key.pem"))]


class EnvironmentSpec(Shape, frozen=True):
    """One URL per port; what is left out stays on this machine."""

    log: str = ""
    state: str = ""
    tables: str = ""
    engine: str = ""
    keys: str = ""
    identity: str = ""
    http: Annotated[
        str, Meta(description="Where it listens: http://127.0.0.1:8420, or https://0.0.0.0:8443 with `tls`")
    ] = ""
    tls: TlsSpec | UnsetType = UNSET
    hosts: Annotated[tuple[Text, ...], Meta(description="Names to answer to; default: the certificate's")] = ()


class MeshSpec(Shape, frozen=True):
    """The environments of the mesh."""

    environments: dict[str, EnvironmentSpec] = {}


class Mesh(Shape, frozen=True):
    """The mesh itself: its name and where it runs."""

    api_version: ApiVersion = field(name="apiVersion")
    kind: Literal["Mesh"]
    metadata: Named
    spec: MeshSpec = field(default_factory=MeshSpec)


# --- policy


class Naming(Shape, frozen=True):
    """Regular expressions that names must match in full."""

    product: str = ""
    table: str = ""
    column: str = ""
    domain: str = ""


class ClassSpec(Shape, frozen=True):
    """What a class means on read."""

    mask: MaskKind = "none"
    cleared: Annotated[tuple[Text, ...], Meta(description="Roles that see through the mask")] = ()


class Classes(Shape, frozen=True):
    """The four classes."""

    public: ClassSpec | UnsetType = UNSET
    internal: ClassSpec | UnsetType = UNSET
    confidential: ClassSpec | UnsetType = UNSET
    restricted: ClassSpec | UnsetType = UNSET


class PolicySpec(Shape, frozen=True):
    """Rules for every product of the mesh."""

    naming: Naming = field(default_factory=Naming)
    classification: Classes = field(default_factory=Classes)
    quality: Annotated[Promise, Meta(description="The least that every contract must promise")] = field(
        default_factory=Promise
    )
    retention: Annotated[dict[str, str], Meta(description="Kind of data to time: raw: 7 years; or forever")] = {}


class Policy(Shape, frozen=True):
    """Rules that hold for every product."""

    api_version: ApiVersion = field(name="apiVersion")
    kind: Literal["Policy"]
    metadata: Named
    spec: PolicySpec


# --- identities


class UserSpec(Shape, frozen=True):
    """A person."""

    id: Text
    name: str = ""
    roles: tuple[Text, ...] = ()


class ClientSpec(Shape, frozen=True):
    """A program."""

    id: Text
    name: str = ""
    roles: tuple[Text, ...] = ()


class IdentitiesSpec(Shape, frozen=True):
    """Who may sign in here."""

    sign_in: Annotated[Literal["keys", "demo"], Meta(description="demo: anyone on this machine, as any of them")] = (
        field(name="signIn", default="keys")
    )
    users: tuple[UserSpec, ...] = ()
    clients: tuple[ClientSpec, ...] = ()


class Identities(Shape, frozen=True):
    """People, programs and their roles."""

    api_version: ApiVersion = field(name="apiVersion")
    kind: Literal["Identities"]
    spec: IdentitiesSpec
    metadata: Named | UnsetType = UNSET


Declaration = Mesh | DataProduct | Policy | Identities
KINDS: dict[str, type[Declaration]] = {
    "Mesh": Mesh,
    "DataProduct": DataProduct,
    "Policy": Policy,
    "Identities": Identities,
}

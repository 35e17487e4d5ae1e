"""What a declaration asks for and this version does not serve yet: said, never dropped."""

from __future__ import annotations

from weft._kit.place import Path
from weft.contracts.declared.draft import Draft
from weft.model import declaration


def note_unserved(draft: Draft) -> None:
    """Note every such part of a product, apart from sources and Avro or Protobuf contracts, which are noted where they are read."""
    _of_apis(draft)
    _of_tables(draft)
    for index, grant in enumerate(draft.spec.access):
        if grant.purpose:
            meanwhile = "the role alone decides; the purpose is shown"
            draft.not_served(("spec", "access", index, "purpose"), "binding access to a purpose", meanwhile)
    for index, stream in enumerate(draft.spec.streams):
        meanwhile = f"a gold table can sum up what {stream.origin} brings"
        draft.not_served(("spec", "streams", index), f"the stream {stream.name}", meanwhile)
    known = [spec.name for spec in draft.spec.tables]
    for name in draft.spec.schedule:
        path: Path = ("spec", "schedule", name)
        if name not in known:
            draft.unknown("WEFT-1202", path, name, known, noun="table")
        else:
            draft.not_served(path, f"a schedule for {name}", "it is refreshed whenever what it reads has changed")


def _of_apis(draft: Draft) -> None:
    apis = draft.spec.apis
    if isinstance(apis.rest, declaration.Rest) and apis.rest.base_url:
        path: Path = ("spec", "apis", "rest", "baseUrl")
        draft.not_served(path, f"answers at {apis.rest.base_url}", "the endpoints answer at this node's own address")
    if isinstance(apis.graphql, declaration.Graphql):
        draft.not_served(("spec", "apis", "graphql"), "a GraphQL port", "the REST port answers the same questions")
        if apis.graphql.schema:
            path = ("spec", "apis", "graphql", "schema")
            draft.folder.find(draft.file, path, apis.graphql.schema, code="WEFT-1211")
    if isinstance(apis.kafka, declaration.Kafka):
        topics = ", ".join(apis.kafka.topics) or "none named"
        meanwhile = "read new rows over REST, from the position that the last answer named"
        draft.not_served(("spec", "apis", "kafka"), f"Kafka topics ({topics})", meanwhile)


def _of_tables(draft: Draft) -> None:
    for index, spec in enumerate(draft.spec.tables):
        path: Path = ("spec", "tables", index)
        if spec.history == "scd2":
            meanwhile = "the latest row of each key is kept, and every row received stays in bronze"
            draft.not_served((*path, "history"), f"the history of {spec.name} (scd2)", meanwhile)
        for name in ("zorder", "partition"):
            if getattr(spec, name):
                draft.not_served(
                    (*path, name), f"the layout of {spec.name} ({name})", "rows lie in the order of their arrival"
                )

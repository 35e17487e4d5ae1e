"""A body as rows, as its media type says, within the limits of one request."""

from __future__ import annotations

from weft.contracts.formats import Format
from weft.contracts.formats import split as split_rows
from weft.model.errors import InvalidInput, TooLarge
from weft.model.product import Table

MOST_ROWS = 100_000
FORMATS: dict[str, Format] = {
    "": "json",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
}
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def split(body: bytes, media: str, table: Table) -> list[bytes]:
    """The rows of a body, each with the bytes that were sent for it."""
    kind, _, parameters = (part.strip() for part in media.lower().partition(";"))
    charset = parameters.partition("charset=")[2].partition(";")[0].strip('" ')
    if charset and charset not in _CHARSETS:
        raise InvalidInput(f"charset {charset} is not supported", hint="send UTF-8")
    if kind not in FORMATS:
        raise InvalidInput(
            f"{kind[:80]!r} is no format for rows", hint="application/json, application/x-ndjson or text/csv"
        )
    if not body.strip():
        raise InvalidInput("the body is empty", hint="send one row or more")
    rows = split_rows(body, FORMATS[kind], table.columns)
    if not rows:
        raise InvalidInput("the body holds no rows", hint="send one row or more")
    if len(rows) > MOST_ROWS:
        raise TooLarge(f"more than {MOST_ROWS} rows", hint="put the file into the product's inbox folder")
    return rows

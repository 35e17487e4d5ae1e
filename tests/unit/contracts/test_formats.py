"""Cells of a CSV as JSON: what cannot be read as its column's kind stays text, to be judged."""

import json

import pytest

from weft.contracts.formats import split
from weft.model.column import Column


@pytest.mark.parametrize("cell", ["[" * 100_000, '{"a":' * 20_000, "[1", "nul"])
def test_a_cell_that_is_no_json_stays_text(cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    (row,) = split(f"tags\n{quoted}\n".encode(), "csv", [Column(name="tags", kind="json")])
    assert json.loads(row) == {"tags": cell}

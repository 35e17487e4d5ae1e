"""One small mesh for all commands, made by the commands themselves."""

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from weft.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def weft(*arguments: str | Path) -> Ended:
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Ended(code, out.getvalue(), err.getvalue())


ROWS = [
    {"thing_id": "a", "created_at": "2026-11-21T10:00:00Z", "name": "first"},
    {"thing_id": "b", "created_at": "2026-11-21T10:00:01Z"},
    {"thing_id": "c", "created_at": "yesterday"},
]


@pytest.fixture(scope="session")
def run():
    return weft


@pytest.fixture(scope="session")
def keys_outside(tmp_path_factory):
    """Keys lie outside of the mesh's folder: for tests, not in the home of whoever runs them."""
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    yield
    if before is None:
        del os.environ["XDG_CONFIG_HOME"]
    else:
        os.environ["XDG_CONFIG_HOME"] = before


@pytest.fixture(scope="session")
def mesh(tmp_path_factory, keys_outside) -> Path:
    """A mesh that was made, applied, and given three rows, one of them bad."""
    folder = tmp_path_factory.mktemp("mesh") / "things"
    rows = folder.parent / "things.ndjson"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert weft("init", folder, "--template", "empty").code == 0
    grants = folder / "domains/first/first.product.yaml"
    reader = "    - {role: readers, permissions: [read], rows: \"name = 'first'\"}\n"
    grants.write_text(grants.read_text() + reader)
    people = folder / "identities.yaml"
    people.write_text(
        people.read_text() + "    - {id: rita, name: Rita, roles: [readers]}\n    - {id: nemo, name: Nemo, roles: []}\n"
    )
    applied = weft("apply", "--yes", "-C", folder)
    assert applied.code == 0, applied.err
    published = weft("product", "publish", "first-product", rows, "-C", folder, "-o", "json")
    assert published.code == 0, published.err
    assert (published.json["accepted"], published.json["quarantined"]) == (2, 1)
    return folder

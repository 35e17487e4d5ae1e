"""What editors get: the same schemas that check declarations."""

import json
from collections.abc import Mapping

import jsonschema_rs as rs

from weft._kit import yaml
from weft.contracts.editor import files, modeline, schema_path
from weft.model.declaration import KINDS


def test_every_kind_has_a_schema_that_the_bank_keeps(bank_files: Mapping[str, bytes]) -> None:
    schemas = {kind: rs.validator_for(json.loads(files()[schema_path(kind)])) for kind in KINDS}
    seen: set[str] = set()

    for name, data in bank_files.items():
        if name.endswith(".yaml"):
            document = yaml.read(data).value
            seen.add(document["kind"])
            assert schemas[document["kind"]].is_valid(document), name

    assert seen == set(KINDS)


def test_settings_name_schemas_that_are_written() -> None:
    written = files()
    settings = json.loads(written[".vscode/settings.json"])

    assert {path.removeprefix("./") for path in settings["yaml.schemas"]} == {schema_path(kind) for kind in KINDS}
    assert set(settings["yaml.schemas"]) <= {f"./{path}" for path in written}
    assert json.loads(written[".vscode/extensions.json"])["recommendations"] == ["redhat.vscode-yaml"]


def test_the_modeline_leads_from_the_file_to_its_schema(bank_files: Mapping[str, bytes]) -> None:
    path = "domains/customers/customers-data-product.yaml"

    assert bank_files[path].decode().splitlines()[0] == modeline("DataProduct", path)
    assert modeline("Mesh", "mesh.yaml") == "# yaml-language-server: $schema=.weft/schema/mesh.json"

"""check, explain, init, plan and apply."""

import io
import json
import shutil

import pytest
import yaml

FAULTS = """apiVersion: weft.dev/v1
kind: DataProduct
metadata:
  name: broken
  ownr: ana@bank
spec:
  access:
    - {role: team, permissions: [read, fly]}
"""


@pytest.fixture
def broken(tmp_path):
    (tmp_path / "broken.yaml").write_text(FAULTS)
    return tmp_path


def test_check_shows_every_problem_at_its_place(run, broken):
    ended = run("check", broken)
    assert ended.code == 1
    for place in ("broken.yaml:5:3: error[WEFT-1102]", "broken.yaml:8:40: error[WEFT-1104]"):
        assert place in ended.out
    assert "did you mean `owner`" in ended.out
    assert "errors in 1 declaration" in ended.err


def test_no_declaration_can_command_the_terminal(run, tmp_path):
    (tmp_path / "bad.yaml").write_text('apiVersion: weft.dev/v1\nkind: "\\e[2J"\n')
    for words in (["check", tmp_path], ["plan", "-C", tmp_path]):
        ended = run(*words)
        assert ended.code == 1
        assert "[2J" in ended.out + ended.err
        assert "\x1b" not in ended.out + ended.err


def test_check_as_json_is_json_and_nothing_else(run, broken):
    ended = run("check", "-C", broken, "-o", "json")
    assert ended.code == 1
    assert {item["code"] for item in ended.json["items"]} >= {"WEFT-1102", "WEFT-1104"}


def test_check_annotates_for_github(run, broken):
    ended = run("check", broken, "--format", "github")
    assert ended.code == 1
    assert all(line.startswith("::error file=broken.yaml,line=") for line in ended.out.splitlines())


def test_check_of_one_file_tells_only_of_it(run, broken):
    (broken / "other.yaml").write_text("kind: [\n")
    ended = run("check", broken / "broken.yaml", "-o", "json")
    assert {item["file"] for item in ended.json["items"]} == {"broken.yaml"}


def test_check_of_nothing_is_a_wrong_command(run, tmp_path):
    assert run("check", tmp_path / "nowhere").code == 2


def test_a_sound_mesh_has_no_problems(run, mesh):
    ended = run("check", mesh)
    assert (ended.code, ended.out) == (0, "")
    assert "no problems in 4 declarations" in ended.err


def test_explain_knows_the_codes_of_check_and_of_commands(run):
    assert "Unknown column" in run("explain", "weft-1203").out
    assert "Denied" in run("explain", "4030").out
    unknown = run("explain", "WEFT-0001")
    assert (unknown.code, unknown.out) == (2, "")


def test_explain_shows_what_was_inferred_and_the_line_that_sets_it(run, mesh):
    ended = run("explain", "product", "first-product", "-C", mesh, "-o", "json")
    told = {item["path"]: (item["value"], item["line"]) for item in ended.json["items"]}
    assert told["spec.tables.thing.key"] == ("thing_id", "key: [thing_id]")
    assert run("explain", "product", "frist-product", "-C", mesh).err.count("did you mean `first-product`?") == 1


def test_init_makes_a_mesh_that_is_sound_and_known_to_editors(run, tmp_path):
    assert run("init", tmp_path / "bank").code == 0
    assert run("check", tmp_path / "bank").code == 0
    assert ".weft/" in (tmp_path / "bank/.gitignore").read_text()
    settings = json.loads((tmp_path / "bank/.vscode/settings.json").read_text())
    for schema in settings["yaml.schemas"]:
        assert json.loads((tmp_path / "bank" / schema).read_text())
    first = (tmp_path / "bank/domains/payments/payments-data-product.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../.weft/schema/dataproduct.json"


def test_init_overwrites_nothing_unasked(run, tmp_path):
    run("init", tmp_path, "--template", "empty")
    (tmp_path / "mesh.yaml").write_text("mine")
    ended = run("init", tmp_path, "--template", "empty")
    assert "kept  mesh.yaml" in ended.err
    assert (tmp_path / "mesh.yaml").read_text() == "mine"
    run("init", tmp_path, "--template", "empty", "--force")
    assert (tmp_path / "mesh.yaml").read_text() != "mine"


def test_an_applied_mesh_has_no_changes(run, mesh):
    assert run("plan", "--exit-code", "-C", mesh).out == "no changes\n"
    again = run("apply", "-C", mesh)
    assert (again.code, again.out) == (0, "no changes\n")


def test_a_plan_shows_whom_a_breaking_change_hits_and_apply_refuses_it(run, mesh, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(mesh, copy)
    schema = copy / "domains/first/schemas/thing-schema.json"
    schema.write_text(schema.read_text().replace('"minLength": 1', '"minLength": 3'))
    ended = run("plan", "--exit-code", "-C", copy, "-o", "json")
    assert ended.code == 3
    change = next(item for item in ended.json["items"] if item["kind"] == "contract")
    assert (change["verdict"], change["agreed"]) == ("breaking", False)
    assert change["example"]
    refused = run("apply", "--yes", "-C", copy)
    assert refused.code == 1
    assert "nothing was changed" in refused.err
    assert "--allow-breaking" in refused.err
    assert run("contract", "diff", "thing-schema", "-C", copy).code == 1
    assert run("apply", "--yes", "--allow-breaking", "-C", copy).code == 0
    assert run("plan", "-C", copy).out == "no changes\n"


def test_apply_without_a_person_names_the_flag(run, tmp_path, keys_outside, monkeypatch):
    run("init", tmp_path, "--template", "empty")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    ended = run("apply", "-C", tmp_path)
    assert ended.code == 2
    assert "--yes" in ended.err


class Person(io.StringIO):
    """Somebody at the keyboard; without an answer left, they press Ctrl-C."""

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1) -> str:
        typed = super().readline(size)
        if not typed:
            raise KeyboardInterrupt
        return typed


@pytest.mark.parametrize(("typed", "code", "generation"), [("", 130, 0), ("n\n", 0, 0), ("y\n", 0, 1)])
def test_a_person_decides_whether_to_apply(run, tmp_path, keys_outside, monkeypatch, typed, code, generation):
    run("init", tmp_path, "--template", "empty")
    monkeypatch.setattr("sys.stdin", Person(typed))
    assert run("apply", "-C", tmp_path).code == code
    assert run("plan", "-C", tmp_path, "-o", "json").json["generation"] == generation


def test_a_plan_of_broken_declarations_shows_their_problems(run, broken):
    ended = run("plan", "-C", broken)
    assert (ended.code, ended.out) == (1, "")
    assert "broken.yaml:5:3: error[WEFT-1102]" in ended.err
    assert "Traceback" not in ended.err


def test_a_plan_as_yaml_is_yaml(run, mesh):
    assert yaml.safe_load(run("plan", "-C", mesh, "-o", "yaml").out)["items"] == []

"""Everything that reads an applied mesh."""

import csv
import io
import json

import pytest

READS = [
    ["product", "list"],
    ["product", "show", "first-product"],
    ["product", "read", "first-product"],
    ["product", "read", "first-product", "--key", "a"],
    ["contract", "list"],
    ["contract", "show", "thing-schema"],
    ["contract", "diff", "thing-schema"],
    ["quarantine", "list"],
    ["quarantine", "show", "first-product"],
    ["lineage", "show", "first-product"],
    ["lineage", "record", "first-product", "thing", "a"],
    ["audit", "tail"],
    ["audit", "verify"],
    ["access", "list"],
    ["status"],
    ["run"],
    ["query", "SELECT * FROM thing"],
    ["explain", "product", "first-product"],
]


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_every_read_is_valid_json_and_a_table(run, mesh, words):
    as_json = run(*words, "-C", mesh, "-o", "json")
    assert as_json.code == 0, as_json.err
    assert json.loads(as_json.out)
    as_table = run(*words, "-C", mesh)
    assert as_table.code == 0
    assert "\x1b" not in as_table.out


def test_rows_are_the_same_in_every_form_and_by_every_way(run, mesh):
    page = run("product", "read", "first-product", "-C", mesh, "--sort", "thing_id", "-o", "json").json
    assert page["total"] == 2
    assert page["items"][0] == {"thing_id": "a", "created_at": "2026-11-21T10:00:00Z", "name": "first"}
    one = run("product", "read", "first-product", "--key", "a", "-C", mesh, "-o", "json").json
    assert one == page["items"][0]
    asked = run("query", "SELECT thing_id, created_at, name FROM thing ORDER BY 1", "-C", mesh, "-o", "json").json
    assert asked["rows"][0] == ["a", "2026-11-21T10:00:00Z", "first"]
    sheet = run("query", "SELECT thing_id, name FROM thing ORDER BY 1", "-C", mesh, "-o", "csv").out
    assert list(csv.reader(io.StringIO(sheet))) == [["thing_id", "name"], ["a", "first"], ["b", ""]]


def test_conditions_choose_rows(run, mesh):
    asked = ("product", "read", "first-product", "-C", mesh, "-o", "json")
    assert [row["thing_id"] for row in run(*asked, "-w", "thing_id__gt=a").json["items"]] == ["b"]
    assert run(*asked, "-w", "nonsense").code == 2


def test_a_user_sees_what_their_role_sees(run, mesh):
    asked = ("-C", mesh, "--as", "rita", "-o", "json")
    assert [row["thing_id"] for row in run("product", "read", "first-product", *asked).json["items"]] == ["a"]
    assert run("query", "SELECT count(*) FROM thing", *asked).json["rows"] == [[1]]
    assert run("product", "read", "first-product", "--key", "b", *asked).code == 2
    assert run("quarantine", "show", "first-product", *asked).code == 5
    assert run("audit", "tail", *asked).code == 5


@pytest.mark.parametrize(
    "words", [["product", "read", "first-product"], ["query", "SELECT * FROM thing"]], ids=" ".join
)
def test_who_has_no_role_is_denied(run, mesh, words):
    ended = run(*words, "-C", mesh, "--as", "nemo", "-o", "json")
    assert (ended.code, ended.out) == (5, "")
    assert "error[WEFT-4030]: nemo may not read first-product" in ended.err
    assert "hint: ask first-team@example.com" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ["product", "show", "nothing"],
        ["product", "read", "first-product", "-t", "nothing"],
        ["product", "read", "first-product", "--as", "stranger"],
        ["contract", "show", "nothing"],
        ["lineage", "record", "first-product", "thing", "nothing"],
        ["access", "key", "stranger"],
        ["query", "DROP TABLE thing"],
        ["query", "SELECT * FROM nothing"],
        ["query", "SELECT * FROM thing", "--at", "soon"],
        ["run", "nothing"],
        ["product", "publish", "first-product", "nothing.ndjson"],
        ["product", "publish", "first-product", "things.xlsx"],
        ["status", "-e", "moon"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_one_line_and_a_hint(run, mesh, words):
    ended = run(*words, "-C", mesh)
    assert (ended.code, ended.out) == (2, "")
    what, hint, *more = ended.err.strip().splitlines()
    assert what.startswith("error[WEFT-4")
    assert hint.startswith("  hint: ")
    assert not more


def test_a_bad_row_waits_in_quarantine_with_its_reason(run, mesh):
    page = run("quarantine", "show", "first-product", "-C", mesh, "-o", "json").json
    assert page["total"] == 1
    (row,) = page["items"]
    assert (row["rule"], row["path"]) == ("format", "/created_at")
    assert json.loads(row["raw"])["thing_id"] == "c"


def test_a_file_is_taken_in_once(run, mesh):
    again = run("product", "publish", "first-product", mesh.parent / "things.ndjson", "-C", mesh, "-o", "json").json
    assert again["repeated"]
    assert run("query", "SELECT count(*) FROM thing", "-C", mesh, "-o", "json").json["rows"] == [[2]]


def test_a_position_that_was_reached_can_be_asked_for(run, mesh):
    ended = run("query", "SELECT count(*) FROM thing", "--at", "1", "-C", mesh, "-o", "json")
    assert ended.json["positions"] == {"first-product/thing": "1"}


def test_a_file_can_be_tested_before_it_is_published(run, mesh):
    ended = run("contract", "test", mesh.parent / "things.ndjson", "-C", mesh, "-o", "json")
    assert ended.code == 1
    assert (ended.json["good"], ended.json["bad"], ended.json["items"][0]["row"]) == (2, 1, 3)


def test_a_key_is_shown_once_and_on_standard_output_alone(run, mesh):
    ended = run("access", "key", "ana", "-C", mesh)
    assert ended.out.startswith("weft_")
    assert ended.out.strip() not in ended.err


def test_the_audit_trail_is_whole(run, mesh):
    found = run("audit", "verify", "-C", mesh, "-o", "json").json
    assert found["whole"]
    assert found["entries"] > 0


def test_quiet_says_nothing_but_the_data(run, mesh):
    assert run("product", "read", "first-product", "-C", mesh, "-q").err == ""


def test_a_mesh_that_does_not_run_is_stopped_already(run, mesh):
    assert run("status", "-C", mesh, "-o", "json").json["running"] is False
    ended = run("down", "-C", mesh)
    assert ended.code == 0
    assert "nothing runs" in ended.err


def test_nothing_is_made_where_there_is_no_mesh(run, tmp_path):
    ended = run("product", "list", "-C", tmp_path)
    assert ended.code == 2
    assert "weft init" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_mesh_that_was_not_applied_says_what_comes_first(run, tmp_path, keys_outside):
    run("init", tmp_path, "--template", "empty")
    assert "run `weft apply` first" in run("product", "list", "-C", tmp_path).err

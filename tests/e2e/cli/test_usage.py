"""Wrong command lines, and the doctor."""

import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chek"], "Did you mean 'check'?"),
        (["product", "lst"], "Did you mean 'list'?"),
        (["check", "--frmat", "github"], "--format"),
        (["check", "-o", "jsn"], "jsn"),
        (["query"], "SQL"),
        (["plan", "-C"], "-C"),
        (["audit", "tail", "--size", "0"], "--size"),
    ],
)
def test_a_wrong_command_line_is_told_in_two_lines(run, words, told):
    ended = run(*words)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert len(ended.err.strip().splitlines()) == 2


def test_no_command_shows_the_help(run):
    ended = run()
    assert ended.code == 2
    assert "Usage: weft" in ended.err


def test_the_doctor_finds_a_sound_mesh_sound(run, mesh):
    ended = run("doctor", "-C", mesh, "-o", "json")
    states = {item["check"]: item["state"] for item in ended.json["items"]}
    assert ended.code == 0
    assert {"python", "drivers", "engines", "fsync", "disk space", "durability", "clock", "sign-in"} <= states.keys()
    assert "failed" not in states.values()


def test_the_doctor_warns_of_what_is_open_or_not_durable(run, tmp_path):
    run("init", tmp_path, "--template", "empty")
    environment = "spec: {environments: {local: {log: 'file:?durability=os', http: 'http://0.0.0.0:0'}}}\n"
    (tmp_path / "mesh.yaml").write_text((tmp_path / "mesh.yaml").read_text() + environment)
    people = tmp_path / "identities.yaml"
    people.write_text(people.read_text().replace("signIn: keys", "signIn: demo"))
    ended = run("doctor", "-C", tmp_path, "-o", "json")
    states = {item["check"]: item["state"] for item in ended.json["items"]}
    assert (states["durability"], states["address"], states["sign-in"]) == ("warning", "warning", "failed")
    assert ended.code == 1


def test_the_doctor_names_a_driver_that_is_missing(run, tmp_path):
    run("init", tmp_path, "--template", "empty")
    mesh = tmp_path / "mesh.yaml"
    mesh.write_text(mesh.read_text() + "spec: {environments: {local: {log: 'pigeon://coop'}}}\n")
    ended = run("doctor", "-C", tmp_path)
    assert ended.code == 1
    assert "no engine of event_logs has the scheme 'pigeon'" in ended.out

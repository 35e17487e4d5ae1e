"""Wrong command lines, and the doctor."""

import pytest

from certificates import certificate


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
    door = "http: 'https://0.0.0.0:0', tls: {certificate: ../none.pem, key: ../none.pem}"
    environment = f"spec: {{environments: {{local: {{log: 'file:?durability=os', {door}}}}}}}\n"
    (tmp_path / "mesh.yaml").write_text((tmp_path / "mesh.yaml").read_text() + environment)
    people = tmp_path / "identities.yaml"
    people.write_text(people.read_text().replace("signIn: keys", "signIn: demo"))
    ended = run("doctor", "-C", tmp_path, "-o", "json")
    states = {item["check"]: item["state"] for item in ended.json["items"]}
    assert (states["durability"], states["TLS"], states["sign-in"]) == ("warning", "failed", "failed")
    assert ended.code == 1


def test_the_doctor_names_a_driver_that_is_missing(run, tmp_path):
    run("init", tmp_path, "--template", "empty")
    mesh = tmp_path / "mesh.yaml"
    mesh.write_text(mesh.read_text() + "spec: {environments: {local: {log: 'pigeon://coop'}}}\n")
    ended = run("doctor", "-C", tmp_path)
    assert ended.code == 1
    assert "no engine of event_logs has the scheme 'pigeon'" in ended.out


def with_door(run, folder, door):
    """An empty mesh whose environment says this of its door."""
    run("init", folder, "--template", "empty")
    mesh = folder / "mesh.yaml"
    mesh.write_text(f"{mesh.read_text()}spec: {{environments: {{local: {{{door}}}}}}}\n")
    return folder


def test_the_doctor_tells_the_state_of_tls(run, tmp_path):
    certificate(tmp_path / "tls", "mesh.example.com", days=5)
    tls = "tls: {certificate: ../tls/chain.pem, key: ../tls/key.pem}"
    mesh = with_door(
        run, tmp_path / "bank", f"http: 'https://0.0.0.0:0', {tls}, hosts: [mesh.example.com, bank.example]"
    )
    told = [item for item in run("doctor", "-C", mesh, "-o", "json").json["items"] if item["check"] == "TLS"]
    assert [item["state"] for item in told] == ["ok", "warning", "warning"]
    assert "answers to mesh.example.com, bank.example" in told[0]["found"]
    assert "expires on" in told[1]["found"]
    assert "not for bank.example" in told[2]["found"]


def test_the_doctor_fails_a_demo_that_a_proxy_shows_to_others(run, tmp_path):
    mesh = with_door(run, tmp_path, "hosts: [mesh.example.com]")
    people = mesh / "identities.yaml"
    people.write_text(people.read_text().replace("signIn: keys", "signIn: demo"))
    told = {item["check"]: item for item in run("doctor", "-C", mesh, "-o", "json").json["items"]}
    assert "a proxy lets through" in told["address"]["found"]
    assert told["sign-in"]["state"] == "failed"


def test_up_refuses_a_door_that_cannot_be_trusted(run, mesh, tmp_path):
    mine, other = certificate(tmp_path / "mine", "localhost"), certificate(tmp_path / "other", "localhost")
    for words, code, told in (
        (["--tls-certificate", mine.certificate], 2, "a certificate and its key go together"),
        (["--tls-certificate", mine.certificate, "--tls-key", other.key], 4, "does not belong to the certificate"),
        (["--tls-certificate", mine.certificate, "--tls-key", tmp_path / "none"], 4, "cannot be read"),
    ):
        ended = run("up", "--port", "0", "-C", mesh, *words)
        assert (ended.code, ended.out) == (code, "")
        assert told in ended.err

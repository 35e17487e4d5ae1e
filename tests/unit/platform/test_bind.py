"""Where the door listens: what was asked for, what is declared, and where the files of a declaration are."""

from __future__ import annotations

from pathlib import Path

import pytest

from certificates import certificate
from weft.model.errors import Environment as Missing
from weft.model.mesh import Environment, Tls
from weft.platform.bind import Bind, bind_of, concerns, located

OPEN = Environment(
    http="https://0.0.0.0:8443", tls=Tls(certificate="../c.pem", key="../k.pem"), hosts=("mesh.example.com",)
)


def test_left_alone_the_door_is_open_to_this_machine_only(tmp_path: Path) -> None:
    assert bind_of(Environment(), tmp_path) == Bind(host="127.0.0.1", port=8420)


def test_the_environment_says_where_and_with_what(tmp_path: Path) -> None:
    tls = Tls(certificate=f"{tmp_path}/../c.pem", key=f"{tmp_path}/../k.pem")
    assert bind_of(OPEN, tmp_path) == Bind(host="0.0.0.0", port=8443, tls=tls, hosts=("mesh.example.com",))


def test_what_was_asked_for_comes_first(tmp_path: Path) -> None:
    asked = Tls(certificate="mine.pem", key="my.key")
    declared = Environment(http="https://0.0.0.0:8443", tls=Tls(certificate="${env:UNSET}", key="${env:UNSET}"))
    assert bind_of(declared, tmp_path, host="::1", port=0, tls=asked) == Bind(host="::1", port=0, tls=asked)


def test_references_stand_for_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS", "/run/credentials/weft")
    monkeypatch.setenv("HOME", "/home/ana")
    written = Tls(certificate="~/chain.pem", key="${env:CREDENTIALS}/key.pem")
    assert located(written, tmp_path) == Tls(certificate="/home/ana/chain.pem", key="/run/credentials/weft/key.pem")
    written = Tls(certificate="${file:/run/secrets/chain}", key="${file:../key}")
    assert located(written, tmp_path) == Tls(certificate="/run/secrets/chain", key=f"{tmp_path}/../key")


def test_a_variable_that_is_not_set_or_holds_the_key_itself_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Tls(certificate="chain.pem", key="${env:KEY}")
    monkeypatch.delenv("KEY", raising=False)
    with pytest.raises(Missing, match="KEY is not set"):
        located(written, tmp_path)
    monkeypatch.setenv("KEY", "-----BEGIN PRIVATE KEY-----\nMC4C\n")
    with pytest.raises(Missing, match="KEY holds no path") as refused:
        located(written, tmp_path)
    assert "MC4C" not in str(refused.value)


def test_a_key_in_the_folder_of_the_mesh_is_told(tmp_path: Path) -> None:
    files = certificate(tmp_path / "bank/tls", "localhost")
    assert [*concerns(Bind(tls=files), tmp_path / "bank")] == [
        "the TLS key lies in the mesh's folder, which is shared: keep it elsewhere"
    ]
    assert [*concerns(Bind(tls=files), tmp_path / "other")] == []
    assert [*concerns(Bind(), tmp_path)] == []

"""The environments of the mesh: a URL for each port, and how its door stands. Judged by what is written, as it holds on any machine;
whether the files are there, the machine that runs the mesh tells.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from weft._kit.hosts import is_host, is_loopback
from weft._kit.place import Path
from weft.contracts.declared.findings import DeclaredFile
from weft.contracts.declared.folder import resolved
from weft.model import declaration
from weft.model.mesh import Environment, Tls

REFERENCE = re.compile(r"\$\{(env|file):([^{}]+)\}")
"""What stands for a value that is not written here: a variable's, or what a file holds."""


def environments_of(file: DeclaredFile, mesh: declaration.Mesh) -> dict[str, Environment]:
    """The environments with what was left out filled in; `local` is always there."""
    environments = {"local": Environment()}
    for name, spec in mesh.spec.environments.items():
        path: Path = ("spec", "environments", name)
        _check_address(file, path, spec)
        _check_hosts(file, path, spec.hosts)
        urls = {port: url for port in spec.__struct_fields__ if isinstance(url := getattr(spec, port), str) and url}
        environments[name] = Environment(name=name, **urls, tls=_tls(file, path, spec.tls), hosts=spec.hosts)
    return environments


def _check_address(file: DeclaredFile, path: Path, spec: declaration.EnvironmentSpec) -> None:
    written = spec.http or Environment().http
    certified = isinstance(spec.tls, declaration.TlsSpec)
    url = _url(written)
    if url is None:
        fix = "http://127.0.0.1:8420, or https://0.0.0.0:8443 with `tls`"
        file.problem("WEFT-1701", (*path, "http"), f"`{written}` is no address to listen at", fix=fix)
    elif url.scheme == "https" and not certified:
        fix = "tls: {certificate: /etc/weft/tls/chain.pem, key: /etc/weft/tls/key.pem}"
        file.problem("WEFT-1703", (*path, "http"), "an https address needs a certificate", fix=fix)
    elif url.scheme == "http" and certified:
        what = "the certificate would not be used: the address is not https"
        file.problem("WEFT-1703", (*path, "tls"), what, fix=f"http: {written.replace('http:', 'https:')}", at_key=True)
    elif url.scheme == "http" and not is_loopback(url.hostname or ""):
        what = f"{url.hostname} is open to the network, and nothing encrypts what passes"
        fix = f"{written.replace('http:', 'https:')} with `tls`, or http://127.0.0.1:8420"
        file.problem("WEFT-1702", (*path, "http"), what, fix=fix)


def _url(written: str) -> SplitResult | None:
    """An address as `scheme://host` or `scheme://host:port`; None if it says anything else."""
    try:
        url = urlsplit(written)
        host, _ = url.hostname or "", url.port  # asking for a port that is none raises
    except ValueError:
        return None
    bare = url.path in {"", "/"} and not (url.query or url.fragment or "@" in url.netloc)
    return url if url.scheme in {"http", "https"} and bare and is_host(host) else None


def _tls(file: DeclaredFile, path: Path, spec: object) -> Tls | None:
    if not isinstance(spec, declaration.TlsSpec):
        return None
    for name in spec.__struct_fields__:
        written: str = getattr(spec, name)
        if "${" in REFERENCE.sub("", written):
            fix = "${env:NAME} or ${file:/run/secrets/NAME}"
            file.problem("WEFT-1705", (*path, "tls", name), f"`{written}` refers to nothing", fix=fix)
    if not REFERENCE.search(spec.key) and resolved("", spec.key) is not None:
        what = f"the key `{spec.key}` lies in the mesh's folder"
        file.problem("WEFT-1704", (*path, "tls", "key"), what, fix="keep it elsewhere: ../tls/key.pem")
    return Tls(certificate=spec.certificate, key=spec.key)


def _check_hosts(file: DeclaredFile, path: Path, hosts: tuple[str, ...]) -> None:
    for index, host in enumerate(hosts):
        if not is_host(host):
            what = f"`{host}` is no name of a host"
            file.problem("WEFT-1706", (*path, "hosts", index), what, fix="the name alone: mesh.example.com")

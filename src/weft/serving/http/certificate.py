"""The certificate of the door: loaded, looked over, and taken in anew while the door stays open."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from weft.model.errors import Environment
from weft.model.mesh import Tls

_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    context: ssl.SSLContext
    names: tuple[str, ...]
    begins: datetime
    ends: datetime


class Certificate:
    """A certificate chain and its key in use: every new connection gets what was loaded last."""

    def __init__(self, files: Tls) -> None:
        self._files = files
        self._stamps = _stamps(files)
        self._loaded = _load(files)
        self.context = self._loaded.context
        # A context of its own for each renewal: one that is loaded over while in use loses its key when the new one does not fit.
        self.context.sni_callback = self._choose

    @property
    def names(self) -> tuple[str, ...]:
        """The host names and addresses that it is for; patterns such as *.example.com are told as they stand."""
        return self._loaded.names

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that a request may bear."""
        return tuple(name for name in self.names if "*" not in name)

    @property
    def ends(self) -> datetime:
        """Until when it is valid."""
        return self._loaded.ends

    def renew(self) -> bool:
        """Take in files that changed, and tell whether they did. Environment if they cannot be used: then the old ones stay,
        and nothing is said again until the files change again.
        """
        stamps = _stamps(self._files)
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        self._loaded = _load(self._files)
        return True

    def concerns(self, now: datetime, hosts: Sequence[str]) -> Iterator[str]:
        """What keeps nobody from starting, but will trouble callers who come under these names."""
        if now >= self.ends:
            yield f"the TLS certificate expired on {self.ends:%Y-%m-%d}: callers will refuse it, renew it"
        elif now >= self.ends - _SOON:
            yield f"the TLS certificate expires on {self.ends:%Y-%m-%d}: renew it, a running mesh takes the new files in"
        if now < self._loaded.begins:
            yield f"the TLS certificate is valid from {self._loaded.begins:%Y-%m-%d %H:%M} UTC only: is the clock right?"
        for host in hosts:
            if not any(_covers(name, host) for name in self.names):
                yield f"the TLS certificate is not for {host}: it names {', '.join(self.names) or 'no host'}"
        if not hosts and not self.hosts:
            yield "the TLS certificate names no single host: list the names to answer to as `hosts` in mesh.yaml"
        if Path(self._files.key).stat().st_mode & stat.S_IROTH:
            yield f"anyone on this machine may read the TLS key: chmod o-r {self._files.key}"

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._loaded.context


def _load(files: Tls) -> _Loaded:
    leaf, key = _leaf(files.certificate), _key(files.key)
    if leaf.public_key() != key.public_key():
        raise Environment(
            f"the TLS key {files.key} does not belong to the certificate {files.certificate}",
            hint="the key that the certificate was requested with; in the chain, the mesh's own certificate comes first",
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(files.certificate, files.key)
        names = _names(leaf)
    except (OSError, ValueError) as error:
        raise Environment(
            f"the TLS files {files.certificate} and {files.key} cannot be used: {error}",
            hint="PEM files of a chain and its key",
        ) from error
    return _Loaded(context=context, names=names, begins=leaf.not_valid_before_utc, ends=leaf.not_valid_after_utc)


def _leaf(path: str) -> x509.Certificate:
    """The mesh's own certificate: the first of the chain."""
    try:
        return x509.load_pem_x509_certificates(_read("certificate", path))[0]
    except ValueError as error:
        raise Environment(
            f"{path} holds no TLS certificate in PEM", hint="a file that begins with -----BEGIN CERTIFICATE-----"
        ) from error


def _key(path: str) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(_read("key", path), None)
    except TypeError as error:  # asked here, as OpenSSL would ask for the passphrase on the terminal
        raise Environment(
            f"the TLS key {path} is locked by a passphrase", hint=f"openssl pkey -in {path} -out KEY writes one without"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Environment(
            f"{path} holds no private key in PEM", hint="a file that begins with -----BEGIN PRIVATE KEY-----"
        ) from error


def _read(what: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Environment(
            f"the TLS {what} {path} cannot be read: {error.strerror}",
            hint="`tls` of the environment in mesh.yaml, or --tls-certificate and --tls-key, say where the files are",
        ) from error


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def _covers(name: str, host: str) -> bool:
    """Whether a name of the certificate, or a pattern for one level of names, is for this host."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _stamps(files: Tls) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when a file, or what a link leads to, is replaced or written."""
    return tuple(_stamp(Path(path)) for path in (files.certificate, files.key))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

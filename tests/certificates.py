"""Certificates for tests: real ones, each its own authority, so that a caller who trusts the file trusts the mesh."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from weft.model.mesh import Tls

NOW = datetime.now(UTC)


def certificate(
    folder: Path, *names: str, begins: timedelta = timedelta(days=-40), days: float = 90, passphrase: bytes = b""
) -> Tls:
    """Writes `chain.pem` and `key.pem` of a certificate for these names, which ends after so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mesh")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    if names:
        built = built.add_extension(x509.SubjectAlternativeName([_named(one) for one in names]), critical=False)
    locked: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    folder.mkdir(parents=True, exist_ok=True)
    files = Tls(certificate=str(folder / "chain.pem"), key=str(folder / "key.pem"))
    Path(files.certificate).write_bytes(built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    Path(files.key).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    Path(files.key).chmod(0o600)
    return files


def trusting(files: Tls) -> ssl.SSLContext:
    """A caller's side that trusts this certificate and no other, and checks the name."""
    return ssl.create_default_context(cafile=files.certificate)


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)

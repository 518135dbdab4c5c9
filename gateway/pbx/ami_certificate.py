"""The certificate with which our own Asterisk proves itself on AMI over TLS ([ami] tls). Kept while it serves."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OWN: Final = Path("etc/ami.pem")
"""Key and certificate, for Asterisk only."""

TO_TRUST: Final = Path("ami-ca.pem")
"""The certificate alone: what [ami] tls_ca_file names."""

_LIFETIME: Final = timedelta(days=3650)
_RENEWED_BEFORE: Final = timedelta(days=365)


def keep_certificate(folder: Path, host: str) -> None:
    """Make a certificate for `host` in an instance's folder, unless one there serves for a year yet. Raises OSError."""
    if (folder / OWN).exists() and _serves(folder / TO_TRUST, host):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    public = _certificate(key, host).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / OWN).unlink(missing_ok=True)
    with os.fdopen(os.open(folder / OWN, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
        file.write(secret + public)
    (folder / TO_TRUST).write_bytes(public)


def _serves(path: Path, host: str) -> bool:
    try:
        kept = x509.load_pem_x509_certificate(path.read_bytes())
        names = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    return list(names) == _names(host) and kept.not_valid_after_utc > datetime.now(UTC) + _RENEWED_BEFORE


def _certificate(key: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fourring AMI")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _names(host: str) -> list[x509.GeneralName]:
    """Return the host, and this machine's own names, which always reach it as well."""
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    try:
        address = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return [*names, x509.DNSName(host)] if host != "localhost" else names
    return [*names, address] if address not in names else names

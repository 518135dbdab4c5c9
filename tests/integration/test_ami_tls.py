"""The link to the manager interface over TLS, with certificates made for the test."""

import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ami_link import SECRET, Desk, await_true, linked, numbered
from ami_peer import AMIPeer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from gateway.ami.client import AMIClient
from gateway.ami.errors import AMIError, CertificateFileError
from gateway.sections import AMI


@pytest.fixture
async def peer() -> AsyncIterator[AMIPeer]:
    """Return a manager interface that answers."""
    async with AMIPeer(SECRET) as running:
        yield running


@pytest.fixture
def desk() -> Desk:
    """Return an empty desk."""
    return Desk()


@dataclass
class Authority:
    """A certificate authority of our own, and a server's certificate from it."""

    ca_file: Path
    server: ssl.SSLContext


def authority(folder: Path) -> Authority:
    """Make a certificate for 127.0.0.1 that is signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(ca_file, key_file)
    return Authority(ca_file, server)


async def test_over_tls_everything_works_the_same(desk, tmp_path):
    """Login, frames, actions and the secret itself, where the challenge is refused, go over it."""
    ours = authority(tmp_path / "ours")
    async with AMIPeer(SECRET, tls=ours.server) as peer:
        peer.challenges = False
        async with linked(peer, desk.take, tls=True, tls_ca_file=ours.ca_file) as client:
            await peer.push(numbered(0, 500))
            await await_true(lambda: len(desk.events) == 500)
            assert (await client.act("Ping")).get("Ping") == "Pong"
    assert peer.sent("Login")[0]["Secret"] == [SECRET]


async def test_a_stranger_s_certificate_is_refused(desk, tmp_path):
    """Nothing at all is sent to a server that the configured authority does not vouch for."""
    ours, strangers = authority(tmp_path / "ours"), authority(tmp_path / "strangers")
    with capture_logs() as logs:
        async with (
            AMIPeer(SECRET, tls=strangers.server) as peer,
            linked(peer, desk.take, up=False, tls=True, tls_ca_file=ours.ca_file),
        ):
            await await_true(lambda: bool(logs))
    assert "certificate verify failed" in logs[0]["reason"].lower().replace("_", " ")
    assert peer.actions == []


@pytest.mark.parametrize("content", [None, "not a certificate"])
async def test_an_authority_s_file_that_cannot_be_used_is_an_error_at_once(peer, desk, tmp_path, content):
    """A wrong setting is not retried; the line names the setting and the file."""
    ca_file = tmp_path / "ca.pem"
    if content:
        ca_file.write_text(content)
    settings = AMI(port=peer.port, tls=True, tls_ca_file=ca_file)
    client = AMIClient(settings, SECRET, on_record=desk.take, journal=None, clock=lambda: datetime.now(UTC))
    with pytest.raises(CertificateFileError, match=r"\[ami\] tls_ca_file .*ca\.pem") as problem:
        await client.run()
    assert isinstance(problem.value, AMIError)
    assert peer.connections == 0

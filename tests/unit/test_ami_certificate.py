"""The certificate of our own Asterisk's AMI over TLS: kept while it serves, and made anew when it does not."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.pbx import ami_certificate as module
from gateway.pbx.ami_certificate import OWN, TO_TRUST, keep_certificate


def made(folder: Path, host: str) -> bytes:
    """Keep a certificate for this host, and return the one that is there now."""
    (folder / "etc").mkdir(exist_ok=True)
    keep_certificate(folder, host)
    return (folder / TO_TRUST).read_bytes()


def test_a_certificate_that_serves_is_kept(tmp_path: Path) -> None:
    """Clients that trust it need no other after a restart."""
    assert made(tmp_path, "127.0.0.1") == made(tmp_path, "127.0.0.1")


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_one_that_does_not_serve_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    """For another host, when it cannot be read, and when its key is gone."""
    first = made(tmp_path, "127.0.0.1")
    second = made(tmp_path, "10.1.2.3")
    (tmp_path / TO_TRUST).write_bytes(damage)
    third = made(tmp_path, "10.1.2.3")
    (tmp_path / OWN).unlink()

    assert 4 == len({first, second, third, made(tmp_path, "10.1.2.3")})


def test_one_that_runs_out_within_a_year_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart in its last year is enough; nobody has to know of it."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "_LIFETIME", timedelta(days=364))
        old = made(tmp_path, "127.0.0.1")

    assert old != made(tmp_path, "127.0.0.1")

"""A database's address, and what the drivers' codes mean, as tables."""

from pathlib import Path

import pytest

from storage.columns import shortened
from storage.drivers import address
from storage.errors import StorageError, StorageUnavailableError
from storage.failures import postgresql_meaning, sqlite_meaning


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/fourring.db", "/srv/fourring.db"),
        ("sqlite:////srv/熱線 100%.db", "/srv/熱線 100%.db"),
        ("sqlite:///fourring.db", str(Path.cwd() / "fourring.db")),
        ("postgresql://me:s3cret@db.example:5433/hotline", "hotline at db.example:5433"),
        ("postgresql://me:s3cret@db.example/hotline?sslmode=require", "hotline at db.example:5432"),
        ("postgresql://me@/hotline?host=/run/postgresql", "hotline at /run/postgresql:5432"),
    ],
)
def test_a_database_is_named_without_its_password(url, shown):
    """What people are told names the file, or database, host and port."""
    assert shown == str(address(url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fourring.db",
        "mysql://me@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://me:s3cret@host",
        "postgresql://me:s3cret@host:port/db",
        "postgresql+psycopg://me:s3cret@host/db",
        "sqlite+aiosqlite:////srv/fourring.db",
        "postgresql://me:s3cret@host/db?options=x",
        "sqlite:////srv/fourring.db?mode=memory",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(url):
    """The line names the setting and shows no password."""
    with pytest.raises(StorageError, match=r"^\[database\] url: ") as refused:
        address(url)
    assert "s3cret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        (5, StorageUnavailableError, "locked"),
        (5 | 2 << 8, StorageUnavailableError, "locked"),
        (6, StorageUnavailableError, "locked"),
        (8, StorageUnavailableError, "writable"),
        (10 | 3 << 8, StorageUnavailableError, "disk"),
        (13, StorageUnavailableError, "make room"),
        (14, StorageUnavailableError, "cannot be opened"),
        (11, StorageError, "back-up"),
        (26, StorageError, "back-up"),
    ],
)
def test_sqlites_codes_say_what_to_do(code, kind, line):
    """Extended codes mean what their primary code means."""
    meaning = sqlite_meaning(code)
    assert kind is type(meaning)
    assert line in str(meaning)


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("08006", StorageUnavailableError, "not reachable"),
        ("53100", StorageUnavailableError, "make room"),
        ("53300", StorageUnavailableError, "max_connections"),
        ("57P01", StorageUnavailableError, "starting or stopping"),
        ("57P03", StorageUnavailableError, "starting or stopping"),
        ("57014", StorageUnavailableError, "too long"),
        ("40001", StorageUnavailableError, "try again"),
        ("40P01", StorageUnavailableError, "try again"),
        ("55P03", StorageUnavailableError, "locked"),
        ("25006", StorageUnavailableError, "read-only"),
        ("25P03", StorageUnavailableError, "try again"),
        ("58030", StorageUnavailableError, "disk"),
        ("28P01", StorageError, "password"),
        ("3D000", StorageError, "createdb"),
        ("42501", StorageError, "rights"),
    ],
)
def test_postgresqls_codes_say_what_to_do(code, kind, line):
    """A code means what its class means, unless it is listed itself."""
    meaning = postgresql_meaning(code)
    assert kind is type(meaning)
    assert line in str(meaning)


def test_the_codes_of_our_own_mistakes_mean_nothing_to_a_person():
    """Wrong statements and broken constraints stay errors of the program."""
    assert [sqlite_meaning(code) for code in (1, 19)] == [None, None]
    assert [postgresql_meaning(code) for code in ("42P01", "23505", "25P02")] == [None, None, None]


@pytest.mark.parametrize(
    ("key", "length"),
    [("", 0), ("yq-1700000000.1", 15), ("x" * 200, 200), ("x" * 201, 200), ("電" * 5000, 200), ("\x00", 1)],
)
def test_a_key_fits_an_index(key, length):
    """A key of up to 200 characters is itself; a longer one keeps its beginning and its difference."""
    assert length == len(shortened(key))
    assert shortened(key + "1") != shortened(key + "2")
    assert shortened(shortened(key)) == shortened(key)

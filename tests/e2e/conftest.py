"""A real Asterisk for the end-to-end tests. What is missing fails with a line that says what to install."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hotline import Hotline, hotline
from outside_ami import OutsideAMI, logged_in
from pbx import PBX, settings_for

_HERE = Path(__file__).parent
sys.path.append(str(_HERE.parent / "integration"))  # the browser and the PostgreSQL server are at home there
pytest.register_assert_rewrite("truth")  # so that a failure shows what the ticket says and what it should


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the outside AMI client use what its library uses; it was written for older Pythons."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore:notifyAll:DeprecationWarning"))


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    """Fail, never skip, where a program is missing."""
    for program, package in (("sipp", "sip-tester"), ("setpriv", "util-linux")):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is not installed: apt-get install {package}", pytrace=False)


@pytest.fixture(scope="module")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PBX]:
    """Run one Asterisk for the tests of a module, with nothing else around it."""
    with asyncio.Runner() as runner:
        house = PBX(settings_for(tmp_path_factory.mktemp("pbx")))
        runner.run(house.__aenter__())
        try:
            yield house
        finally:
            runner.run(house.__aexit__())


@pytest.fixture
async def ami(pbx: PBX) -> AsyncIterator[OutsideAMI]:
    """Log in as the gateway would, by a client that is not ours; every seat is signed out at the end."""
    settings = pbx.settings
    async with logged_in(settings.ami.port, settings.ami.user, pbx.secrets.ami) as peer:
        try:
            yield peer
        finally:
            for seat in settings.seats:
                await peer.sign_out(seat.id)


@pytest.fixture(scope="session")
def lasting_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a whole hotline; a ring lasts 0.6 s, so that nobody waits long."""
    settings = settings_for(
        tmp_path_factory.mktemp("house"),
        rings={"seconds": 0.6},
        queue={"member_ring_seconds": 3},
        web={"browser_lost_seconds": 2},
        seats=[{"id": "01"}, {"id": "02"}, *({"id": str(seat), "kind": "desk"} for seat in range(11, 15))],
    )
    with hotline(settings, more_operators=["1004"]) as running:
        yield running


@pytest.fixture
async def house(lasting_house: Hotline) -> AsyncIterator[Hotline]:
    """Return the hotline for every test that leaves it as it was; what a failed test leaves behind is hung up."""
    yield lasting_house
    await lasting_house.clear_the_lines()


@pytest.fixture(scope="session")
def lasting_ringall_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a whole hotline that rings every free operator at once."""
    settings = settings_for(tmp_path_factory.mktemp("ringall"), rings={"seconds": 0.6}, queue={"strategy": "ringall"})
    with hotline(settings) as running:
        yield running


@pytest.fixture
async def ringall_house(lasting_ringall_house: Hotline) -> AsyncIterator[Hotline]:
    """Return the hotline that rings everybody, in the same way."""
    yield lasting_ringall_house
    await lasting_ringall_house.clear_the_lines()

"""Record all that an Asterisk says of a few calls to one who asked for no filter: `python -m tests.benchmarks.record`.

It replaces recordings/unfiltered, from which the benchmarks make a capture.
"""

import asyncio
import gzip
import tempfile
from pathlib import Path

from pbx import NUMBER, PBX, settings_for
from sipp import DeskPhone

from .capture import FILE

SCENE = Path(__file__).with_name("recordings") / "unfiltered"
_ACCOUNT = "\n[recorder]\nsecret = recorder\npermit = 127.0.0.1/32\nread = all\nwrite = agent\n"
_LOGIN = b"Action: Login\r\nUsername: recorder\r\nSecret: recorder\r\n\r\n"
_CALLS = ("13800138001", "13800138002", "13800138003")
_SEATS = {"11": "8001", "12": "8002"}


async def record(folder: Path) -> bytes:
    """Return what was said of three calls to two operators, from the first to the last of them."""
    async with PBX(settings_for(folder / "data")) as pbx:
        await pbx.extend("manager.conf", _ACCOUNT, reload="manager reload")
        reader, writer = await asyncio.open_connection("127.0.0.1", pbx.settings.ami.port)
        writer.write(_LOGIN)
        phones = [pbx.phone(seat, answer_after=0.5) for seat in _SEATS]
        async with phones[0], phones[1]:
            for seat, name in _SEATS.items():
                writer.write(_queue_add(seat, name))
            await _calls(pbx, phones)
        writer.write(b"Action: Logoff\r\n\r\n")
        said = await reader.read()
        writer.close()
    return said


async def _calls(pbx: PBX, phones: list[DeskPhone]) -> None:
    async with pbx.customer.calling(NUMBER, _CALLS, rate=1, hang_up_after=2) as run:
        await run.ended(within=30)
    await phones[0].until(bool, wanted="rung")
    await asyncio.sleep(1)  # AgentComplete may follow the caller's hang-up; nothing waits for it here


def _queue_add(seat: str, name: str) -> bytes:
    return f"Action: QueueAdd\r\nQueue: hotline\r\nInterface: PJSIP/seat-{seat}\r\nMemberName: {name}\r\n\r\n".encode()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        content = asyncio.run(record(Path(name)))
    SCENE.mkdir(parents=True, exist_ok=True)
    (SCENE / FILE).write_bytes(gzip.compress(content, mtime=0))

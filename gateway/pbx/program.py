"""Which Asterisk there is, and the command that starts it: one on PATH, or one in a folder of its own (a chroot).

Only finds and describes; gateway.pbx.launch runs it.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.config import Settings
from gateway.pbx.instance import Owner
from gateway.pbx.needs import OLDEST_VERSION

INSIDE: Final = Path("/srv/fourring")
"""Where an Asterisk in a chroot sees its instance's folder."""

USER: Final = "asterisk"

_ENTER_ROOT: Final = """
root=$1 folder=$2; shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
cd "$root"
mount --bind "$folder" srv/fourring
mount --bind "$folder/tmp" tmp
mount --bind "$folder/hosts" etc/hosts
mount --rbind /proc proc
mount --rbind /dev dev
exec chroot . "$@"
"""
"""Run in a mount namespace of its own, which ends with the process: nothing is ever left to unmount.

The root is read-only, so several instances share it and none can harm it.
"""


class ProgramError(Exception):
    """There is no Asterisk that can be started; the message says what to install, or what to run."""


@dataclass(frozen=True, slots=True)
class Program:
    """An Asterisk that can be started. `root` is its chroot, None for one on PATH; `base` is the folder it sees."""

    path: str
    version: str
    root: Path | None
    base: Path
    owner: Owner | None

    def command(self, folder: Path, *, die_with_parent: bool) -> list[str]:
        """Return the command line; every program in it replaces itself by the next, so its pid is Asterisk's."""
        run = [self.path, "-f", "-C", str(self.base / "etc" / "asterisk.conf")]
        drop = ["--reuid", USER, "--regid", USER, "--clear-groups"] if self.root else []
        bond = ["--pdeathsig", "KILL"] if die_with_parent else []
        if drop or bond:
            run = ["setpriv", *drop, *bond, *run]
        if self.root is None:
            return run
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", _ENTER_ROOT, "enter"]
        return [*enter, str(self.root), str(folder), *run]


async def find(settings: Settings) -> Program:
    """Return the Asterisk on PATH if it is new enough, else the one in `[pbx] root`. Raises ProgramError."""
    complaints: list[str] = []
    on_path = shutil.which(settings.pbx.program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if on_path is not None:
        version = await _version([on_path, "-V"])
        if _new_enough(version):
            return Program(on_path, version, None, settings.asterisk_dir, None)
        complaints.append(f"{on_path} is {version or 'no Asterisk'}, {OLDEST_VERSION} or newer is needed")
    else:
        complaints.append(f"no {settings.pbx.program} on PATH")
    root = settings.pbx.root.absolute()
    if not (root / "usr/sbin/asterisk").exists():
        complaints.append(f"none in {root}")
    elif os.geteuid() != 0:
        complaints.append(f"only root can start the one in {root}")
    else:
        version = await _version(["chroot", str(root), "asterisk", "-V"])
        if _new_enough(version):
            return Program("asterisk", version, root, INSIDE, _owner_in(root))
        complaints.append(f"the one in {root} is {version or 'broken'}")
    raise ProgramError(f"no Asterisk to start ({'; '.join(complaints)}): run asterisk_conf/get-asterisk as root")


def _new_enough(version: str) -> bool:
    number = re.match(r"(?:GIT-|certified[/-])?(\d+)", version)
    return number is not None and int(number[1]) >= OLDEST_VERSION


async def _version(command: Sequence[str]) -> str:
    """Return what `asterisk -V` says behind the name, "" if it says nothing of the kind within 10 s."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    said = re.match(r"Asterisk (\S+)", output.decode("utf-8", "replace"))
    return said[1] if said else ""


def _owner_in(root: Path) -> Owner:
    """Look Asterisk's user up in the root's own list of users; the host may number them otherwise."""
    for line in (root / "etc" / "passwd").read_text("utf-8").splitlines():
        name, _, uid, gid, *_ = line.split(":")
        if name == USER:
            return Owner(int(uid), int(gid))
    raise ProgramError(f"{root} has no user {USER}: remove the folder and run asterisk_conf/get-asterisk as root")

"""The PBX's configuration files, filled from settings and secrets; nothing here starts or asks an Asterisk.

Templates see only the values listed here, each checked so that none can leave its line or its place in it (I10).
"""

import ipaddress
import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from gateway import policy
from gateway.config import Settings
from gateway.pbx import needs
from gateway.secrets import Secrets
from gateway.sections import joined
from gateway.whole_file import replace_whole
from routing.vocabulary import Step

MODE: Final = 0o640
"""The files hold passwords: their owner writes, his group reads."""

IVR_SECONDS: Final = 2
"""How long the dialplan waits for an IVR that says nothing before the caller goes on to the queue (I5)."""

_SHAPES: Final = {
    "address": re.compile(r"[0-9A-Za-z.:/-]+"),
    "number": re.compile(r"\+?[0-9]{1,32}"),
    "word": re.compile(r"[0-9A-Za-z_-]+"),
    "secret": re.compile(r"[0-9A-Za-z_.+/=-]+"),
    "path": re.compile(r"/[^\x00-\x1f\x7f;\\\[\]$]*"),
}


class RenderError(Exception):
    """A value cannot stand in an Asterisk configuration file; the message says which setting to change."""


def render(settings: Settings, secrets: Secrets, folder: Path, *, base: Path | None = None) -> list[Path]:
    """Write every .conf file into `folder` and return those that changed.

    `base` is the folder that holds etc/, log/, lib/, run/ and spool/ as Asterisk will see it (default: the parent of
    `folder`). Raises RenderError for a value that a file cannot carry or a folder that cannot be written.
    """
    values = _values(settings, secrets, base or folder.absolute().parent)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [path for name, text in _rendered(values) if _write(path := folder / name, text)]
    except OSError as problem:
        raise RenderError(f"{folder}: cannot be written: {problem.strerror}: check the folder and the disk") from None


def _rendered(values: dict[str, object]) -> list[tuple[str, str]]:
    templates = files("asterisk_conf") / "templates"
    house = Environment(
        loader=FunctionLoader(lambda name: (templates / name).read_text("utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - these are no pages; every value's shape is checked before it gets here
    )
    names = sorted(item.name for item in templates.iterdir() if item.name.endswith(".j2"))
    return [(name.removesuffix(".j2"), house.get_template(name).render(values)) for name in names]


def _write(path: Path, text: str) -> bool:
    """Replace the file where its content differs; return whether it did."""
    if path.is_file() and path.read_bytes() == text.encode("utf-8"):
        return False
    replace_whole(path, text, MODE)
    return True


def _values(settings: Settings, secrets: Secrets, base: Path) -> dict[str, object]:
    pbx, queue = settings.pbx, settings.queue
    bind = _checked("address", "[pbx] bind", pbx.bind)
    on_ms = round(min(1.0, settings.rings.seconds / 2) * 1000)
    return {
        "base": _checked("path", "[paths] data", str(base)),
        "recorded": settings.recording.enabled,
        "rating_seconds": settings.rating.seconds,
        "system": _checked("word", "[pbx] system", pbx.system),
        "required": needs.REQUIRED_MODULES,
        "wanted": needs.WANTED_MODULES,
        "bind": bind,
        "sip_address": joined(bind, pbx.sip_port),
        "media_address": "" if bind == "0.0.0.0" else bind,
        "http_port": pbx.http_port,
        "rtp_first": pbx.rtp_first,
        "rtp_last": pbx.rtp_last,
        "trunk_addresses": [_checked("address", "[pbx] trunk_addresses", item) for item in pbx.trunk_addresses],
        "numbers": [_checked("number", "[hotline] dialled_as", item) for item in settings.hotline.numbers],
        "agi_address": joined(_checked("address", "[fastagi] host", settings.fastagi.host), settings.fastagi.port),
        "ivr_seconds": IVR_SECONDS,
        "queue": _checked("word", "[queue] name", queue.name),
        "hold_seconds": settings.hold.limit_seconds,
        "pass_on_seconds": (pass_on := settings.transfers.rings * settings.rings.seconds),
        "consult_seconds": max(1, settings.hold.limit_seconds - pass_on),
        "language": settings.prompts.language,
        "leaders": queue.leaders,
        "leaders_after": _leaders_after(settings),
        "hotline_number": _checked("number", "[hotline] number", settings.hotline.number),
        "outgoing": settings.outgoing.trunk,
        "outgoing_seconds": settings.outgoing.rings * settings.rings.seconds,
        "strategy": queue.strategy,
        "member_ring_seconds": queue.member_ring_seconds,
        "retry_seconds": queue.retry_seconds,
        "wrap_up_seconds": queue.wrap_up_seconds,
        "seats": _seats(settings, secrets),
        "interfaces": "&".join(seat.interface for seat in settings.seats),
        **_ami(settings, secrets),
        "ring_on_ms": on_ms,
        "ring_off_ms": round(settings.rings.seconds * 1000) - on_ms,
    }


def _leaders_after(settings: Settings) -> float | None:
    """Return after how many seconds of waiting the shift leader is rung as well, None for never."""
    ring = policy.ladder(settings).ring_of(Step.RING_LEADER)
    return None if ring is None else (ring - 1) * settings.rings.seconds


def _ami(settings: Settings, secrets: Secrets) -> dict[str, object]:
    bind = _checked("address", "[ami] host", ami_bind(settings))
    return {
        "ami_bind": bind,
        "ami_port": settings.ami.port,
        "ami_address": joined(bind, settings.ami.port),
        "ami_tls": settings.ami.tls,
        "ami_user": _checked("word", "[ami] user", settings.ami.user),
        "ami_secret": _checked("secret", "ami in secrets.toml", secrets.ami),
        "ami_read": ",".join(needs.AMI_READ),
        "ami_write": ",".join(needs.AMI_WRITE),
        "ami_events": needs.AMI_EVENTS,
    }


def _seats(settings: Settings, secrets: Secrets) -> list[dict[str, str]]:
    return [
        {
            "endpoint": _checked("word", "[[seats]] id", seat.endpoint),
            "kind": seat.kind,
            "password": _checked("secret", f"seats.{seat.id} in secrets.toml", secrets.seats.get(seat.id, "")),
        }
        for seat in settings.seats
    ]


def _checked(shape: str, setting: str, value: str) -> str:
    """Return the value if it has the shape; the complaint never repeats it, for it may be a password."""
    if _SHAPES[shape].fullmatch(value):
        return value
    raise RenderError(f"{setting}: is empty or has a character that an Asterisk configuration file cannot carry")


def ami_bind(settings: Settings) -> str:
    """Return the address on which our own Asterisk offers AMI: the gateway's machine is its own, so never wider."""
    try:
        return str(ipaddress.ip_address(settings.ami.host))
    except ValueError:
        return "127.0.0.1"

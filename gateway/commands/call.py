"""Make a test call to the hotline, as a customer would, and tell what happens to it.

The customer hears ringing until somebody answers, talks for a while (he echoes what he hears) and hangs up.
"""

import argparse
import re
import time
from contextlib import aclosing, suppress

from gateway.config import Settings
from gateway.test_call import Customer, steps_of

NAME = "call"

_LONGEST = 3600

_WORDS = {
    "ringing": "ringing",
    "answered": "answered",
    "operator hung up": "the hotline ended the call",
    "customer hung up": "the customer hung up",
    "customer gave up": "nobody answered; the customer gave up (is anybody signed in?)",
}
_SILENT = "trying"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--caller", metavar="NUMBER", type=_caller, default="13857712345", help="who calls (default: %(default)s)"
    )
    parser.add_argument("--number", metavar="NUMBER", type=_number, help="the number dialled (default: the hotline's)")
    parser.add_argument(
        "--patience", metavar="SECONDS", type=_seconds, default=60, help="gives up after (default: %(default)s)"
    )
    parser.add_argument(
        "--talk", metavar="SECONDS", type=_seconds, default=120, help="hangs up after (default: %(default)s)"
    )
    parser.add_argument(
        "--press",
        metavar="KEYS",
        type=_keys,
        default="",
        help="keys pressed once the call is through, a second before each; a comma is two more seconds",
    )
    parser.epilog = "examples: fourring call --caller 13800138000 --talk 30; fourring call --press 5"


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (seconds := float(text)) <= _LONGEST:
            return seconds
    raise argparse.ArgumentTypeError(f"more than 0 and at most {_LONGEST} seconds, not {text!r}")


def _keys(text: str) -> str:
    if re.fullmatch(r"[0-9*#,]{0,40}", text):
        return text
    raise argparse.ArgumentTypeError(f"digits, * and #, commas for pauses, not {text!r}")


def _caller(text: str) -> str:
    if re.fullmatch(r"[0-9A-Za-z]{1,40}", text):
        return text
    raise argparse.ArgumentTypeError(f"letters and digits, not {text!r}")


def _number(text: str) -> str:
    if re.fullmatch(r"\+?[0-9]{1,40}", text):
        return text
    raise argparse.ArgumentTypeError(f"digits, not {text!r}")


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Make the call; 0 when it was answered, else 1."""
    number = args.number or settings.hotline.number
    customer = Customer(args.caller, number, args.patience, args.talk, args.press)
    print(f"{customer.caller} calls {customer.number}   (Ctrl-C hangs up)", flush=True)
    began, seen = time.monotonic(), set[str]()
    async with aclosing(steps_of(customer, settings)) as steps:
        async for step in steps:
            if step not in seen and step != _SILENT:
                print(f"{time.monotonic() - began:6.1f} s  {_WORDS.get(step, step)}", flush=True)
            seen.add(step)
    return 0 if "answered" in seen else 1

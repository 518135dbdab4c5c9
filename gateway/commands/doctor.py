"""Check an Asterisk, ours or an existing one, and say of each fault what to change in which file.

Each check prints ok, warn, unknown or FAIL. The exit code is 0 when nothing FAILs, else 1.
Without --probe it only asks questions, so it is safe on a PBX in use. The probe is safe as
well: it adds a paused member that cannot be rung to the queue and takes it out again at
once, which shows that events reach us and that queue_log is written (two lines stay in it).
"""

import argparse
import json

from gateway.config import Settings
from gateway.pbx.doctor import examine, healthy
from gateway.pbx.doctor_filter import manager_conf
from gateway.pbx.doctor_findings import Finding
from gateway.secrets import load_or_create

NAME = "doctor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what may be asked of the examination."""
    parser.add_argument("--probe", action="store_true", help="add a paused queue member for a moment")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--show-manager-conf",
        action="store_true",
        help="examine nothing; print the section that an existing manager.conf needs",
    )
    parser.epilog = "example: fourring doctor --config /etc/fourring.toml --probe"


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Examine and print; return 0 if nothing has to be changed."""
    if args.show_manager_conf:
        print(manager_conf(settings))
        return 0
    findings = await examine(settings, load_or_create(settings).ami, probe=args.probe)
    print(_as_json(findings) if args.json else _as_text(findings))
    return 0 if healthy(findings) else 1


def _as_text(findings: list[Finding]) -> str:
    width = max(len(finding.check) for finding in findings)
    return "\n".join(f"{each.outcome:7}  {each.check:{width}}  {each.text}" for each in findings)


def _as_json(findings: list[Finding]) -> str:
    checks = [{"check": each.check, "outcome": each.outcome.lower(), "text": each.text} for each in findings]
    return json.dumps({"ok": healthy(findings), "checks": checks}, ensure_ascii=False, indent=2)

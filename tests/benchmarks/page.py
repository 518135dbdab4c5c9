"""docs/benchmarks.md, made of the kept results. It measures nothing and judges nothing but "target met?"."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

Kept = Mapping[str, Any]

_MET = {True: "yes", False: "no", None: "–"}

_HEAD = """# Benchmarks

What Fourring does per second, and what a call costs. `make bench` measures everything in one run of some fifteen
minutes and writes this page; `make bench ARGS=name` measures one of them again, `make bench ARGS=--quick` shows rough
figures without touching this page.

Figures of different machines cannot be compared; ratios measured in one run can. So the targets are ratios where they
can be, everything is measured at least three times and given as the median (least to most), and nothing in the tests
passes or fails by a time. Beside each figure stands how busy the machine was with other things: its load average when
the benchmark began, and how many processors others kept busy while it ran.
"""


def page(results: Mapping[str, Kept]) -> str:
    """Return the page."""
    sections = [_section(name, kept) for name, kept in results.items()]
    return "\n".join([_HEAD, _summary(results), *sections, _where(results)])


def _summary(results: Mapping[str, Kept]) -> str:
    rows = [
        (f"[{kept['title']}](#{name})", kept["target"], kept["measured"], _MET[kept["met"]], f"`{kept['command']}`")
        for name, kept in results.items()
    ]
    return _table(("what", "target", "measured", "met", "command"), rows)


def _section(name: str, kept: Kept) -> str:
    began, after = kept["load"]
    circumstances = (
        f"Measured {kept['began_at']} with `{kept['command']}` in {kept['took_s']} s. Load average before"
        f" {began}, after {after} (our own work included); others kept {kept['others']} processors busy meanwhile."
    )
    return "\n".join(
        [
            f'<a id="{name}"></a>',
            f"## {kept['title']}\n",
            f"Target: {kept['target']}. Measured: {kept['measured']}. Met: {_MET[kept['met']]}.\n",
            f"How: {kept['method']}\n",
            _table(kept["header"], kept["rows"]),
            *(f"- {remark}" for remark in (*kept["remarks"], circumstances)),
            "",
        ]
    )


def _where(results: Mapping[str, Kept]) -> str:
    """Say on what it was measured, once for all benchmarks that agree on it."""
    lines = ["## Machine and versions\n"]
    surroundings = {name: (kept["machine"], ", ".join(kept["versions"])) for name, kept in results.items()}
    by_place = sorted(surroundings, key=lambda name: surroundings[name])
    for (machine, versions), names in groupby(by_place, key=lambda name: surroundings[name]):
        lines.append(f"- {', '.join(names)}: {machine}. {versions}.")
    return "\n".join(lines) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

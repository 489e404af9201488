"""How to start a project's daemons: text to read and copy from, JSON (privmigrate.bootstrap/1)."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrator.bootstrap.launch import Launch
from migrator.bootstrap.project import Code
from migrator.bootstrap.ways import Lines, Method, recommended
from migrator.report.text import clean, counted, folded

SCHEMA = "privmigrate.bootstrap/1"
_WHAT = {
    "filters": "a file of filters",
    "sudoers": "a file for sudo",
    "config": "add to it",
    "python": "a module, or part of one",
    "unit": "a drop-in for the unit of each service",
}


@dataclass(frozen=True, slots=True)
class Report:
    """methods: the recommended first. checked: what visudo says of each sudoers file, by the way's name.

    named: the user said what the service is started with.
    """

    code: Code
    launch: Launch
    methods: tuple[Method, ...]
    checked: Mapping[str, str]
    named: bool


def dumps(report: Report) -> str:
    """The report as JSON text."""
    way, why = recommended(report.code)
    document = {
        "schema": SCHEMA,
        "project": report.code.name,
        "user": report.launch.user,
        "configuration": list(report.launch.configuration),
        "contexts": [
            {"context": name, "section": context.cfg_section} for name, context in report.code.contexts.items()
        ],
        "elsewhere": list(report.code.strangers),
        "root_helpers": list(report.code.root_helpers),
        "recommended": {"way": way.value, "why": why},
        "ways": [_method(each, report) for each in report.methods],
    }
    return json.dumps(document, indent=2) + "\n"


def _method(each: Method, report: Report) -> dict[str, object]:
    return {
        "way": each.way.value,
        "how": each.how,
        "trusts": each.trusts,
        "attacker": each.attacker,
        "when": each.when,
        "notes": list(each.notes),
        "files": [{"path": one.path, "kind": one.kind, "mode": one.mode, "text": one.text} for one in each.lines],
        "visudo": report.checked.get(each.way.value, ""),
    }


def lines(report: Report, width: int) -> str:
    """The report as text: sentences folded to so many columns, lines to copy as they are."""
    return "".join(f"{line}\n" for line in _lines(report, width))


def _lines(report: Report, width: int) -> Iterator[str]:
    code, launch = report.code, report.launch
    yield from folded(
        f"{code.name}: {counted(len(code.contexts), 'context')}, started by {launch.user} with "
        f"{shlex.join(launch.configuration) or 'no configuration file'}",
        width,
    )
    for name, context in code.contexts.items():
        yield f"  {name}  [{context.cfg_section}]"
    if not report.named:
        yield ""
        text = (
            "That is taken for what the service is started with: name what it is with --config-file and --config-dir, "
        )
        yield from folded(f"{text}each in its order. Lines that differ in one word admit nothing.", width)
    if code.strangers:
        yield ""
        text = f"The filters also start {', '.join(code.strangers)}, of another project: name its folder as well."
        yield from folded(clean(text), width)
    way, why = recommended(code)
    yield ""
    yield from folded(f"Take {way.value}: {why}.", width)
    for each in report.methods:
        yield ""
        yield ""
        title = each.way.value + (" (recommended)" if each.way is way else "")
        yield title
        yield "=" * len(title)
        yield from folded(_sentence(each.how), width)
        for one in each.lines:
            yield ""
            yield from _file(one, report.checked.get(each.way.value, ""), width)
        yield ""
        for head, text in (("trusts", each.trusts), ("an attacker gets", each.attacker), ("when", each.when)):
            yield from folded(f"{head}: {text}.", width, "  ")
        for note in each.notes:
            yield from folded(f"- {_sentence(note)}", width, "  ")


def _file(one: Lines, checked: str, width: int) -> Iterator[str]:
    about = _WHAT[one.kind] + (f", root:root, mode {one.mode}" if one.mode else "")
    yield from folded(f"{one.path} ({about})", width)
    if one.kind == "sudoers" and checked:
        yield from folded(checked, width)
    yield ""
    yield from one.text.rstrip("\n").split("\n")


def _sentence(text: str) -> str:
    """With a full stop, and a capital where that is no part of a name: not `oslo.privsep`, `/etc/nova`."""
    first = text.split()[0].rstrip(",")
    return f"{text[0].upper() if first.isalpha() else text[0]}{text[1:]}."

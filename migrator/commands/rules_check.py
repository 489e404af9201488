"""privmigrate rules check DIR: rules of one's own, held to what the shipped ones are held to."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from migrator.commands.output import put
from migrator.decide import python2
from migrator.decide.checks import faults
from migrator.decide.load import load_file, rule_files, rulebook
from migrator.decide.rule import Becomes, Rule, RuleError
from migrator.fault import Fault
from migrator.report.text import counted


def run(folders: Sequence[str], others: Sequence[str]) -> int:
    """Check every rule of the folders. others: further folders of rules. Exit status: 0 all is well, 1 not.

    Raises Fault for a folder that is missing or has no rules in it. A file that does not load is told like any other
    fault, and the rest is checked.
    """
    if not folders:
        raise Fault("rules check takes the folder with your rules: privmigrate rules check DIR")
    book = rulebook([*others, *folders])
    for mine, replaced in book.replaced:
        if mine.parent in map(Path, folders):
            print(f"privmigrate: {mine} takes the place of {replaced}", file=sys.stderr)
    lines: list[str] = []
    wrong = 0
    good: list[str] = []
    for path in (path for folder in folders for path in rule_files(Path(folder))):
        try:
            rules = load_file(path)
        except RuleError as error:
            text = str(error)
            lines.append(text if text.startswith(str(path)) else f"{path.parent}/{text}")
            wrong += 1
            continue
        for rule in rules:
            found = list(faults(rule, book))
            wrong += len(found)
            lines += [f"{path}: {rule.name}: {fault}" for fault in found] or [f"{path}: {rule.name}: {_well(rule)}"]
            good += [] if found else [rule.name]
    if good:
        given = "".join(f"--rules {folder} " for folder in folders)
        lines.append(f"next: privmigrate verify rules {given}{' '.join(good)}")
    put("".join(f"{line}\n" for line in lines))
    return 1 if wrong else 0


def _well(rule: Rule) -> str:
    becomes = sum(isinstance(each, Becomes) for each in rule.examples)
    stays = len(rule.examples) - becomes
    lacking = python2.lacking(rule.text)
    beside = f"; not for projects that run on Python 2: it needs {lacking}" if lacking else ""
    beside += f"; used with --unsafe only: {rule.review}" if rule.review else ""
    return f"ok, {counted(becomes, 'call')} taken, {stays} left, {counted(len(rule.trials), 'trial')}{beside}"

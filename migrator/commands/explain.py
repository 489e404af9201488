"""Tell the story of one call: what it runs, how it becomes root, what can become of it; or what a code means."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import textwrap
from itertools import groupby

from migrator import config
from migrator.commands.output import put
from migrator.commands.survey import add_requirement, executors
from migrator.commands.worktree import in_tests, package
from migrator.fault import Fault
from migrator.model import Form, Outcome, Privileged, Scan, Site, Step
from migrator.report import colour, pages, text
from migrator.understand.notation import spelled
from migrator.understand.walk import shown, walk
from migrator.words import Choice, Each, Literal, Value, Word

_EXAMPLES = """\
examples:
  privmigrate explain nova/virt/disk/api.py:216
  privmigrate explain PRV270                                   what a code means: why, and an example
  privmigrate explain --within . nova/virt/disk/api.py:216     look for wrappers in other packages too

Exit status: 0 told, 2 no root call on that line, or no such code.
"""
_INDENT = "    "
_CODE = re.compile(r"PRV\d+", re.I)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("place", metavar="PATH:LINE", help="a line of the call; or a code, such as PRV101")
    parser.add_argument("--within", default="", metavar="PATH", help="scan this (default: the file's whole package)")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    add_requirement(parser)
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    if _CODE.fullmatch(options.place):
        put(_page(options.place.upper(), options.color))
        return 0
    path, line = _place(options.place)
    settings = config.configuration(path, options.config, options.rules, options.allow_requirement)
    within = [options.within] if options.within else [package(path)]
    wanted = walk([path], tests=True).files[0][0]
    tests = in_tests(path)
    files = walk(within, tests=tests, exclude=settings.exclude)
    if wanted not in [listed for listed, _, _ in files.files]:
        raise Fault(f"{shown(path)}: not among the files below {within[0]}; --within PATH names a folder that holds it")

    from migrator.decide.load import rulebook
    from migrator.decide.plan import plan_all
    from migrator.understand.scan import scan

    found = scan(within, tests=tests, files=files, executors=executors(settings))
    site = _site(found, wanted, line)
    # All of them, so that the function has the name that the report and the rewrite give it.
    outcomes = plan_all(found, rulebook(settings.rules), frozenset(settings.allow_requirements))
    outcome = outcomes[found.sites.index(site)]
    put(_told(outcome, colour.wanted(options.color, sys.stdout.isatty(), os.environ)))
    return 0


def _page(code: str, color: str) -> str:
    """The page of a code, as it is written in a pipe, drawn on a terminal."""
    written = pages.page(code)
    if not sys.stdout.isatty():
        return written
    from rich.markdown import Markdown

    from migrator.report import console

    return console.drawn(
        [Markdown(written, code_theme="ansi_dark")],
        colour.wanted(color, True, os.environ),
        sys.stdout.encoding,
        console.width(),
    )


def _place(word: str) -> tuple[str, int]:
    path, _, line = word.rpartition(":")
    if path and ":" in path and line.isdecimal() and path.rpartition(":")[2].isdecimal():
        path, _, line = path.rpartition(":")  # as `scan` prints it, with the column
    if not path or not line.isdecimal() or line == "0":
        raise Fault(f"{word}: not a PATH:LINE such as nova/utils.py:42")
    return path, int(line)


def _site(found: Scan, path: str, line: int) -> Site:
    """The innermost call over the line. Raises Fault, naming the calls there are, when there is none."""
    sites = [site for site in found.sites if site.path == path]
    over = [site for site in sites if site.line <= line <= site.end_line]
    if over:
        return min(over, key=lambda site: (site.end_line - site.line, -site.column))
    for entry in found.unreadable:
        if entry.path == path:
            raise Fault(f"{path}: not understood, so its calls are not known: {entry.reason}")
    if not sites:
        raise Fault(f"{path}:{line}: no root call there, nor anywhere in the file")
    lines = ", ".join(str(site.line) for site in sites)
    near = min(sites, key=lambda site: abs(site.line - line))
    raise Fault(f"{path}:{line}: no root call there; the file has some on line {lines}; nearest: {path}:{near.line}")


def _told(outcome: Outcome, coloured: bool) -> str:
    site = outcome.site
    lines = [
        f"{text.clean(site.path)}:{site.line}:{site.column}: {site.code} {site.kind.value}, in {site.enclosing}",
        "",
    ]
    lines += _section("runs", [text.command(spelled(site.command.words))], coloured)
    notes = [f"program: {site.command.program or ' or '.join(site.command.programs) or 'not known'}"]
    if site.command.prefix:
        notes.append(f"after the prefix: {site.command.prefix}")
    if not site.command.complete:
        notes.append("how many words it has is not known")
    lines += [_INDENT + note for note in notes] + [""]
    lines += _section("word by word", _words(site.command.words), coloured)
    lines += ["", *_section("how it was found", [*map(_step, site.story)] or ["by the call alone"], coloured)]
    chain = [site.callee, *site.via, *([site.executor] if site.executor else [])]
    lines += ["", *_section("the call goes through", [" -> ".join(dict.fromkeys(chain)), *site.adds], coloured)]
    lines += ["", *_section("becomes root by", [site.root or "what the wrapper does"], coloured)]
    options = [f"{option.name} = {' '.join(option.code.split())}" for option in site.options]
    lines += ["", *_section("options", options or ["none"], coloured)]
    uses = [f"result: {site.result}", *(f"handles: {name}" for name in site.handlers)]
    lines += ["", *_section("what the caller relies on", uses, coloured)]
    verdict = [f"{outcome.status.value}, {outcome.rung.value}"]
    if outcome.function:
        verdict.append(_becomes(outcome, outcome.function))
        if outcome.function.capabilities:
            verdict.append("needs " + ", ".join(sorted(outcome.function.capabilities)))
    verdict += [f"{reason.code}: {reason.text}" for reason in outcome.reasons]
    lines += ["", *_section("outcome", verdict, coloured)]
    return "\n".join(lines) + "\n"


def _becomes(outcome: Outcome, function: Privileged) -> str:
    """What stands at the call then; functions get their final names when the whole is rewritten."""
    arguments = ", ".join(f"{argument.name}={argument.code}" for argument in outcome.arguments)
    name = f"{function.module}.{function.name}"
    called = f"{name}({arguments})"
    if outcome.form is Form.FLAG:
        kept = f"{outcome.site.flag} and " if outcome.site.flag not in ("", "True") else ""
        return f"{outcome.site.flag_name}={kept}{name}_argv, which calls {called}"
    if outcome.form is Form.CONDITION:
        return f"{called} where {outcome.site.flag}, the plain call where not"
    if outcome.form is Form.INNER:
        return f"as it is: the call inside {outcome.site.via[0]}() names {name}_argv"
    return f"command.trycmd({', '.join([name, arguments])})" if outcome.tried is not None else called


def _section(title: str, texts: list[str], coloured: bool) -> list[str]:
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    lines = [f"\x1b[1m{title}\x1b[0m" if coloured else title]
    for part in texts:
        lines += textwrap.wrap(
            text.clean(part), width, initial_indent=_INDENT, subsequent_indent=_INDENT * 2, break_long_words=False
        ) or [_INDENT]
    return lines


def _words(words: tuple[Word, ...]) -> list[str]:
    """One text for each word, and one for each run of words that are known."""
    texts: list[str] = []
    for known, run in groupby(words, key=lambda word: isinstance(word, Literal)):
        if known:
            texts.append(f"{text.command(spelled(run))}: written out")
        else:
            texts += [f"{text.command(spelled([word]))}: {_found(word)}" for word in run]
    return texts or ["no word is known"]


def _found(word: Word) -> str:
    if isinstance(word, Choice):
        return f"there depending on {word.condition}" if word.condition else "one of these, by the way the code takes"
    if isinstance(word, Each):
        return "again for each turn of the loop"
    if isinstance(word, Literal):
        return "written out"
    what = "one word" if isinstance(word, Value) else "any number of words"
    moved = "" if word.here else "; its names are bound anew before the call"
    return f"{what}, {word.why or 'known when it runs'}{moved}"


def _step(step: Step) -> str:
    return f"{step.where}: {step.text}" if step.where else step.text

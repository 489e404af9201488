"""List the rules, show the manual page of one, or check rules of your own."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from migrator import config
from migrator.commands.output import put
from migrator.decide import manual
from migrator.decide.load import Rulebook, rulebook
from migrator.decide.rule import Rule
from migrator.fault import Fault
from migrator.report import colour

_ROOMY = 120  # columns from which the differences are told, not only counted
_READABLE = 100  # columns of a manual page at the most
_EXAMPLES = """\
examples:
  privmigrate rules                      one line for each rule; a table on a terminal
  privmigrate rules show chown           the manual page: examples, differences, the function
  privmigrate rules --rules tools/privsep_rules
  privmigrate rules check tools/privsep_rules    your own: they load, examples hold, trials are written

Exit status: 0 told, or all is well, 1 a rule is not, 2 usage or configuration.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "words", nargs="*", metavar="show NAME | check DIR", help="a program (chown) or rule (chown.chown); a folder"
    )
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    settings = config.configuration(".", options.config, options.rules)
    if options.words[:1] == ["check"]:
        from migrator.commands import rules_check

        return rules_check.run(options.words[1:], settings.rules)
    book = rulebook(settings.rules)
    for mine, yours in ((old, new) for new, old in book.replaced):
        print(f"privmigrate: {yours} takes the place of {mine}", file=sys.stderr)
    if options.words:
        put(_pages(_named(book, options.words), options.color))
    elif sys.stdout.isatty():
        put(_table(book.all(), colour.wanted(options.color, True, os.environ)))
    else:
        put("".join(f"{_line(rule)}\n" for rule in book.all()))
    return 0


def _named(book: Rulebook, words: Sequence[str]) -> tuple[Rule, ...]:
    if len(words) != 2 or words[0] != "show":
        raise Fault(f"{' '.join(words)}: say `privmigrate rules`, `rules show NAME` or `rules check DIR`")
    return book.named(words[1])


def _pages(rules: Sequence[Rule], choice: str) -> str:
    """The manual pages: laid out for a terminal, as Markdown for a pipe."""
    pages = "\n".join(manual.page(rule) for rule in rules)
    if not sys.stdout.isatty():
        return pages
    from rich.markdown import Markdown

    from migrator.report import console

    laid_out = Markdown(pages, code_theme="ansi_dark", hyperlinks=False)
    width = min(console.width(least=60), _READABLE)
    return console.drawn([laid_out], colour.wanted(choice, True, os.environ), sys.stdout.encoding, width)


def _line(rule: Rule) -> str:
    return f"{rule.name}: {rule.grammar} ({manual.form(rule)}; needs {manual.capabilities(rule)}; {_known(rule)})"


def _known(rule: Rule) -> str:
    number = len(rule.differences)
    return f"{number or 'no'} known difference{'' if number == 1 else 's'}"


def _table(rules: Sequence[Rule], coloured: bool) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from migrator.report import console

    width = console.width(least=60)
    told = width >= _ROOMY
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("rule", "command line", "form", "capabilities"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("rule", "capabilities"))
    table.add_column("known differences" if told else "diff.", overflow="fold")
    for rule in rules:
        table.add_row(
            Text(rule.name, "bold"),
            rule.grammar,
            Text(manual.form(rule), "green" if rule.kind.value == "native" else ""),
            "\n".join(sorted(rule.capabilities)),
            "\n".join(f"* {each.text}" for each in rule.differences) if told else str(len(rule.differences)),
        )
    return console.drawn([table], coloured, sys.stdout.encoding, width)

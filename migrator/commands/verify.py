"""Prove rules beside the commands they replace, or a rewritten project beside what it was."""

from __future__ import annotations

import argparse

from migrator.commands.numbers import seconds
from migrator.fault import Fault
from migrator.report import colour

_EXAMPLES = """\
examples:
  privmigrate verify rules                      every rule: does the same, claims the capabilities it needs
  privmigrate verify rules chown rm.rm          these
  privmigrate verify rules chown.chown --trial "chown daemon {dangling}"
  privmigrate verify nova/                      a rewritten project, beside what git has of it
  privmigrate verify --before ../nova-old nova/

Exit status: 0 all that could be judged is right, 1 something is not, 2 usage or configuration, or nothing could be
judged on this machine.
"""
FORMATS = ("auto", "text", "table", "json")
DAEMONS = ("fork", "sudo", "rootwrap")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("words", nargs="+", metavar="rules [NAME] | PATH", help="rules and their names, or a project")
    rules = parser.add_argument_group("verify rules")
    rules.add_argument("--trial", default="", metavar="LINE", help="show this one trial of one rule")
    rules.add_argument("--stdin", default="", metavar="TEXT", help="what the command of --trial reads")
    rules.add_argument("--jobs", type=int, default=0, metavar="N", help="rules at a time (default: one for each core)")
    project = parser.add_argument_group("verify PATH")
    tree = project.add_mutually_exclusive_group()
    tree.add_argument("--before", default="", metavar="DIR", help="the tree before the rewrite")
    tree.add_argument("--against", default="", metavar="REF", help="or what git has of it (default: HEAD)")
    project.add_argument("--daemon", action="append", choices=DAEMONS, help="how to start it; several: each in turn")
    project.add_argument("--python", default="", metavar="FILE", help="an interpreter that has the project's libraries")
    project.add_argument(
        "--timeout", type=seconds, default=0, metavar="SECONDS", help="what rewrite --timeout put in is no difference"
    )
    project.add_argument("--no-rules", action="store_true", help="do not prove the rules of its native functions")
    both = parser.add_argument_group("both")
    both.add_argument("--examples", type=int, default=100, metavar="N", help="trials of each rule that are drawn")
    both.add_argument("--sweep", type=int, metavar="N", help="so many of its lines on all fixtures (default: all)")
    both.add_argument("--format", choices=FORMATS, default="auto", help="auto: table on a terminal, else text")
    both.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    both.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    both.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    both.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    """Verify; the exit status as the help says. Raises Fault."""
    _require()
    if min(options.examples, options.jobs, options.sweep or 0) < 0:
        raise Fault("--examples, --sweep and --jobs take a number from 0 up")
    if options.words[0] == "rules":
        from migrator.commands import verify_rules

        return verify_rules.run(options, options.words[1:])
    from migrator.commands import verify_project

    return verify_project.run(options, options.words)


def _require() -> None:
    """Raise Fault when what proving needs is not installed: the scanner does without."""
    from importlib.util import find_spec

    missing = [name for name in ("hypothesis", "oslo_concurrency", "oslo_privsep") if find_spec(name) is None]
    if missing:
        raise Fault(f"verify needs {', '.join(missing)}: pip install 'privmigrate[verify]'")

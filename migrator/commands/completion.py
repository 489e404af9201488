"""Print the completion of commands, options and paths for a shell."""

from __future__ import annotations

import argparse
from types import ModuleType

from migrator.commands import COMMANDS, PARTS, command

SHELLS = ("bash", "zsh", "tcsh")
_EXAMPLES = """\
examples:
  eval "$(privmigrate completion bash)"                                          in ~/.bashrc
  privmigrate completion zsh > ~/.zfunc/_privmigrate                             with ~/.zfunc in fpath
  privmigrate completion bash > /etc/bash_completion.d/privmigrate               for everybody
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("shell", choices=SHELLS, help="the shell that shall complete")


def run(options: argparse.Namespace) -> int:
    import shtab

    print(shtab.complete(_whole(), options.shell))
    return 0


def _whole() -> argparse.ArgumentParser:
    """One parser for the command line as a whole, with what each option takes."""
    whole = argparse.ArgumentParser(prog="privmigrate")
    whole.add_argument("-V", "--version", action="store_true", help="the version")
    commands = whole.add_subparsers(dest="command")
    for name, about in COMMANDS.items():
        one = commands.add_parser(name, help=about, description=about)
        if name not in PARTS:
            _fill(one, command(name))
            continue
        inner = one.add_subparsers(dest="part")
        for part, told in PARTS[name].items():
            _fill(inner.add_parser(part, help=told, description=told), command(name, part))
    return whole


def _fill(one: argparse.ArgumentParser, called: ModuleType) -> None:
    import shtab

    called.add_arguments(one)
    one.epilog = None
    for action in one._actions:
        named = str(action.metavar)
        if "FILE" in named or "PATH" in named:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif "DIR" in named:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]

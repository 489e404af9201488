"""One module for each subcommand; only these print and write."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

COMMANDS = {
    "scan": "list the calls that run a command as root",
    "explain": "tell the story of one call: how it becomes root, how each word was found",
    "rewrite": "move root calls into a privsep package: a diff, or with --apply the files",
    "cutover": "tell what still ties the project to rootwrap, and remove it when nothing needs it",
    "baseline": "write down the root calls and boundary faults there are, for check",
    "check": "fail on what the baseline does not hold, or what a git range added",
    "report": "tell how far the operations have come from rootwrap to native privsep functions",
    "rules": "list the rules: which command lines become which function",
    "verify": "prove rules beside their commands, a rewritten project beside what it was",
    "config": "show the configuration that is in force, and where it comes from",
    "completion": "print the completion of commands, options and paths for a shell",
}


def command(name: str) -> ModuleType:
    """The module of a subcommand, which is imported only now."""
    from importlib import import_module

    return import_module(f"migrator.commands.{name}")

"""One module for each subcommand; only these print and write."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

COMMANDS = {
    "scan": "list the calls that run a command as root",
    "explain": "tell the story of one call: how it becomes root, how each word was found",
    "rewrite": "move root calls into a privsep package: a diff, or with --apply the files",
    "tests": "tell which unit tests a rewrite touches, and how",
    "cutover": "tell what still ties the project to rootwrap, and remove it when nothing needs it",
    "baseline": "write down the root calls and boundary faults there are, for check",
    "check": "fail on what the baseline does not hold, or what a git range added",
    "report": "tell how far the operations have come from rootwrap to native privsep functions",
    "rules": "list the rules: which command lines become which function",
    "verify": "prove rules beside their commands, a rewritten project beside what it was",
    "filters": "hold rootwrap's filters against the code: who needs which, what they grant, which can go",
    "bootstrap": "print the lines that let a service start its privsep daemons as root",
    "bench": "measure what a privileged operation costs on this machine, by rootwrap and by privsep",
    "forecast": "tell what the migration saves in processes and time, by a log per hour, and where privsep will hurt",
    "config": "show the configuration that is in force, and where it comes from",
    "completion": "print the completion of commands, options and paths for a shell",
}

# Commands that have commands of their own.
PARTS = {
    "filters": {
        "coverage": "who needs each filter, and which filters admit each call",
        "audit": "how much each filter grants, and whether the service can become root",
        "tighten": "narrow filters to what the code asks for",
        "prune": "remove the filters that no call can need",
    },
}


def every() -> list[tuple[str, str]]:
    """Each command with each of its parts, "" for one that has none."""
    return [(name, part) for name in COMMANDS for part in PARTS.get(name, ("",))]


def command(name: str, part: str = "") -> ModuleType:
    """The module of a command, or of a part of it, which is imported only now."""
    from importlib import import_module

    return import_module(f"migrator.commands.{name}{part and '_'}{part}")

"""The command line: finds the subcommand, and turns what it ends with into an exit status."""

# A subcommand, and argparse, are imported only when they are called: see commands.scan.quick.
from __future__ import annotations

import os
import sys

from migrator import __version__
from migrator.commands import COMMANDS, PARTS, command
from migrator.fault import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from types import ModuleType
    from typing import NoReturn

_FAULT, _INTERRUPTED, _CLOSED = 2, 130, 141


def entry() -> int:
    """Run the process's own command line; the exit status: 0 clean, 1 findings, 2 fault, 130 interrupted, 141 pipe."""
    try:
        # A file name need not be valid text; it must still be possible to name it.
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by the caller: nobody listens, which is no reason to fail
                setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
            getattr(sys, name).reconfigure(errors="backslashreplace")
        status = main(sys.argv[1:])
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        _say("interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return _CLOSED
    except OSError as error:
        _drop_output()
        _say(f"{error.filename or 'output'}: {error.strerror or error}")
        return _FAULT


def main(words: Sequence[str]) -> int:
    """Run one command line. Faults are told on standard error; interrupts and errors of the output are raised."""
    try:
        return _run(words)
    except Fault as fault:
        _say(str(fault))
        return _FAULT
    except (OSError, KeyboardInterrupt):
        raise
    except Exception as error:
        if os.environ.get("PRIVMIGRATE_TRACEBACK"):
            raise
        about = " ".join(f"{type(error).__name__}: {error}".split())
        _say(f"internal error: {about} (PRIVMIGRATE_TRACEBACK=1 shows where; please report it)")
        return _FAULT


def _run(words: Sequence[str]) -> int:
    name = words[0] if words else "--help"
    if name == "scan":
        from migrator.commands import scan

        quick = scan.quick(words[1:])
        if quick is not None:
            return scan.run(quick)
    if name in PARTS:
        return _run_part(name, PARTS[name], words[1:])
    if name in COMMANDS:
        called = command(name)
        return int(called.run(parser(name, called).parse_intermixed_args(words[1:])))
    if name in ("-V", "--version"):
        print(f"privmigrate {__version__} (Python {sys.version.split()[0]})")
        return 0
    if name in ("-h", "--help", "help"):
        if words[1:2] and words[1] in COMMANDS:
            return _run([words[1], "--help"])
        print(_help(), end="")
        return 0 if words else _FAULT
    raise _unknown(name, (*COMMANDS, "--help", "--version"), "privmigrate")


def _run_part(name: str, parts: Mapping[str, str], words: Sequence[str]) -> int:
    """Run a command of a command."""
    part = words[0] if words else "--help"
    if part in parts:
        called = command(name, part)
        return int(called.run(parser(f"{name} {part}", called).parse_intermixed_args(words[1:])))
    if part in ("-h", "--help", "help"):
        if words[1:2] and words[1] in parts:
            return _run_part(name, parts, [words[1], "--help"])
        print(_help_of(name, parts), end="")
        return 0 if words else _FAULT
    raise _unknown(part, (*parts, "--help"), f"privmigrate {name}")


def parser(name: str, called: ModuleType) -> argparse.ArgumentParser:
    """The parser of a subcommand; it knows the whole command line after the subcommand's name."""
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise Fault(f"{message}; see {self.prog} --help")

    made = Parser(
        prog=f"privmigrate {name}",
        description=called.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    called.add_arguments(made)
    return made


def _help() -> str:
    return f"""\
usage: privmigrate COMMAND [OPTION ...] [PATH ...]

Moves OpenStack code from run_as_root and rootwrap to oslo.privsep.

commands:
{_listed(COMMANDS)}
options:
  -h, --help     this text; privmigrate COMMAND --help for one command
  -V, --version  the version

examples:
  privmigrate scan nova/
  privmigrate explain nova/virt/disk/api.py:216
  privmigrate baseline nova/ && privmigrate check nova/

Exit status: 0 clean, 1 findings or a diff, 2 usage, configuration or internal error.
"""


def _help_of(name: str, parts: Mapping[str, str]) -> str:
    return f"""\
usage: privmigrate {name} COMMAND [OPTION ...] [PATH ...]

{command(name).__doc__}

commands:
{_listed(parts)}
options:
  -h, --help     this text; privmigrate {name} COMMAND --help for one command
"""


def _listed(commands: Mapping[str, str]) -> str:
    width = max(map(len, commands)) + 2
    return "".join(f"  {name:{width}}{about}\n" for name, about in commands.items())


def _unknown(name: str, known: Sequence[str], program: str) -> Fault:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    meant = f", did you mean {near[0]!r}?" if near else ""
    return Fault(f"no {'option' if name.startswith('-') else 'command'} {name!r}{meant}; see {program} --help")


def _say(message: str) -> None:
    from contextlib import suppress

    with suppress(OSError):  # when nobody is left to be told, the exit status still tells
        print(f"privmigrate: {message}", file=sys.stderr, flush=True)


def _drop_output() -> None:
    """Point standard output at nothing, so that the interpreter's own flush at exit does not fail again."""
    from contextlib import suppress

    with suppress(OSError, ValueError):  # closed altogether: then there is no flush either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

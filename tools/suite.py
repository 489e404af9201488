"""Run a project's own unit tests before and after a rewrite, and compare which pass and what asked for root."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STANDIN = """\
#!/bin/sh
echo "$0 $*" >> "$PRIVMIGRATE_STANDIN"
exit 97
"""
_PROGRAMS = ("sudo", "privsep-helper")
_STATES = {"success": "passed", "fail": "failed", "skip": "skipped", "xfail": "skipped", "uxsuccess": "failed"}


@dataclass(frozen=True)
class Ran:
    """One run: the state of each test by its name, and the command lines that stand-ins for root were given."""

    states: dict[str, str]
    asked: tuple[str, ...]

    @property
    def passed(self) -> frozenset[str]:
        return frozenset(name for name, state in self.states.items() if state == "passed")


def run(folder: Path, python: Path, names: str, concurrency: int) -> Ran:
    """Run stestr in a project's folder with stand-ins for sudo and privsep-helper first on PATH.

    python: of the environment that has the project's requirements and stestr. names: a regular expression, "" for all
    tests. Raises SystemExit when not one test ran.
    """
    stestr = python.absolute().with_name("stestr")
    with standins() as (environment, asked):
        command = [str(stestr), "run", "--subunit", "--concurrency", str(concurrency), *([names] if names else [])]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        read = subprocess.run(
            [str(python), "-c", _READ], input=done.stdout, env=environment, capture_output=True, check=False
        )
        states = dict(line.rsplit(" ", 1) for line in read.stdout.decode().splitlines())
        if not states:
            raise SystemExit(f"{folder}: no test ran\n{done.stderr.decode()[-2000:]}{read.stderr.decode()[-2000:]}")
        lines = asked()
    return Ran({name: _STATES.get(state, "failed") for name, state in states.items()}, lines)


@contextmanager
def standins() -> Iterator[tuple[dict[str, str], Callable[[], tuple[str, ...]]]]:
    """An environment for a project's tests, with stand-ins for sudo and privsep-helper first on PATH, and what tells
    the command lines that they were given."""
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch, "asked")
        programs = Path(scratch, "bin")
        programs.mkdir()
        for name in _PROGRAMS:
            (programs / name).write_text(_STANDIN)
            (programs / name).chmod(0o755)
        told = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PRIVMIGRATE_STANDIN": str(asked),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OS_STDOUT_CAPTURE": "1",
            "OS_STDERR_CAPTURE": "1",
            "OS_TEST_TIMEOUT": "60",
            "LANGUAGE": "en_US",
        }
        yield {**os.environ, **told}, lambda: tuple(asked.read_text().splitlines()) if asked.exists() else ()


# Runs in the project's environment, which has subunit beside stestr.
_READ = """\
import io, sys
import subunit, testtools
stream = subunit.ByteStreamToStreamResult(io.BytesIO(sys.stdin.buffer.read()))
def tell(test):
    print(test['id'], test['status'])
result = testtools.StreamToDict(tell)
result.startTestRun()
stream.run(result)
result.stopTestRun()
"""


def compared(before: Ran, after: Ran) -> list[str]:
    """What is worse after than before, one line each: tests that passed and do not, and what asked for root."""
    worse = [f"{after.states.get(name, 'gone'):8}{name}" for name in sorted(before.passed - after.passed)]
    return [*worse, *(f"as root {line}" for line in after.asked)]


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all that passed before passes after and nothing asked for root, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="of the environment with the project's requirements")
    parser.add_argument("--names", default="", metavar="REGEX", help="only tests whose names this matches")
    parser.add_argument("--concurrency", type=int, default=2, metavar="N")
    parser.add_argument("before", type=Path, help="the unpacked project as it was")
    parser.add_argument("after", type=Path, help="a copy that privmigrate rewrote")
    options = parser.parse_args(argv)
    before, after = (
        run(folder, options.python, options.names, options.concurrency) for folder in (options.before, options.after)
    )
    worse = compared(before, after)
    print("\n".join(worse[:200]), end="\n" if worse else "")
    print(figures("before", before), figures("after", after), sep="\n")
    print(f"{len(before.passed & after.passed)} of {len(before.passed)} tests that passed before pass after")
    return 1 if worse else 0


def figures(title: str, ran: Ran) -> str:
    return f"{title}: {_counts(ran.states.values())}, {len(ran.asked)} asked for root"


def _counts(states: Iterable[str]) -> str:
    found = list(states)
    return ", ".join(f"{found.count(state)} {state}" for state in ("passed", "skipped", "failed"))


if __name__ == "__main__":
    sys.exit(main())

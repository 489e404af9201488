"""Tell what a migration saves in processes and time, with a log per hour, and where privsep will hurt.

It plans what `rewrite` would do and puts the figures of a run of `privmigrate bench` to it. Nothing is written.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from migrator import config
from migrator.bench.results import Result
from migrator.commands import bench, progress
from migrator.commands.output import put
from migrator.commands.survey import add_requirement, executors
from migrator.fault import Fault
from migrator.forecast import figures, log
from migrator.forecast.forecast import Forecast, forecast
from migrator.forecast.log import Item
from migrator.forecast.operations import Operation, Project, project
from migrator.forecast.traffic import Hold, Traffic, traffic
from migrator.report import benched, colour, console

_EXAMPLES = """\
examples:
  privmigrate forecast nova/                                by the run of bench that comes along
  privmigrate forecast nova/ --bench mine.json              by your own: sudo privmigrate bench --json mine.json
  privmigrate forecast nova/ --calls /var/log/nova/nova-compute.log --calls /var/log/nova/nova-compute.log.1.gz
  journalctl -t nova-rootwrap | privmigrate forecast nova/ --calls -
  privmigrate forecast nova/ --calls counts.txt --hours 24  COUNT COMMAND on each line
  privmigrate forecast nova/ --json --output forecast.json

Exit status: 0, 2 usage, configuration, or a log that tells of no call.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: the project's packages)")
    parser.add_argument("--bench", default="", metavar="FILE", help="figures of bench --json (default: a shipped run)")
    parser.add_argument(
        "--calls", action="append", default=[], metavar="FILE", help="a log, or counts; repeatable; .gz too; -: stdin"
    )
    parser.add_argument(
        "--hours", type=_hours, default=None, metavar="N", help="that --calls span (default: its times)"
    )
    parser.add_argument("--all", action="store_true", help="every operation, not the first of each list")
    parser.add_argument("--json", action="store_true", help="privmigrate.forecast/1")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")
    add_requirement(parser)
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="more rules of your own")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    parser.add_argument("--color", choices=colour.CHOICES, default="auto", help="NO_COLOR and FORCE_COLOR count too")


def run(options: argparse.Namespace) -> int:
    from migrator.understand.scan import uncollected

    if options.hours is not None and not options.calls:
        raise Fault("--hours says how long --calls FILE span; give both")
    source = options.bench or str(benched.shipped())
    measured = bench.read(source)
    figures.check(measured, source)
    _check_readable(options.calls)
    with uncollected(), progress.of_stages(options.color) as tell:
        found = _forecast(options, measured, source, tell)
    put(_rendered(found, options), options.output)
    return 0


def _forecast(options: argparse.Namespace, measured: Result, source: str, tell: Callable[[str], None]) -> Forecast:
    tell("planning")
    planned = _project(options)

    def read(operations: Sequence[Operation], hold: Hold) -> Traffic:
        tell("reading the calls")
        seen = traffic(_logs(options.calls), operations, hold, options.hours)
        if not seen.matched and not seen.unmatched:
            names = ", ".join(options.calls)
            raise Fault(
                f"{names}: no root call in it; rootwrap logs them with use_syslog and syslog_log_level=INFO, "
                "services with debug=True"
            )
        return seen

    return forecast(planned, measured, source, not options.bench, read if options.calls else None)


def _project(options: argparse.Namespace) -> Project:
    """What `rewrite` would do to the project, with what its entrypoints do already. Raises Fault as it does."""
    from migrator.commands import rewrite as command
    from migrator.commands import worktree
    from migrator.coverage.entrypoints import boundary
    from migrator.rewrite.rewriting import rewrite
    from migrator.rewrite.surroundings import Wanted

    settings = config.scope(options.paths, options.config, options.rules, options.allow_requirement)[0]
    paths = options.paths or [os.path.relpath(path) for path in settings.paths] or worktree.packages()
    found, outcomes = command.planned(paths, settings, argparse.Namespace(unsafe=False))
    wanted = Wanted(False, False, settings.privsep_package, tuple(settings.contexts))
    rewriting = rewrite(outcomes, wanted)
    around = boundary(paths, settings.exclude, executors(settings))
    whole = os.path.abspath(paths[0])
    return project(os.path.basename(whole) or whole, found.sites, rewriting, around)


def _logs(paths: Sequence[str]) -> Iterator[tuple[str, Iterable[Item]]]:
    for path in paths:
        yield path, _items(path)


def _items(path: str) -> Iterator[Item]:
    """The items of one log, read line by line. Raises Fault where it cannot be read."""
    if path == "-":
        yield from log.items(map(_text, sys.stdin.buffer), path)
        return
    try:
        with open(path, "rb") as file:
            data = gzip.GzipFile(fileobj=file) if path.endswith(".gz") else file
            yield from log.items(map(_text, data), path)
    except (OSError, EOFError, zlib.error) as error:
        raise Fault(f"{path}: the calls can't be read: {_why(error)}") from None


def _text(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")


def _check_readable(paths: Sequence[str]) -> None:
    """Raises Fault now, and not when the project was planned."""
    for path in paths:
        if path != "-":
            try:
                with open(path, "rb"):
                    pass
            except OSError as error:
                raise Fault(f"{path}: the calls can't be read: {_why(error)}") from None


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _hours(word: str) -> float:
    try:
        hours = float(word)
    except ValueError:
        hours = 0.0
    if not 0 < hours < float("inf"):
        raise argparse.ArgumentTypeError(f"{word!r} is no number of hours above 0")
    return hours


def _rendered(found: Forecast, options: argparse.Namespace) -> str:
    if options.json:
        from migrator.report import forecasted

        return forecasted.dumps(found)
    from migrator.report import forecasttable

    coloured = colour.wanted(options.color, not options.output and sys.stdout.isatty(), os.environ)
    encoding = "utf-8" if options.output else sys.stdout.encoding
    return forecasttable.rendered(found, options.all, coloured, encoding, console.width(least=80))

"""Show the configuration that is in force, and where each value comes from."""

from __future__ import annotations

import argparse
import os

from migrator import config
from migrator.commands.output import put
from migrator.report.jsonform import dumps

_EXAMPLES = """\
examples:
  privmigrate config                            for a run in this folder
  privmigrate config --format json services/nova

The nearest pyproject.toml, setup.cfg or tox.ini with a section of ours is in force, alone: of several projects in one
repository each can have its own.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="a file or folder (default: .)")
    parser.add_argument("--config", default="", metavar="FILE", help="read this pyproject.toml, setup.cfg or tox.ini")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json: values, and what was given")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")


def run(options: argparse.Namespace) -> int:
    found = config.configuration(options.path, options.config)
    values = {key: getattr(found, key) for key in config.KEYS}
    source = os.path.relpath(found.source) if found.source else ""
    if options.format == "json":
        told = {"schema": "privmigrate.config/1", "source": source, "given": sorted(found.given), "values": values}
        put(dumps(told), options.output)
        return 0
    width = max(map(len, config.KEYS))
    lines = [f"in force: {source or 'the defaults; no file has a section of ours'}", ""]
    lines += [
        f"{key:{width}}  {_shown(values[key])}{f'    ({source})' if key in found.given else ''}" for key in config.KEYS
    ]
    put("\n".join([*lines, *(f"note: {note}" for note in found.notes), ""]), options.output)
    return 0


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return str(value) or "-"

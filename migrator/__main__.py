"""Runs the command line: `python -m migrator`."""

from migrator.cli import entry

if __name__ == "__main__":
    raise SystemExit(entry())

"""The gate on a git range: what its commits added, read from git's store on both sides."""

from __future__ import annotations

import argparse

from migrator import config


def run(options: argparse.Namespace, settings: config.Config) -> int:
    """Judge a range; the exit status."""
    raise NotImplementedError

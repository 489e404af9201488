"""Ties in what is installed for rootwrap: its configuration, its filters, and the filters that start privsep."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from migrator.cutover.ties import STARTED, Kind, Standing, Start, Tie
from migrator.cutover.tree import Tree
from migrator.rootwrap import project

_CONFIGURATION = re.compile(r"(?:^|/)rootwrap[\w.-]*\.conf$")
_HELPER = re.compile(r"^\s*[^#=:\s][^=:]*[=:].*\bprivsep-helper\b")


def going(tree: Tree) -> tuple[str, ...]:
    """Paths of the files that are rootwrap's: what filters are read from, its configuration, and any other *.filters.

    Raises Fault for a configuration that rootwrap could not load.
    """
    some = {os.path.relpath(path, tree.root) for path in project.files(tree.root)}
    for path in tree.paths:
        named = _CONFIGURATION.search(path) and path.startswith("etc/")
        listed = path.endswith(".filters") and path in tree.data and "[Filters]" in tree.text(path)
        if named or listed:
            some.add(path)
    return tuple(sorted(some))


def ties(tree: Tree, paths: tuple[str, ...], start: Start | None) -> Iterator[Tie]:
    """The files, and their lines that start privsep's daemons: those need another way, which `start` names."""
    for path in paths:
        yield Tie(Kind.FILE, Standing.REMOVABLE, path, (), "read by rootwrap only")
        if start is not None or path not in tree.data:
            continue
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if _HELPER.match(line):
                yield Tie(Kind.START, Standing.BLOCKING, path, (number,), line.strip(), STARTED)


def unforked(tree: Tree) -> Iterator[Tie]:
    """With --start fork: the contexts, where no code starts a daemon by fork."""
    python = [path for path in tree.data if path.endswith(".py")]
    if any(b"Method.FORK" in tree.data[path] for path in python):
        return
    for path in python:
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            found = re.match(r"(\w+)\s*=\s*(?:[\w.]+\.)?PrivContext\(", line)
            if found and "/tests/" not in f"/{path}":
                todo = (
                    f"no code starts it by fork: call {found[1]}.start(priv_context.Method.FORK) in every entry point, "
                    "before the service gives root up"
                )
                yield Tie(Kind.START, Standing.BLOCKING, path, (number,), line.strip(), todo)

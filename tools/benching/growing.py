"""Scan time against the size of a tree: copies of one project, each with a package name of its own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benching.contestants import scan_command
from benching.dataset import Growth, Size
from benching.running import Run, Tool, run
from migrator.understand.walk import walk

WARM, COLD, INDEX = "no index", "no index, files not in memory", "warm index"


def copies(package: Path, folder: Path, number: int) -> Size:
    """So many copies of a package below `folder`, each named anew, in its imports too.

    So all of them are followed to the end, as different projects are. Under one name the second would be in the way of
    the first; with their old imports nothing that they import would be found.
    """
    name = re.escape(package.name).encode()
    pattern = re.compile(rb"^([ \t]*(?:from|import)[ \t]+)" + name + rb"\b", re.MULTILINE)
    for each in range(number):
        own = f"{package.name}_{each}"
        for path in sorted(package.rglob("*.py")):
            target = folder / own / path.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(pattern.sub(rb"\1" + own.encode(), path.read_bytes()))
    files = walk([str(folder)], tests=False).files
    return Size(number, len(files), round(sum(size for _, _, size in files) / 2**20, 2))


def forget(folder: Path) -> None:
    """Have the kernel drop the pages of a tree's files, whose names and stamps it goes on knowing."""
    for path in folder.rglob("*.py"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def grow(package: Path, numbers: Sequence[int], rounds: int, scratch: Path, tell: Callable[[str], None]) -> Growth:
    """Scan trees of so many copies in turn, `rounds` times after one that is thrown away (it writes the index)."""
    trees = [scratch / f"of-{number}" for number in numbers]
    sizes = []
    for number, tree in zip(numbers, trees, strict=True):
        tell(f"{number} x {package.name} is written")
        sizes.append(copies(package, tree, number))
    os.sync()  # pages that are still to be written cannot be dropped
    found: dict[str, list[list[Run]]] = {way: [[] for _ in trees] for way in (WARM, COLD, INDEX)}
    for number in range(rounds + 1):
        for place, tree in enumerate(trees):
            tell(f"round {number} of {rounds}: {numbers[place]} x {package.name}")
            for tool in _ways(tree, scratch):
                done = run(tool, tree)
                if number:
                    found[tool.name][place].append(done)
    cpu = {way: tuple(_ms(one.cpu for one in runs) for runs in of_sizes) for way, of_sizes in found.items()}
    wall = {way: tuple(_ms(one.wall for one in runs) for runs in of_sizes) for way, of_sizes in found.items()}
    for tree in trees:
        shutil.rmtree(tree)
    return Growth(package.parent.name, tuple(sizes), cpu, wall)


def _ways(tree: Path, scratch: Path) -> Iterator[Tool]:
    scan = (*scan_command(), "scan", ".")
    yield Tool(COLD, (*scan, "--no-index"), prepare=lambda: forget(tree))
    yield Tool(WARM, (*scan, "--no-index"))
    yield Tool(INDEX, scan, environment=(("XDG_CACHE_HOME", str(scratch / "growth-index")),))


def _ms(seconds: Iterator[float]) -> tuple[float, ...]:
    return tuple(round(1000 * each, 2) for each in seconds)

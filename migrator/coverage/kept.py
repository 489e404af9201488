"""What the history keeps of each analysed tree, below the cache folder that the index uses."""

from __future__ import annotations

import binascii
import json
import os
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass

from migrator.coverage.ladder import RUNGS

_SUFFIX = ".tree"
_DAYS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Analysis:
    """How many operations a tree has on each rung, and what that rests on.

    counts: in the order of RUNGS. words: what was looked for in all files. read: the files that were read closer,
    relative to the tree.
    """

    counts: tuple[int, ...]
    unreadable: int
    words: frozenset[bytes]
    read: frozenset[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of analyses that were made in one way. folder: "" to keep none."""

    folder: str

    def load(self, tree: str) -> Analysis | None:
        """What is kept of a tree; None when nothing is, or it is damaged."""
        if not self.folder or not tree:
            return None
        try:
            with open(self._path(tree), "rb") as file:
                record = json.loads(zlib.decompress(file.read()))
            counts = tuple(map(int, record["counts"]))
            words = frozenset(word.encode("latin-1") for word in record["words"])
            found = Analysis(counts, int(record["unreadable"]), words, frozenset(record["read"]))
        except (OSError, ValueError, KeyError, TypeError, zlib.error):
            return None
        return found if len(counts) == len(RUNGS) else None

    def save(self, tree: str, analysis: Analysis) -> None:
        """Keep an analysis, all of it or nothing; a folder that can't be written keeps none."""
        if not self.folder or not tree:
            return
        record = {
            "counts": analysis.counts,
            "unreadable": analysis.unreadable,
            "words": sorted(word.decode("latin-1") for word in analysis.words),
            "read": sorted(analysis.read),
        }
        draft = f"{self._path(tree)}.{os.getpid()}"
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            with open(draft, "wb") as file:
                file.write(zlib.compress(json.dumps(record).encode("utf-8", "surrogatepass")))
            os.replace(draft, self._path(tree))
        except OSError:
            with suppress(OSError):
                os.unlink(draft)

    def _path(self, tree: str) -> str:
        return os.path.join(self.folder, tree + _SUFFIX)


def kept(home: str | None, way: object) -> Kept:
    """Where analyses made in this way are kept. home: the cache folder, None to keep none. way: by its repr.

    Folders of other ways that nobody has used for 90 days are removed.
    """
    if home is None:
        return Kept("")
    place = repr(way).encode("utf-8", "surrogatepass")
    name = f"{binascii.crc32(place):08x}{binascii.crc32(place[::-1]):08x}"
    above = os.path.join(home, "history")
    with suppress(OSError):
        _prune(above, name)
        os.utime(os.path.join(above, name))
    return Kept(os.path.join(above, name))


def _prune(above: str, name: str) -> None:
    with os.scandir(above) as folders:
        for folder in folders:
            if folder.name != name and time.time() - folder.stat().st_mtime > _DAYS:
                with os.scandir(folder.path) as files:
                    for file in files:
                        os.unlink(file.path)
                os.rmdir(folder.path)

"""The bytes of all scanned files, in few large pieces, so that a word is looked for in all of them at once."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator

_PIECE = 4 << 20  # bytes joined to one piece
# Beyond this much text, which is a dozen of the largest projects, files are read again for each search instead of kept.
_KEPT = 256 << 20


class Store:
    """Reads files and finds words in them.

    problems: path -> why it cannot be read. odd: files with a byte that is not ASCII, or a NUL.
    """

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self.odd: set[str] = set()
        self._pieces: list[tuple[bytes, list[int], list[str]]] = []  # bytes, where each file starts, its path
        self._places: dict[str, tuple[int, int, int]] = {}  # path -> piece, start, end
        self._loose: list[str] = []
        self._holding: dict[bytes, list[str]] = {}

    def read(self, paths: list[str]) -> None:
        """Read files; those that cannot be read are in `problems` afterwards."""
        waiting: list[tuple[str, bytes]] = []
        size = kept = 0
        for path in paths:
            try:
                data = read_bytes(path)
            except OSError as error:
                self.problems[path] = error.strerror or str(error)
                continue
            if not data.isascii() or b"\0" in data:
                self.odd.add(path)
            kept += len(data)
            if kept > _KEPT:
                self._loose.append(path)
                continue
            waiting.append((path, data))
            size += len(data)
            if size > _PIECE:
                self._join(waiting)
                waiting, size = [], 0
        self._join(waiting)

    def _join(self, files: list[tuple[str, bytes]]) -> None:
        if not files:
            return
        starts, position = [], 0
        for path, data in files:
            starts.append(position)
            self._places[path] = (len(self._pieces), position, position + len(data))
            position += len(data) + 1
        # A NUL between files: no word that is looked for goes over it.
        self._pieces.append((b"\0".join(data for _, data in files), starts, [path for path, _ in files]))

    def data(self, path: str) -> bytes:
        """A file's bytes. Raises OSError."""
        place = self._places.get(path)
        if place is None:
            return read_bytes(path)
        piece, start, end = place
        return self._pieces[piece][0][start:end]

    def holding(self, word: bytes) -> list[str]:
        """The paths of the files that hold a word, in the order in which they were read."""
        known = self._holding.get(word)
        if known is None:
            # A file with `_try_execute` is one of those with `execute`.
            within = [paths for part, paths in self._holding.items() if part in word]
            found = self.among(min(within, key=len), word) if within else list(dict.fromkeys(self._search(word)))
            known = self._holding[word] = found
        return known

    @property
    def words(self) -> frozenset[bytes]:
        """What was looked for in all files so far."""
        return frozenset(self._holding)

    def among(self, paths: list[str], word: bytes) -> list[str]:
        """Those of some files that hold a word; for words that only stand where another one does."""
        found: list[str] = []
        for path in paths:
            place = self._places.get(path)
            if place is None:
                if word in read_bytes(path):
                    found.append(path)
            elif self._pieces[place[0]][0].find(word, place[1], place[2]) >= 0:
                found.append(path)
        return found

    def _search(self, word: bytes) -> Iterator[str]:
        for text, starts, paths in self._pieces:
            position = text.find(word)
            while position >= 0:
                index = bisect_right(starts, position) - 1
                yield paths[index]
                if index + 1 == len(starts):
                    break
                position = text.find(word, starts[index + 1])
        for path in self._loose:
            if word in read_bytes(path):
                yield path

    def matching(self, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, int, int]]:
        """Path and byte offsets of each match of a pattern that begins with known text."""
        for text, starts, paths in self._pieces:
            for found in pattern.finditer(text):
                index = bisect_right(starts, found.start()) - 1
                yield paths[index], found.start() - starts[index], found.end() - starts[index]
        for path in self._loose:
            for found in pattern.finditer(read_bytes(path)):
                yield path, found.start(), found.end()


def read_bytes(path: str) -> bytes:
    """A file's bytes, with as few calls of the system as it takes. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        size = os.fstat(descriptor).st_size
        data = os.read(descriptor, size + 1)
        while len(data) != size:  # a short read, or it grows while we read
            more = os.read(descriptor, 1 << 20)
            if not more:
                break
            data += more
    finally:
        os.close(descriptor)
    return data

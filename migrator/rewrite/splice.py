"""Put edits into a file's bytes."""

from __future__ import annotations

from collections.abc import Iterable

from migrator.model import Edit


class Overlap(Exception):
    """Two edits of one file touch the same bytes."""


def splice(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with every edit made; bytes outside the edits stay.

    Edits may come in any order. Two insertions at one place are made in the order given. Raises Overlap when two
    edits share bytes, ValueError when one lies outside the data.
    """
    ordered = sorted(enumerate(edits), key=lambda pair: (pair[1].start, pair[1].end, pair[0]))
    out: list[bytes] = []
    last = 0
    for _, edit in ordered:
        if not 0 <= edit.start <= edit.end <= len(data):
            raise ValueError(f"{edit.path}: edit [{edit.start}, {edit.end}) lies outside the file")
        if edit.start < last:
            raise Overlap(f"{edit.path}: two changes touch byte {edit.start}")
        out += [data[last : edit.start], edit.text]
        last = edit.end
    out.append(data[last:])
    return b"".join(out)

"""The settings of a network are all seen, also those that no file is read for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.verify import house, sandbox, settings

NET = Path("/proc/sys/net")


def _other(value: str) -> str:
    return "0" if value.strip() == "1" else "1"


def _unseen() -> tuple[int, list[str]]:
    """How many settings of the device lo could be changed, and which of them did not show."""
    changed, unseen = 0, []
    last = dict(settings.settings())
    for path in sorted(path for kind in ("conf", "neigh") for path in NET.glob(f"ipv[46]/{kind}/lo/*")):
        with contextlib.suppress(OSError):  # one that this device or kernel does not let change
            old = path.read_text()
            path.write_text(_other(old))
            if path.read_text() != old:
                changed += 1
                now = dict(settings.settings())
                if now == last:
                    unseen.append(str(path))
                last = now
    return changed, unseen


def test_each_setting_of_a_device_shows_when_it_is_changed() -> None:
    def work() -> Iterator[tuple[int, list[str]]]:
        yield sandbox.world(_unseen, 60)

    try:
        ((changed, unseen),) = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    assert changed > 60
    assert not unseen, " ".join(unseen)

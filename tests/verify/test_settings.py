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


WRITTEN = ("ipv4/ip_forward", "ipv4/conf/default/rp_filter", "ipv6/conf/all/hop_limit", "ipv4/ip_default_ttl")


def _watched(write: bool, watch: bool) -> dict[str, dict[str, str]]:
    """The settings that are no device's after some were written to, or only read."""
    watched = settings.watch()
    assert watched is not None
    for path in (NET / name for name in WRITTEN):
        value = path.read_text()
        if write:
            path.write_text(f"{int(value) + 1}")
    found = dict(settings.settings(watched if watch else None))
    return {name: thing for name, thing in found.items() if "/lo" not in name}


@pytest.mark.parametrize("watch", [True, False], ids=["watched", "read"])
def test_each_other_setting_shows_when_somebody_wrote_to_it_and_only_then(watch: bool) -> None:
    def work() -> Iterator[dict[str, dict[str, str]]]:
        for write in (False, True):
            yield sandbox.world(lambda write=write: _watched(write, watch), 60)  # type: ignore[misc]

    try:
        read, written = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    assert read == {}
    assert {f"sysctl net/{name}" for name in WRITTEN} <= written.keys()
    assert written["sysctl net/ipv4/ip_forward"] == {"value": "1"}

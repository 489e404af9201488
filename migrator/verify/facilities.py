"""What this machine can do of what trials need; what it cannot is told, and never counted as passed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from migrator.decide.fixture_names import NEEDS
from migrator.decide.rule import Rule

# Powers over the host's own devices: a user namespace has none of them.
_POWERS = {"block", "mknod", "device-mapper", "modules"}
_TUN = "/dev/net/tun"
# A loop device without a file: it holds nothing, and what asks it or flushes it changes nothing.
BLOCK_DEVICE = "/dev/loop0"


def lacking() -> Mapping[str, str]:
    """Need -> the sentence that says it is lacking; looked for outside the house, once."""
    here = {
        "block": _root() and os.path.exists(BLOCK_DEVICE) and not os.path.exists("/sys/block/loop0/loop"),
        "device-mapper": _root() and "device-mapper" in _read("/proc/misc"),
        # A loop device belongs to the whole machine: a trial's could outlive the tool.
        "loop": False,
        "mknod": _root(),
        "tun": os.path.exists(_TUN) and (_root() or _tun_for_all()),
        "modules": _root() and os.path.exists("/proc/modules"),
        "vlan": os.path.exists("/proc/net/vlan"),
    }
    return {need: f"no {about}" for need, about in NEEDS.items() if not here[need]}


def powers(rule: Rule) -> bool:
    """Whether a rule's trials need a house that is no user namespace."""
    shown = [difference.trial for difference in rule.differences if difference.trial]
    asked = {need for trial in (*rule.trials, *shown) for need in trial.needs}
    return bool(_POWERS & asked) or ("tun" in asked and not _tun_for_all())


def _tun_for_all() -> bool:
    """Whether the device is open to everybody, and so to the root of a user namespace."""
    try:
        return os.stat(_TUN).st_mode & 0o006 == 0o006
    except OSError:
        return False


def _root() -> bool:
    return os.geteuid() == 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

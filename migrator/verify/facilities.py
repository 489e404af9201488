"""What this machine can do of what trials need; what it cannot is told, and never counted as passed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from migrator.decide.rule import NEEDS, Rule

# Powers over the host's own devices: a user namespace has none of them.
_POWERS = {"block", "mknod", "device-mapper", "modules"}
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
        "modules": _root() and os.path.exists("/proc/modules"),
    }
    return {need: f"no {about}" for need, about in NEEDS.items() if not here[need]}


def powers(rule: Rule) -> bool:
    """Whether a rule's trials need a house that is no user namespace."""
    shown = [difference.trial for difference in rule.differences if difference.trial]
    return any(_POWERS & set(trial.needs) for trial in (*rule.trials, *shown))


def _root() -> bool:
    return os.geteuid() == 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

"""The capabilities of a process: which there are, how strong each is, and the dropping of all others."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from migrator.verify import kernel

# Strongest first: where one of several would do, the last in this order is what a function should claim. The first
# group gives root; the next reaches everybody's files; the last does one small thing.
_STRONG = (
    "CAP_SYS_ADMIN",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_PTRACE",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SETGID",
    "CAP_MAC_ADMIN",
    "CAP_MAC_OVERRIDE",
    "CAP_SYS_BOOT",
    "CAP_SYS_CHROOT",
    "CAP_MKNOD",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_CHOWN",
    "CAP_DAC_READ_SEARCH",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
)


def ordered() -> tuple[str, ...]:
    """All capabilities that this process may have, strongest first."""
    held = set(_numbers())
    rest = sorted(held - set(_STRONG))
    return (*(name for name in _STRONG if name in held), *rest)


@functools.cache
def _numbers() -> Mapping[str, int]:
    from oslo_privsep.capabilities import Capabilities

    return {each.name: int(each) for each in Capabilities if kernel.in_bounding_set(int(each))}


def keep(names: frozenset[str]) -> None:
    """Keep only these, in every set of this thread and in the bounding set; the process cannot get others back.

    A privsep daemon (oslo_privsep.capabilities) leaves the bounding set alone, which gives a command that it runs as
    root everything back.
    """
    from oslo_privsep import capabilities

    for name, number in _numbers().items():
        if name not in names:
            kernel.drop_from_bounding_set(number)
    kept = _listed(names)
    capabilities.drop_all_caps_except(kept, kept, [])


def use(names: frozenset[str] | None) -> None:
    """Have only these in effect, until they are asked for again (None: all)."""
    from oslo_privsep import capabilities

    capabilities.drop_all_caps_except(_listed(names), _listed(None), [])


def _listed(names: frozenset[str] | None) -> list[int]:
    return [number for name, number in _numbers().items() if names is None or name in names]

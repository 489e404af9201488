"""The whole table, looked up by a program's name."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping

from migrator.rootwrap.programs import disks, files, network, runners
from migrator.rootwrap.programs.gain import Gain, Power

# Variables that a program, or the dynamic linker under it, is told with what to load. Sources: ld.so(8); python(1);
# perlrun(1); bash(1); lvm(8). Only where a filter lets the variable through: sudo drops them from the caller's own.
VARIABLES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH"), ("ld.so(8), %", "a library of one's own is loaded")),
    **dict.fromkeys(
        ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"), ("python(1), %", "a module of one's own is imported")
    ),
    **dict.fromkeys(("PERL5LIB", "PERL5OPT"), ("perlrun(1), %", "a module of one's own is loaded")),
    **dict.fromkeys(("BASH_ENV", "ENV"), ("bash(1), %", "a script of one's own is read first")),
    **dict.fromkeys(("PATH", "IFS"), ("environ(7), %", "what the program starts is looked for there")),
    **dict.fromkeys(("EDITOR", "VISUAL", "PAGER"), ("environ(7), %", "the program starts it")),
    "GCONV_PATH": ("iconv(1), %", "a library of one's own is loaded"),
    "LVM_SYSTEM_DIR": ("lvm(8), %", "lvm.conf is read from there, and its log/file is any file"),
}


# Programs whose operands, be they any path, only choose what is told of: each page of the manual, without its options.
TELLING = frozenset(
    (
        *("pvs", "vgs", "lvs", "pvdisplay", "vgdisplay", "lvdisplay", "stat", "df", "du", "ls", "readlink", "realpath"),
        *("blkid", "blockdev", "test", "find", "md5sum", "sha1sum", "sha256sum", "sha512sum", "lsblk", "scsi_id"),
    )
)


@functools.cache
def _by_name() -> Mapping[str, tuple[Power, ...]]:
    found: dict[str, list[Power]] = {}
    for power in (*files.POWERS, *runners.POWERS, *disks.POWERS, *network.POWERS):
        found.setdefault(power.program, []).append(power)
    return {name: tuple(sorted(some, key=lambda one: one.gain.weight)) for name, some in found.items()}


def known() -> tuple[str, ...]:
    """The names of all programs in the table, sorted."""
    return tuple(sorted(_by_name()))


def powers(program: str) -> tuple[Power, ...]:
    """What a program is good for, the most first; () for one that is not in the table.

    program: a name or path. A number at its end counts as that of a version: python3.11 is python.
    """
    name = os.path.basename(program)
    return _by_name().get(name) or _by_name().get(re.sub(r"[\d.]+$", "", name), ())


def through(variable: str) -> Power | None:
    """What setting a variable for a program that runs as root gives, None for a variable that is none of these."""
    if variable not in VARIABLES:
        return None
    source, note = VARIABLES[variable]
    gain = Gain.WRITES if variable == "LVM_SYSTEM_DIR" else Gain.RUNS
    return Power(gain, f"env {variable}={{mine}}", source.replace("%", variable), note)

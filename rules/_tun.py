"""What functions share that make tap devices."""

from __future__ import annotations

import os


def _tun_command(number: int) -> int:
    """The ioctl(2) request that C has as _IOW('T', number, int)."""
    # The direction of a request has other bits there.
    write = 0x80000000 if os.uname()[4].startswith(("ppc", "mips", "sparc", "alpha")) else 0x40000000
    return write | 4 << 16 | ord("T") << 8 | number

# ruff: noqa: UP024, UP031 - the projects with the most to migrate still run on Python 2: no f-strings, two errors for one
"""ip tuntap: make tap devices through /dev/net/tun, see tuntap.rst of the kernel."""

from __future__ import annotations

import fcntl
import os
import re
import struct

from oslo_concurrency import processutils

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial


def add_tap(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a tap device that stays when nobody has it open."""
    code, stderr = 0, ""
    name = device.encode("utf-8", "surrogateescape")
    if not 0 < len(name) < 16 or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "name" not a valid ifname\n' % device
    else:
        # The direction of a request has other bits there.
        write = 0x80000000 if os.uname()[4].startswith(("ppc", "mips", "sparc", "alpha")) else 0x40000000
        step = "open"
        try:
            tun = os.open("/dev/net/tun", os.O_RDWR)
            try:
                # IFF_TAP, IFF_NO_PI, and IFF_TUN_EXCL: it has to be a new one.
                step = "ioctl(TUNSETIFF)"
                fcntl.ioctl(tun, write | 0x454CA, struct.pack("16sH22x", name, 0x0002 | 0x1000 | 0x8000))
                step = "ioctl(TUNSETPERSIST)"
                fcntl.ioctl(tun, write | 0x454CB, 1)
            finally:
                os.close(tun)
        except EnvironmentError as error:
            code = 1
            stderr = "%s: %s\n" % (step, error.strerror)
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip tuntap add %s mode tap" % device
        )
    return "", stderr


def add_multi_queue_tap(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a tap device with several queues that stays when nobody has it open."""
    code, stderr = 0, ""
    name = device.encode("utf-8", "surrogateescape")
    if not 0 < len(name) < 16 or re.search(r"[/ \t\n\v\f\r]", device):
        code = 255
        stderr = 'Error: argument "%s" is wrong: "name" not a valid ifname\n' % device
    else:
        # The direction of a request has other bits there.
        write = 0x80000000 if os.uname()[4].startswith(("ppc", "mips", "sparc", "alpha")) else 0x40000000
        step = "open"
        try:
            tun = os.open("/dev/net/tun", os.O_RDWR)
            try:
                # IFF_TAP, IFF_NO_PI, IFF_MULTI_QUEUE, and IFF_TUN_EXCL: it has to be a new one.
                step = "ioctl(TUNSETIFF)"
                flags = 0x0002 | 0x1000 | 0x0100 | 0x8000
                fcntl.ioctl(tun, write | 0x454CA, struct.pack("16sH22x", name, flags))
                step = "ioctl(TUNSETPERSIST)"
                fcntl.ioctl(tun, write | 0x454CB, 1)
            finally:
                os.close(tun)
        except EnvironmentError as error:
            code = 1
            stderr = "%s: %s\n" % (step, error.strerror)
    if code not in check_exit_code:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=code, cmd="ip tuntap add %s mode tap multi_queue" % device
        )
    return "", stderr


_NAMES = ("{nodevice}", "{veth}", "lo", "''", "a/b", "'a b'", "..", "a:b", "sixteen-letters-", "'a%d'")
_OWNED = Difference("on a /dev/net/tun that is not open to everybody the user of the daemon has to be its owner")
RULES = (
    Rule(
        grammar="ip tuntap add [dev] DEVICE (mode tap)",
        function=add_tap,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 255},
        examples=(
            Becomes(
                "_execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.add_tap(str(dev))",
            ),
            Stays("execute('ip', 'tuntap', 'add', dev, 'mode', 'tun', run_as_root=True)", because="another value"),
            Stays("execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', 'user', '7', run_as_root=True)", because="user"),
        ),
        trials=tuple(Trial("ip tuntap add %s mode tap" % name, needs=("tun",)) for name in ("dev new0", *_NAMES)),
        differences=(_OWNED,),
    ),
    Rule(
        grammar="ip tuntap add [dev] DEVICE (mode tap) multi_queue",
        function=add_multi_queue_tap,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 255},
        examples=(
            Becomes(
                "_execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', 'multi_queue', run_as_root=True)",
                "privsep.linux_net.add_multi_queue_tap(str(dev))",
            ),
            Stays("execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', 'pi', run_as_root=True)", because="pi stands"),
            Stays("execute('ip', 'tuntap', 'add', dev, 'multi_queue', run_as_root=True)", because="mode is not there"),
        ),
        trials=tuple(
            Trial("ip tuntap add %s mode tap multi_queue" % name, needs=("tun",)) for name in ("dev new0", *_NAMES[:8])
        ),
        differences=(_OWNED,),
    ),
)

# ruff: noqa: UP024, UP031 - the projects with the most to migrate still run on Python 2: no f-strings, two errors for one
"""ip tuntap: make tap devices through /dev/net/tun, see tuntap.rst of the kernel."""

from __future__ import annotations

import fcntl
import os
import struct

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from .._outcome import _finished
from .._tun import _tun_command
from ._words import _bad_new_name


def _add_tap(device: str, flags: int = 0) -> tuple[int, str]:
    """Make a tap device that stays; flags: what it has beside IFF_TAP.

    Gives ip(8)'s exit code and stderr.
    """
    # IFF_TAP, IFF_NO_PI, and IFF_TUN_EXCL: it has to be a new one.
    flags |= 0x0002 | 0x1000 | 0x8000
    name = device.encode("utf-8", "surrogateescape")
    request = struct.pack("16sH22x", name, flags)
    step = "open"
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR)
        try:
            step = "ioctl(TUNSETIFF)"
            fcntl.ioctl(tun, _tun_command(202), request)
            step = "ioctl(TUNSETPERSIST)"
            fcntl.ioctl(tun, _tun_command(203), 1)
        finally:
            os.close(tun)
    except EnvironmentError as error:
        return 1, "%s: %s\n" % (step, error.strerror)
    return 0, ""


def add_tap(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a tap device that stays when nobody has it open."""
    result = _bad_new_name(device) or _add_tap(device)
    return _finished("ip tuntap add %s mode tap" % device, result, check_exit_code)


def add_multi_queue_tap(device: str, check_exit_code: list[int] | tuple[int, ...] = (0,)) -> tuple[str, str]:
    """Make a tap device with several queues that stays when nobody has it open."""
    # IFF_MULTI_QUEUE
    result = _bad_new_name(device) or _add_tap(device, 0x0100)
    return _finished("ip tuntap add %s mode tap multi_queue" % device, result, check_exit_code)


_NAMES = ("{nodevice}", "{veth}", "lo", "''", "a/b", "'a b'", "..", "a:b", "sixteen-letters-", "'a%d'")
_OWNED = Difference("on a /dev/net/tun that is not open to everybody the user of the daemon has to be its owner")


def _samples(call: str, flags: str) -> tuple[Sample, ...]:
    """Samples of a function that makes a device; flags: what it asks of TUNSETIFF, the first of its two requests."""
    patched = ("os.open", "os.close", "fcntl.ioctl")
    return (
        Sample(
            call,
            "[0x454ca, 0x454cb]",
            "[each[0][1] & 0xffffff for each in mock_ioctl.call_args_list]",
            patched=patched,
            given=("mock_open.return_value = 41",),
            asserted=(
                "mock_open.assert_called_once_with('/dev/net/tun', os.O_RDWR)",
                f"mock_ioctl.assert_any_call(41, mock.ANY, struct.pack('16sH22x', b'fake0', {flags}))",
                "mock_ioctl.assert_called_with(41, mock.ANY, 1)",
                "mock_close.assert_called_once_with(41)",
            ),
        ),
        Sample(
            call,
            patched=patched,
            given=("mock_open.return_value = 41", "mock_ioctl.side_effect = OSError(errno.EBUSY, 'fake')"),
            asserted=("mock_close.assert_called_once_with(41)",),
            code=1,
        ),
    )


RULES = (
    Rule(
        grammar="ip tuntap add DEVICE (mode tap)",
        function=add_tap,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 255},
        samples=_samples("add_tap('fake0')", "0x9002"),
        examples=(
            Becomes(
                "_execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', run_as_root=True, check_exit_code=[0, 2, 254])",
                "privsep.linux_net.add_tap(str(dev))",
            ),
            # ip calls a bad name "dev" behind `dev`, else "name"
            Stays(
                "execute('ip', 'tuntap', 'add', 'dev', dev, 'mode', 'tap', run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ip', 'tuntap', 'add', dev, 'mode', 'tun', run_as_root=True)", because="another value"),
            Stays("execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', 'user', '7', run_as_root=True)", because="user"),
        ),
        trials=tuple(Trial("ip tuntap add %s mode tap" % name, needs=("tun",)) for name in _NAMES),
        differences=(_OWNED,),
    ),
    Rule(
        grammar="ip tuntap add DEVICE (mode tap) multi_queue",
        function=add_multi_queue_tap,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 255},
        samples=_samples("add_multi_queue_tap('fake0')", "0x9102"),
        examples=(
            Becomes(
                "_execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', 'multi_queue', run_as_root=True)",
                "privsep.linux_net.add_multi_queue_tap(str(dev))",
            ),
            Stays("execute('ip', 'tuntap', 'add', dev, 'mode', 'tap', 'pi', run_as_root=True)", because="pi stands"),
            Stays("execute('ip', 'tuntap', 'add', dev, 'multi_queue', run_as_root=True)", because="mode is not there"),
        ),
        trials=tuple(Trial("ip tuntap add %s mode tap multi_queue" % name, needs=("tun",)) for name in _NAMES[:8]),
        differences=(_OWNED,),
    ),
)

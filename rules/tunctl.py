# ruff: noqa: UP024, UP031 - the projects with the most to migrate still run on Python 2: no f-strings, two errors for one
"""tunctl: make tap devices through /dev/net/tun, see tuntap.rst of the kernel."""

from __future__ import annotations

import fcntl
import os
import struct

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from ._outcome import _checked
from ._tun import _tun_command


def set_tap_persistent(device: str, check: bool = True) -> tuple[str, str]:
    """Make a tap device of root that stays when nobody has it open, or keep one that there is; tells its name.

    Of the name the first 15 bytes count; without a name, and for one with %d in it, the kernel finds a free one.
    """
    name = device.encode("utf-8", "surrogateescape") or b"tap%d"
    stdout, stderr = "", ""
    step = "Failed to open '/dev/net/tun' "
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR)
        try:
            # IFF_TAP and IFF_NO_PI
            request = struct.pack("15sxH22x", name, 0x0002 | 0x1000)
            step = "TUNSETIFF"
            answer = fcntl.ioctl(tun, _tun_command(202), request)
            step = "TUNSETOWNER"
            fcntl.ioctl(tun, _tun_command(204), 0)
            step = "TUNSETPERSIST"
            fcntl.ioctl(tun, _tun_command(203), 1)
            given = answer[:16].partition(b"\0")[0]
            stdout = "%s\n" % given.decode("utf-8", "replace")
        finally:
            os.close(tun)
    except EnvironmentError as error:
        stderr = "%s: %s\n" % (step, error.strerror)
    return _checked("tunctl -b -t %s" % device, stdout, stderr, check)


RULES = (
    Rule(
        grammar="tunctl -b (-t DEVICE)",
        function=set_tap_persistent,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=(
            Sample(
                "set_tap_persistent('fake0')",
                "('fake0\\n', '')",
                patched=("os.open", "os.close", "fcntl.ioctl"),
                given=(
                    "mock_open.return_value = 41",
                    "mock_ioctl.return_value = struct.pack('16s24x', b'fake0')",
                ),
                asserted=(
                    "mock_open.assert_called_once_with('/dev/net/tun', os.O_RDWR)",
                    "mock_ioctl.assert_any_call(41, mock.ANY, struct.pack('15sxH22x', b'fake0', 0x1002))",
                    "mock_ioctl.assert_called_with(41, mock.ANY, 1)",
                    "mock_close.assert_called_once_with(41)",
                    (
                        "self.assertEqual([0x454ca, 0x454cc, 0x454cb], "
                        "[each[0][1] & 0xffffff for each in mock_ioctl.call_args_list])"
                    ),
                ),
            ),
            Sample(
                "set_tap_persistent('fake0')",
                patched=("os.open", "os.close", "fcntl.ioctl"),
                given=("mock_open.return_value = 41", "mock_ioctl.side_effect = OSError(errno.EBUSY, 'fake')"),
                asserted=("mock_close.assert_called_once_with(41)",),
                code=1,
            ),
        ),
        examples=(
            Becomes(
                "utils.execute('tunctl', '-b', '-t', dev, run_as_root=True)",
                "privsep.linux_net.set_tap_persistent(str(dev))",
            ),
            Stays("execute('tunctl', '-b', '-u', user, '-t', dev, run_as_root=True)", because="-u"),
            Stays("execute('tunctl', '-d', dev, run_as_root=True)", because="-d"),
        ),
        trials=tuple(
            Trial("tunctl -b -t %s" % name, needs=("tun",))
            for name in (
                "{nodevice}",
                "{veth}",
                "lo",
                "''",
                "a/b",
                "'a b'",
                "..",
                "sixteen-letters-",
                "'a%d'",
                "\u00e4",
            )
        ),
        differences=(
            Difference("on a /dev/net/tun that is not open to everybody the user of the daemon has to be its owner"),
        ),
    ),
)

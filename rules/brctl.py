# ruff: noqa: UP024, UP031 - the projects with the most to migrate still run on Python 2: no f-strings, two errors for one
"""brctl: make, take apart and set up bridges through ioctl(2) and /sys/class/net."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
import struct

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from ._outcome import _checked


def _bridge_ioctl(command: int, form: str, name: str, *values: int) -> bytes:
    """Call ioctl(2) on a socket; form: how name and values are packed."""
    request = struct.pack(form, name.encode("utf-8", "surrogateescape"), *values)
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        return fcntl.ioctl(control, command, request)
    finally:
        control.close()


def add_bridge(bridge: str, check: bool = True) -> tuple[str, str]:
    """Make a bridge; of its name the first 15 bytes count."""
    stderr = ""
    try:
        # SIOCBRADDBR
        _bridge_ioctl(0x89A0, "15sx", bridge)
    except EnvironmentError as error:
        if error.errno == errno.EEXIST:
            stderr = "device %s already exists; " % bridge
            stderr += "can't create bridge with the same name\n"
        else:
            stderr = "add bridge failed: %s\n" % error.strerror
    return _checked("brctl addbr %s" % bridge, "", stderr, check)


def delete_bridge(bridge: str, check: bool = True) -> tuple[str, str]:
    """Delete a bridge that is down."""
    stderr = ""
    try:
        # SIOCBRDELBR
        _bridge_ioctl(0x89A1, "15sx", bridge)
    except EnvironmentError as error:
        if error.errno == errno.ENXIO:
            stderr = "bridge %s doesn't exist; can't delete it\n" % bridge
        elif error.errno == errno.EBUSY:
            stderr = "bridge %s is still up; can't delete it\n" % bridge
        else:
            stderr = "can't delete bridge %s: %s\n" % (bridge, error.strerror)
    return _checked("brctl delbr %s" % bridge, "", stderr, check)


def _interface_index(interface: str) -> int:
    """The number of a network interface, 0 where there is none."""
    if len(interface.encode("utf-8", "surrogateescape")) > 15:
        return 0
    try:
        # SIOCGIFINDEX
        answer = _bridge_ioctl(0x8933, "16s24x", interface)
        return int(struct.unpack("16xi20x", answer)[0])
    except EnvironmentError:  # as if_nametoindex(3), which brctl asks, says of any
        return 0


def add_bridge_interface(bridge: str, interface: str, check: bool = True) -> tuple[str, str]:
    """Make an interface a port of a bridge."""
    stderr = ""
    index = _interface_index(interface)
    try:
        if index:
            # SIOCBRADDIF
            _bridge_ioctl(0x89A2, "15sxi20x", bridge, index)
        else:
            stderr = "interface %s does not exist!\n" % interface
    except EnvironmentError as error:
        if error.errno == errno.ENODEV:
            stderr = "bridge %s does not exist!\n" % bridge
        elif error.errno == errno.EBUSY:
            stderr = "device %s is already a member of a bridge; " % interface
            stderr += "can't add it to bridge %s.\n" % bridge
        elif error.errno == errno.ELOOP:
            stderr = "device %s is a bridge device itself; " % interface
            stderr += "can't add a bridge device to a bridge device.\n"
        else:
            stderr = "can't add %s to bridge %s: %s\n" % (interface, bridge, error.strerror)
    return _checked("brctl addif %s %s" % (bridge, interface), "", stderr, check)


def delete_bridge_interface(bridge: str, interface: str, check: bool = True) -> tuple[str, str]:
    """Make an interface that is a port of a bridge an interface by itself again."""
    stderr = ""
    index = _interface_index(interface)
    try:
        if index:
            # SIOCBRDELIF
            _bridge_ioctl(0x89A3, "15sxi20x", bridge, index)
        else:
            stderr = "interface %s does not exist!\n" % interface
    except EnvironmentError as error:
        if error.errno == errno.ENODEV:
            stderr = "bridge %s does not exist!\n" % bridge
        elif error.errno == errno.EINVAL:
            stderr = "device %s is not a port of %s\n" % (interface, bridge)
        else:
            stderr = "can't delete %s from %s: %s\n" % (interface, bridge, error.strerror)
    return _checked("brctl delif %s %s" % (bridge, interface), "", stderr, check)


def _set_bridge(bridge: str, setting: str, value: int) -> str | None:
    """Write a setting of a bridge; gives the reason when that fails.

    Of the bridge's name the first 15 bytes count.
    """
    name = bridge.encode("utf-8", "surrogateescape")[:15].replace(b"/", b"?")
    device = b"/sys/class/net/" + name
    try:
        file = os.open(device + b"/bridge/" + setting.encode("ascii"), os.O_WRONLY)
        try:
            os.write(file, ("%d\n" % value).encode("ascii"))
        finally:
            os.close(file)
    except OSError as error:
        if error.errno != errno.ENOENT:
            return error.strerror
        known = name not in (b"", b".", b"..") and os.path.isdir(device)
        return os.strerror(errno.EOPNOTSUPP if known else errno.ENODEV)
    return None


def set_bridge_forward_delay(bridge: str, seconds: str, check: bool = True) -> tuple[str, str]:
    """Set for how long a bridge listens and learns before it forwards, in seconds (0 for a bridge without STP)."""
    stderr = ""
    decimal = r"\+?(?!0[xX])([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    number = re.match(decimal, seconds.lstrip(" \t\n\v\f\r"))
    if number:
        # In two steps, as brctl(8) makes a timeval of it.
        whole = int(float(number.group()))
        microseconds = int(1000000 * (float(number.group()) - whole))
        reason = _set_bridge(bridge, "forward_delay", 100 * whole + microseconds // 10000)
        if reason:
            stderr = "set forward delay failed: %s\n" % reason
    else:
        stderr = "bad forward delay value\n"
    return _checked("brctl setfd %s %s" % (bridge, seconds), "", stderr, check)


def set_bridge_stp(bridge: str, state: str, check: bool = True) -> tuple[str, str]:
    """Switch the spanning tree protocol of a bridge on or off; state: on, yes, 1, off, no or 0."""
    stderr = ""
    if state in ("on", "yes", "1", "off", "no", "0"):
        value = 1 if state in ("on", "yes", "1") else 0
        reason = _set_bridge(bridge, "stp_state", value)
        if reason:
            stderr = "set stp status failed: %s\n" % reason
    else:
        stderr = "expect on/off for argument\n"
    return _checked("brctl stp %s %s" % (bridge, state), "", stderr, check)


_NAMES = ("{bridge}", "{nodevice}", "lo", "''", "a/b", "..", "sixteen-letters-")  # the sweep adds other devices
_DASH = Difference("a name that begins with a dash was an option of the command; here it is a name")


def _samples(call: str, request: str, refused: str) -> tuple[Sample, ...]:
    """Samples of a function that calls ioctl(2); request: what comes last, refused: an error number."""
    patched, answer = ("fcntl.ioctl",), ""
    asked: tuple[str, ...] = ()
    if "', '" in call:
        # SIOCGIFINDEX, the number of the interface, is asked for before.
        answer = "struct.pack('16xi20x', 7), "
        asked = ("mock_ioctl.assert_any_call(mock.ANY, 0x8933, struct.pack('16s24x', b'fake1'))",)
    return (
        Sample(
            call,
            "('', '')",
            patched=patched,
            given=(f"mock_ioctl.side_effect = [{answer}b'']",),
            asserted=(*asked, f"mock_ioctl.assert_called_with(mock.ANY, {request})"),
        ),
        Sample(
            call,
            patched=patched,
            given=(f"mock_ioctl.side_effect = [{answer}OSError(errno.{refused}, 'fake')]",),
            code=1,
        ),
    )


def _written(call: str, setting: str, value: str) -> tuple[Sample, ...]:
    """Samples of a function that writes a setting of the bridge fake0."""
    return (
        Sample(
            call,
            "('', '')",
            patched=("os.open", "os.write", "os.close"),
            given=("mock_open.return_value = 41",),
            asserted=(
                f"mock_open.assert_called_once_with(b'/sys/class/net/fake0/bridge/{setting}', os.O_WRONLY)",
                f"mock_write.assert_called_once_with(41, b'{value}\\n')",
                "mock_close.assert_called_once_with(41)",
            ),
        ),
        Sample(call, patched=("os.open",), given=("mock_open.side_effect = OSError(errno.EACCES, 'fake')",), code=1),
    )


RULES = (
    Rule(
        grammar="brctl addbr BRIDGE",
        function=add_bridge,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples("add_bridge('fake0')", "0x89a0, struct.pack('15sx', b'fake0')", "EEXIST"),
        examples=(
            Becomes(
                "utils.execute('brctl', 'addbr', br_name, run_as_root=True)",
                "privsep.linux_net.add_bridge(str(br_name))",
            ),
            Becomes(
                "out, err = _execute('brctl', 'addbr', bridge, check_exit_code=False, run_as_root=True)",
                "privsep.linux_net.add_bridge(str(bridge), check=False)",
            ),
            Stays("execute('brctl', 'addbr', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('brctl', 'addbr', *bridges, run_as_root=True)", because="any number"),
        ),
        trials=tuple(Trial("brctl addbr %s" % name) for name in (*_NAMES, "'a b'", "x:1", "'a%d'", "\u00e4")),
        differences=(_DASH,),
    ),
    Rule(
        grammar="brctl delbr BRIDGE",
        function=delete_bridge,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples("delete_bridge('fake0')", "0x89a1, struct.pack('15sx', b'fake0')", "ENXIO"),
        examples=(
            Becomes(
                "utils.execute('brctl', 'delbr', br_name, run_as_root=True)",
                "privsep.linux_net.delete_bridge(str(br_name))",
            ),
            Stays("execute('brctl', 'delbr', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('brctl', 'delbr', bridge, run_as_root=True, timeout=3)", because="timeout"),
        ),
        trials=tuple(Trial("brctl delbr %s" % name) for name in (*_NAMES, "'a b'")),
        differences=(_DASH,),
    ),
    Rule(
        grammar="brctl addif BRIDGE INTERFACE",
        function=add_bridge_interface,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples(
            "add_bridge_interface('fake0', 'fake1')", "0x89a2, struct.pack('15sxi20x', b'fake0', 7)", "EBUSY"
        ),
        examples=(
            Becomes(
                "utils.execute('brctl', 'addif', br_name, v1_name, run_as_root=True)",
                "privsep.linux_net.add_bridge_interface(str(br_name), str(v1_name))",
            ),
            Becomes(
                "out, err = _execute('brctl', 'addif', bridge, interface, check_exit_code=False, run_as_root=True)",
                "privsep.linux_net.add_bridge_interface(str(bridge), str(interface), check=False)",
            ),
            Stays("execute('brctl', 'addif', bridge, one, two, run_as_root=True)", because="{two}"),
            Stays("execute('brctl', 'addif', bridge, *devices, run_as_root=True)", because="any number"),
        ),
        trials=(
            *(Trial("brctl addif {bridge} %s" % name) for name in ("port0", *_NAMES)),
            *(Trial("brctl addif %s {veth}" % name) for name in _NAMES),
        ),
        differences=(_DASH,),
    ),
    Rule(
        grammar="brctl delif BRIDGE INTERFACE",
        function=delete_bridge_interface,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples(
            "delete_bridge_interface('fake0', 'fake1')", "0x89a3, struct.pack('15sxi20x', b'fake0', 7)", "EINVAL"
        ),
        examples=(
            Becomes(
                "utils.execute('brctl', 'delif', br_name, v1_name, run_as_root=True)",
                "privsep.linux_net.delete_bridge_interface(str(br_name), str(v1_name))",
            ),
            Stays("execute('brctl', 'delif', bridge, one, two, run_as_root=True)", because="{two}"),
            Stays("execute('brctl', 'delif', bridge, *devices, run_as_root=True)", because="any number"),
        ),
        trials=(
            *(Trial("brctl delif {bridge} %s" % name) for name in ("port0", *_NAMES)),
            *(Trial("brctl delif %s {veth}" % name) for name in _NAMES),
            Trial("brctl delif {bridgeup} port1"),
        ),
        differences=(_DASH,),
    ),
    Rule(
        grammar="brctl setfd BRIDGE SECONDS",
        function=set_bridge_forward_delay,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_written("set_bridge_forward_delay('fake0', '4.5')", "forward_delay", "450"),
        examples=(
            Becomes(
                "utils.execute('brctl', 'setfd', br_name, 0, run_as_root=True)",
                "privsep.linux_net.set_bridge_forward_delay(str(br_name), '0')",
            ),
            Stays("execute('brctl', 'sethello', bridge, 0, run_as_root=True)", because="sethello"),
            Stays("execute('brctl', 'setfd', bridge, 0, run_as_root=True, cwd='/sys')", because="cwd"),
        ),
        trials=(
            *(Trial("brctl setfd %s 0" % name) for name in _NAMES),
            *(
                Trial("brctl setfd {bridge} %s" % time)
                for time in ("1", "4.5", "30", "1e3", "1.999", ".5", "+2", "' 3'", "3x", "abc", "''")
            ),
        ),
        differences=(
            _DASH,
            Difference("a hexadecimal number is refused", trial=Trial("brctl setfd {bridge} 0x10")),
            Difference("nan and inf are no numbers", trial=Trial("brctl setfd {bridge} inf")),
        ),
    ),
    Rule(
        grammar="brctl stp BRIDGE STATE",
        function=set_bridge_stp,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_written("set_bridge_stp('fake0', 'off')", "stp_state", "0"),
        examples=(
            Becomes(
                "utils.execute('brctl', 'stp', br_name, 'off', run_as_root=True)",
                "privsep.linux_net.set_bridge_stp(str(br_name), 'off')",
            ),
            Stays("execute('brctl', 'hairpin', bridge, port, 'on', run_as_root=True)", because="hairpin"),
            Stays("execute('brctl', 'stp', bridge, 'off', run_as_root=True, shell=True)", because="shell"),
        ),
        trials=(
            *(Trial("brctl stp %s on" % name) for name in _NAMES),
            *(
                Trial("brctl stp {bridgestp} %s" % state)
                for state in ("off", "yes", "no", "1", "0", "ON", "true", "''")
            ),
        ),
        differences=(_DASH,),
    ),
)

# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""sysctl: set and read kernel parameters through files below /proc/sys."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys

from oslo_concurrency import processutils

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def sysctl_write(setting: str, check: bool = True) -> tuple[str, str]:
    """Set a kernel parameter, spelled as for sysctl(8): net.ipv4.ip_forward=1, or with slashes for the dots."""
    key, found, value = setting.partition("=")
    key, value = key.strip(" \t"), value.strip(" \t")
    # The first of its marks says how a key is spelled; the other mark then stands for itself (conf.eth0/100).
    turned = "".join({".": "/", "/": "."}.get(letter, letter) for letter in key)
    mark = re.search(r"[./]", key)
    dotted = not mark or mark.group() == "."
    path = "/proc/sys/" + (turned if dotted else key)
    shown = key if dotted else turned
    failed = True
    stdout = stderr = ""
    doing = "cannot stat %s" % path
    try:
        if not found:
            stderr = "sysctl: command line(0): invalid syntax, continuing...\n"
        elif not re.match(r"[^./\s]+([./][^./\s]+)*\Z", key):
            stderr = "sysctl: '%s' is no name of a parameter\n" % key
        else:
            mode = os.stat(path).st_mode
            doing = 'setting key "%s"' % shown
            if stat.S_ISDIR(mode) or not mode & stat.S_IWUSR:
                # A folder, or one that can only be read: the command tells it and succeeds.
                failed = False
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            descriptor = os.open(path, os.O_WRONLY)
            try:
                os.write(descriptor, ("%s\n" % value).encode("utf-8", "surrogateescape"))
            finally:
                os.close(descriptor)
            failed = False
            stdout = "%s = %s\n" % (shown, value)
    except OSError as error:
        stderr = "sysctl: %s: %s\n" % (doing, error.strerror)
    if failed and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="sysctl -w %s" % setting)
    return stdout, stderr


def sysctl_read(key: str, check: bool = True) -> tuple[str, str]:
    """Return the value of a kernel parameter, spelled as for sysctl(8): net.ipv4.ip_forward, or with slashes."""
    turned = "".join({".": "/", "/": "."}.get(letter, letter) for letter in key)
    mark = re.search(r"[./]", key)
    path = "/proc/sys/" + (turned if not mark or mark.group() == "." else key)
    content = b""
    stderr = ""
    doing = "cannot stat %s" % path
    try:
        if not re.match(r"[^./=\s]+([./][^./=\s]+)*\Z", key):
            stderr = "sysctl: '%s' is no name of a parameter\n" % key
        else:
            mode = os.stat(path).st_mode
            doing = 'reading key "%s"' % key
            if stat.S_ISDIR(mode):
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
            if mode & stat.S_IRUSR:
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    block = os.read(descriptor, 65536)
                    while block:
                        content += block
                        block = os.read(descriptor, 65536)
                finally:
                    os.close(descriptor)
    except OSError as error:
        stderr = "sysctl: %s: %s\n" % (doing, error.strerror)
    stdout = content if isinstance(content, str) else content.decode(sys.getfilesystemencoding(), "surrogateescape")
    if stdout and not stdout.endswith("\n"):
        stdout += "\n"
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="sysctl -n %s" % key)
    return stdout, stderr


_VERSION = Difference("of procps 3, sysctl fails with exit status 255; here it is 1, as of procps 4")

RULES = (
    Rule(
        grammar="sysctl (-w|--write) SETTING",
        function=sysctl_write,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        near=(("kernel.", {"CAP_SYS_ADMIN"}), ("kernel/", {"CAP_SYS_ADMIN"})),
        samples=(
            Sample(
                "sysctl_write('kernel.hostname=fake')",
                "('kernel.hostname = fake\\n', '')",
                patched=("os.open", "os.write", "os.close"),
                given=("mock_open.return_value = 41",),
                asserted=(
                    "mock_open.assert_called_once_with('/proc/sys/kernel/hostname', os.O_WRONLY)",
                    "mock_write.assert_called_once_with(41, b'fake\\n')",
                    "mock_close.assert_called_once_with(41)",
                ),
            ),
            Sample("sysctl_write('kernel.fake=1')", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('sysctl', '-w', 'net.ipv4.ip_forward=1', run_as_root=True)",
                "privsep.linux_net.sysctl_write('net.ipv4.ip_forward=1')",
            ),
            Becomes(
                "utils.execute('sysctl', '-w', 'net.ipv4.conf.%s.forwarding=%d' % (device, on), run_as_root=True)",
                "privsep.linux_net.sysctl_write('net.ipv4.conf.%s.forwarding=%d' % (device, on))",
            ),
            Stays("execute('sysctl', '-w', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('sysctl', '-q', '-w', setting, run_as_root=True)", because="-q"),
            Stays("execute('sysctl', '-p', path, run_as_root=True)", because="-p"),
        ),
        trials=tuple(
            Trial(f"sysctl {line}")
            for line in (
                "-w net.ipv4.ip_forward=1",
                "--write net/ipv4/ip_forward=1",
                "-w ' net.ipv4.ip_forward = 1 '",
                "-w net.ipv4.conf.{veth}.forwarding=1",
                "-w net.ipv4.conf.{vethup}.rp_filter=2",
                "-w net/ipv6/conf/{bridge}/disable_ipv6=1",
                "-w net.ipv4.conf.{nodevice}.forwarding=1",
                "-w net.ipv4.conf.eth0/100.forwarding=1",
                "-w 'net.ipv4.ip_local_port_range=1024  60999'",
                "-w net.ipv4.ip_forward=abc",
                "-w net.ipv4.ip_forward=",
                "-w net.ipv4.ip_forward=1=2",
                "-w net.ipv4.ip_forward",
                "-w net.ipv4.ip_forward.x=1",
                "-w net.ipv4=1",
                "-w kernel.ostype=1",
                "-w net.ipv4.tcp_congestion_control=nonsense",
                "-w net.ipv4.route.flush=1",
            )
        ),
        differences=(
            Difference(
                "a key with two marks side by side, or with one at its beginning or end, is refused",
                trial=Trial("sysctl -w net.ipv4..ip_forward=1"),
            ),
            _VERSION,
        ),
    ),
    Rule(
        grammar="sysctl (-n|--values) KEY",
        function=sysctl_read,
        module="linux_net",
        kind=NATIVE,
        samples=(
            Sample("sysctl_read('kernel.ostype')", "('Linux\\n', '')"),
            Sample("sysctl_read('kernel.fake')", code=1),
        ),
        examples=(
            Becomes(
                "out, err = utils.execute('sysctl', '-n', 'net.ipv4.ip_forward', run_as_root=True)",
                "privsep.linux_net.sysctl_read('net.ipv4.ip_forward')",
            ),
            Stays("execute('sysctl', '-n', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('sysctl', '-a', run_as_root=True)", because="-a"),
        ),
        trials=tuple(
            Trial(f"sysctl {line}")
            for line in (
                "-n net.ipv4.ip_forward",
                "--values net/ipv4/ip_forward",
                "-n net.ipv4.ip_local_port_range",
                "-n net.ipv4.tcp_allowed_congestion_control",
                "-n net.ipv4.conf.{veth}.forwarding",
                "-n net.ipv6.conf.{bridge}.disable_ipv6",
                "-n net.ipv4.conf.{nodevice}.forwarding",
                "-n net.ipv4.conf.eth0/100.forwarding",
                "-n net.ipv4.route.flush",
                "-n net.ipv4.ip_forward.x",
                "-n kernel.ostype",
                "-n nothing",
            )
        ),
        differences=(
            Difference(
                "the name of a folder is refused; the command prints all below it",
                trial=Trial("sysctl -n net.ipv4.neigh.lo"),
            ),
            Difference(
                "a word with = in it is refused; the command would set what it says",
                trial=Trial("sysctl -n net.ipv4.ip_forward=1"),
            ),
            Difference(
                "a key with two marks side by side, or with one at its beginning or end, is refused",
                trial=Trial("sysctl -n net.ipv4..ip_forward"),
            ),
            _VERSION,
        ),
    ),
)

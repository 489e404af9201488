# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ip neigh: tell the kernel the hardware address of a neighbour, and have it forget one, through rtnetlink(7)."""

from __future__ import annotations

import pyroute2

from migrator.decide.netlink_samples import by_device
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays, Trial

from .._outcome import _finished
from .._rtnetlink import _missing, _refused
from ._reading import _address, _link_address


def _change_neighbour(command: str, address: str, device: str, lladdr: str | None) -> tuple[int, str]:
    """Make one request of a permanent neighbour; gives ip(8)'s exit code and stderr."""
    found = _address(address)
    if found is None:
        return 1, 'Error: any valid address is expected rather than "%s".\n' % address
    family, host = found
    if not host:
        return 255, "Device and destination are required arguments.\n"
    known, odd = (None, None) if lladdr in (None, "null") else _link_address(lladdr or "")
    if odd is not None:
        return 1, '"%s" is invalid lladdr.\n' % odd
    try:
        with pyroute2.IPRoute(ext_ack=True) as netlink:
            index = netlink.link_lookup(ifname=device)
            if not index:
                return _missing(device)
            # NUD_PERMANENT
            netlink.neigh(command, family=family, dst=host, lladdr=known, ifindex=index[0], state=0x80)
    except (OSError, pyroute2.NetlinkError) as error:
        return _refused(error)
    return 0, ""


def add_neighbour(
    address: str, device: str, lladdr: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Tell the hardware address of a neighbour that is not known yet."""
    result = _change_neighbour("add", address, device, lladdr)
    cmd = "ip neigh add %s lladdr %s dev %s" % (address, lladdr, device)
    return _finished(cmd, result, check_exit_code)


def replace_neighbour(
    address: str, device: str, lladdr: str, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Tell the hardware address of a neighbour, known or not."""
    result = _change_neighbour("replace", address, device, lladdr)
    cmd = "ip neigh replace %s lladdr %s dev %s" % (address, lladdr, device)
    return _finished(cmd, result, check_exit_code)


def delete_neighbour(
    address: str, device: str, lladdr: str | None = None, check_exit_code: list[int] | tuple[int, ...] = (0,)
) -> tuple[str, str]:
    """Forget the hardware address of a neighbour, whatever it is: lladdr is not compared with it."""
    result = _change_neighbour("del", address, device, lladdr)
    return _finished("ip neigh del %s dev %s" % (address, device), result, check_exit_code)


_DEVICES = ("{addressed}", "{veth}", "{nodevice}", "lo", "''")
_ADDRESSES = (
    "10.0.0.9",
    "10.0.0.7",
    "fd00::9",
    "fd00::7",
    "10.1",
    "0x0a.0.0.010",
    "10.0.0.256",
    "10.0.0.1/32",
    "''",
    "any",
    "default",
    "224.0.0.1",
    "fd00:::1",
)
_LLADDRS = (
    "2:0:0:0:0:9",
    "' +2:0:0:0:0:9x'",
    "02:00:00",
    "02:00:00:00:00:00:01",
    "10.0.0.1",
    "1.2.3.4.5",
    "1:2.3",
    "zz:0:0:0:0:0",
    "100:0:0:0:0:0",
    "-1:0:0:0:0:0",
    "''",
    "null",
)
_SIX = Difference("a device whose hardware address does not have six bytes gets no neighbours with longer ones")
RULES = (
    Rule(
        grammar="ip (neigh|neighbor|neighbour) add ADDRESS (dev DEVICE) (lladdr LLADDR) [nud permanent]",
        function=add_neighbour,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device(
            "add_neighbour('192.0.2.1', 'fake0', '02:00:00:00:00:09')",
            "neigh('add', family=socket.AF_INET, dst='192.0.2.1', lladdr='02:00:00:00:00:09', ifindex=7, state=0x80)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', 'neigh', 'add', ip, 'lladdr', mac, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.add_neighbour(str(ip), str(dev), str(mac))",
            ),
            Stays(
                "execute('ip', 'neigh', 'add', 'proxy', ip, 'dev', dev, run_as_root=True)",
                because="lladdr is not there",
            ),
            Stays(
                "execute('ip', 'neigh', 'add', ip, 'lladdr', mac, 'nud', 'stale', 'dev', dev, run_as_root=True)",
                because="nud has another value",
            ),
        ),
        trials=(
            *(Trial("ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:99 dev %s" % device) for device in _DEVICES),
            *(Trial("ip neigh add %s lladdr 02:00:00:00:00:99 dev {addressed}" % address) for address in _ADDRESSES),
            *(Trial("ip neigh add 10.0.0.7 lladdr %s dev {addressed}" % lladdr) for lladdr in _LLADDRS),
            Trial("ip neighbour add dev {vethup} lladdr 02:00:00:00:00:99 nud permanent fd00::7"),
        ),
        differences=(_SIX,),
    ),
    Rule(
        grammar="ip (neigh|neighbor|neighbour) replace ADDRESS (dev DEVICE) (lladdr LLADDR) [nud permanent]",
        function=replace_neighbour,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device(
            "replace_neighbour('192.0.2.1', 'fake0', '02:00:00:00:00:09')",
            "neigh('replace', family=socket.AF_INET, dst='192.0.2.1', "
            "lladdr='02:00:00:00:00:09', ifindex=7, state=0x80)",
        ),
        examples=(
            Becomes(
                "execute('ip', 'neigh', 'replace', ip, 'lladdr', mac, 'nud', 'permanent', 'dev', dev, run_as_root=True,"
                " check_exit_code=False)",
                "privsep.linux_net.replace_neighbour(str(ip), str(dev), str(mac), check_exit_code=[0, 1, 2, 255])",
            ),
            Stays(
                "execute('ip', 'neigh', 'replace', ip, 'lladdr', mac, 'router', 'dev', dev, run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ip', 'neigh', 'replace', ip, 'dev', dev, run_as_root=True)", because="lladdr is not there"),
        ),
        trials=(
            *(
                Trial("ip neigh replace 10.0.0.9 lladdr 02:00:00:00:00:99 nud permanent dev %s" % device)
                for device in _DEVICES
            ),
            *(
                Trial("ip neigh replace %s lladdr 02:00:00:00:00:99 nud permanent dev {addressed}" % address)
                for address in _ADDRESSES
            ),
            *(Trial("ip neigh replace 10.0.0.9 lladdr %s dev {addressed}" % lladdr) for lladdr in _LLADDRS),
            Trial("ip neigh replace 10.0.0.7 lladdr null dev {addressed}"),
        ),
        differences=(_SIX,),
    ),
    Rule(
        grammar="ip (neigh|neighbor|neighbour) (del|delete) ADDRESS (dev DEVICE) [lladdr LLADDR]",
        function=delete_neighbour,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2, 255},
        samples=by_device(
            "delete_neighbour('192.0.2.1', 'fake0')",
            "neigh('del', family=socket.AF_INET, dst='192.0.2.1', lladdr=None, ifindex=7, state=0x80)",
        ),
        examples=(
            Becomes(
                "utils.execute('ip', 'neigh', 'del', ip, 'lladdr', mac, 'dev', dev, run_as_root=True,"
                " check_exit_code=[0, 2])",
                "privsep.linux_net.delete_neighbour(str(ip), str(dev), lladdr=str(mac), check_exit_code=[0, 2])",
            ),
            Becomes(
                "utils.execute('ip', 'neigh', 'del', ip, 'dev', dev, run_as_root=True)",
                "privsep.linux_net.delete_neighbour(str(ip), str(dev))",
            ),
            Stays("execute('ip', 'neigh', 'del', 'proxy', ip, 'dev', dev, run_as_root=True)", because="one operand"),
            Stays("execute('ip', 'neigh', 'flush', 'dev', dev, run_as_root=True)", because="flush"),
        ),
        trials=(
            *(Trial("ip neigh del 10.0.0.9 dev %s" % device) for device in _DEVICES),
            *(Trial("ip neigh del %s dev {addressed}" % address) for address in _ADDRESSES),
            *(Trial("ip neigh delete 10.0.0.9 lladdr %s dev {addressed}" % lladdr) for lladdr in _LLADDRS),
        ),
    ),
)

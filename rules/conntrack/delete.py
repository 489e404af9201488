# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""conntrack -D: forget tracked connections, through netlink(7)."""

from __future__ import annotations

import os
import socket

import pyroute2
from oslo_concurrency import processutils

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from ._netlink import _conntrack_forget, _conntrack_wanted


def delete_connections(
    source: str | None = None,
    destination: str | None = None,
    reply_source: str | None = None,
    reply_destination: str | None = None,
    family: str | None = None,
    zone: str | None = None,
    protocol: str | None = None,
    check_exit_code: list[int] | tuple[int, ...] = (0,),
) -> tuple[str, str]:
    """Forget the tracked connections that are like this, and return a line for each; family: ipv4 or ipv6.

    That there are none is a failure with exit code 1.
    """
    ends = [("--orig-src", "ORIG SRC", source), ("--orig-dst", "ORIG DST", destination)]
    ends += [("--reply-src", "REPLY SRC", reply_source), ("--reply-dst", "REPLY DST", reply_destination)]
    lines: list[str] = []
    try:
        number, known, wanted = _conntrack_wanted(protocol, family, ends)
        for each in (known,) if known else (socket.AF_INET, socket.AF_INET6):
            _conntrack_forget(each, number, wanted, zone, lines)
        code = 0 if lines else 1
        stderr = "conntrack: %d flow entries have been deleted.\n" % len(lines)
    except ValueError as fault:
        code = 2
        stderr = "conntrack: %s\n" % fault
        stderr += "Try `conntrack -h' or 'conntrack --help' for more information.\n"
    except (OSError, pyroute2.NetlinkError) as error:
        code = 1
        stderr = "conntrack: Operation failed: %s\n" % os.strerror(error.args[0])
    stdout = "".join("%s\n" % line for line in lines)
    if code not in check_exit_code:
        cmd = "conntrack -D"
        for option, value in [("-p", protocol), ("-f", family), ("-w", zone)] + [(end[0], end[2]) for end in ends]:
            cmd += " %s %s" % (option, value) if value is not None else ""
        raise processutils.ProcessExecutionError(stdout=stdout, stderr=stderr, exit_code=code, cmd=cmd)
    return stdout, stderr


_ADDRESSES = (
    "192.0.2",
    "192.0.2.02",
    "'192.0.2.2 '",
    "''",
    "host",
    "fd00::2x",
    "'fd00::2%lo'",
    "192.0.2.256",
    "-x",
    "3221225986",
)
_NETWORKS = (
    "192.0.2.0/24",
    "192.0.2.9/24",
    "192.0.2.2/32",
    "192.0.2.2/31",
    "192.0.2.2/0",
    "192.0.2.2/",
    "'192.0.2.2/ 24'",
    "192.0.2.2/+024",
    "192.0.2.2/-1",
    "192.0.2.2/33",
    "192.0.2.2/24x",
    "fd00::/64",
    "fd00::/129",
    "fd00::2/0",
    "/24",
)
RULES = (
    Rule(
        grammar=(
            "conntrack (-D|--delete) [-s SOURCE|--src=SOURCE|--orig-src=SOURCE] "
            "[-d DESTINATION|--dst=DESTINATION|--orig-dst=DESTINATION] [-r REPLY_SOURCE|--reply-src=REPLY_SOURCE] "
            "[-q REPLY_DESTINATION|--reply-dst=REPLY_DESTINATION] [-f FAMILY|--family=FAMILY] [-w ZONE|--zone=ZONE] "
            "[-p PROTOCOL|--proto=PROTOCOL]"
        ),
        function=delete_connections,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        failures={1, 2},
        samples=(
            Sample(
                "delete_connections(destination='192.0.2.2', protocol='udp')",
                "('udp      17 %s [UNREPLIED] %s use=1\\n' % (way, way), "
                "'conntrack: 1 flow entries have been deleted.\\n')",
                "result",
                patched=("pyroute2.Conntrack",),
                given=(
                    "conntrack = mock_conntrack.return_value.__enter__.return_value",
                    "ends, proto, flow, entry = [pyroute2.netlink.nlmsg() for _ in range(4)]",
                    "ends['attrs'] = [('CTA_IP_V4_SRC', '192.0.2.1'), ('CTA_IP_V4_DST', '192.0.2.2')]",
                    "proto['attrs'] = [('CTA_PROTO_NUM', 17), ('CTA_PROTO_SRC_PORT', 41), ('CTA_PROTO_DST_PORT', 42)]",
                    "flow['attrs'] = [('CTA_TUPLE_IP', ends), ('CTA_TUPLE_PROTO', proto)]",
                    "entry['attrs'] = [('CTA_TUPLE_ORIG', flow), ('CTA_TUPLE_REPLY', flow)]",
                    "entry['attrs'] += [('CTA_ID', 7), ('CTA_USE', 1)]",
                    "conntrack.dump.return_value = [entry]",
                    "way = 'src=192.0.2.1 dst=192.0.2.2 sport=41 dport=42'",
                ),
                asserted=("conntrack.entry.assert_called_once_with('del', tuple_orig=mock.ANY, zone=None, id=7)",),
            ),
            Sample(
                "delete_connections(destination='192.0.2.2')",
                patched=("pyroute2.Conntrack",),
                given=(
                    "conntrack = mock_conntrack.return_value.__enter__.return_value",
                    "conntrack.dump.return_value = []",
                ),
                code=1,
            ),
        ),
        examples=(
            Becomes(
                "_execute('conntrack', '-D', '-r', ip, run_as_root=True, check_exit_code=[0, 1])",
                "privsep.linux_net.delete_connections(reply_source=str(ip), check_exit_code=[0, 1])",
            ),
            Becomes(
                "execute('conntrack', '-D', '-f', af, '-d', ip, '-w', zone, run_as_root=True, check_exit_code=[0, 1])",
                "privsep.linux_net.delete_connections(destination=str(ip), family=str(af), zone=str(zone), "
                "check_exit_code=[0, 1])",
            ),
            Stays("execute('conntrack', '-D', '-m', mark, run_as_root=True)", because="-m"),
            Stays("execute('conntrack', '-L', '-d', ip, run_as_root=True)", because="-L"),
            Stays("execute('conntrack', '-D', '-p', 'tcp', '--dport', port, run_as_root=True)", because="--dport"),
        ),
        trials=(
            *(Trial("conntrack -D -%s {server}" % option) for option in "rdsq"),
            *(Trial("conntrack -D -%s {client}" % option) for option in "sq"),
            Trial("conntrack -D -r {natserver}"),
            *(Trial("conntrack -D -d %s" % address) for address in (*_ADDRESSES, *_NETWORKS)),
            *(Trial("conntrack -D -r %s" % address) for address in (*_ADDRESSES[:4], *_NETWORKS[:6])),
            *(
                Trial("conntrack -D -f ipv4 -d {server} -w %s" % zone)
                for zone in ("5", "0", "7", "0x6", "06", "5x", "''", "-1", "65541")
            ),
            *(
                Trial("conntrack -D -f %s -s {client}" % family)
                for family in ("ipv4", "ipv6", "ipv4x", "IPv4", "inet", "''")
            ),
            *(
                Trial("conntrack -D -p %s -f ipv4 -d {server}" % name)
                for name in (
                    "tcp",
                    "udp",
                    "icmp",
                    "gre",
                    "udplite",
                    "sctp",
                    "dccp",
                    "icmpv6",
                    "TCP",
                    "ospf",
                    "89",
                    "0x11",
                    "0",
                    "300",
                    "nope",
                    "''",
                )
            ),
            Trial("conntrack -D -p ipv6-icmp -f ipv6 -d {sixserver} -w 0 -s {sixclient}"),
            Trial("conntrack -D -p udp -f ipv4 -d {server} -w 5 -s {client}"),
            Trial("conntrack -D -p udp -f ipv4 -s {client} -d {server} -r {natserver} -q {client}"),
            Trial("conntrack -D"),
            Trial("conntrack -D -w 5"),
            Trial("conntrack -D -p tcp"),
            Trial("conntrack --delete --orig-dst {server} --proto=tcp"),
        ),
        differences=(
            Difference("stderr does not tell the version of the program"),
            Difference(
                "a connection that has a zone for one direction only is refused, and no other is deleted",
                on={"halfzone"},
            ),
            Difference(
                "of several faults that of the protocol is told first, then that of the family, then those of the "
                "addresses from source to reply destination, where the command tells the one that stands first",
                trial=Trial("conntrack -D -s nope -f nope"),
            ),
            Difference("the line of a connection that has a helper does not name it, nor that of DCCP its state"),
        ),
    ),
)

"""Programs that change the network: devices, addresses, switches, packet filters."""

from __future__ import annotations

from migrator.rootwrap.programs.gain import Gain, Power, each

_MODPROBE = "where a module is missing, it runs the program that it is told to load it with; not so in the nft variant"
POWERS: tuple[Power, ...] = (
    Power(Gain.RUNS, "ip netns exec {any} {mine}", "ip-netns(8), exec"),
    # IpFilter denies the one above, and not those below.
    Power(Gain.RUNS, "ip vrf exec default {mine}", "ip-vrf(8), exec", "IpFilter refuses `netns exec` only"),
    Power(Gain.RUNS, "ip -batch {mine}", "ip(8), -batch", "with `netns exec` or `vrf exec` in that file"),
    Power(
        Gain.RUNS,
        "ip -n netns netns exec netns {mine}",
        "ip(8), -n",
        "IpFilter looks at the first word `netns` only, which here is a name",
    ),
    Power(Gain.NETWORK, "ip link set {any} down", "ip-link(8)"),
    Power(Gain.RUNS, "tc exec bpf import {mine} run {mine}", "tc-bpf(8), exec"),
    Power(Gain.LOADS, "tc filter add dev lo ingress bpf da obj {mine}", "tc-bpf(8), object-file"),
    Power(Gain.NETWORK, "tc qdisc del dev {any} root", "tc(8)"),
    *each("iptables ip6tables", Gain.RUNS, "--modprobe={mine} -L", "iptables(8), --modprobe", _MODPROBE),
    *each(
        "iptables-restore ip6tables-restore",
        Gain.RUNS,
        "--modprobe={mine} {mine}",
        "iptables-restore(8), --modprobe",
        _MODPROBE,
    ),
    *each(
        "iptables-save ip6tables-save", Gain.RUNS, "--modprobe={mine} -t nat", "iptables-save(8), --modprobe", _MODPROBE
    ),
    *each(
        "iptables-save ip6tables-save", Gain.DESTROYS, "-f {file}", "iptables-save(8), -f", "the rules go to any file"
    ),
    *each("iptables ip6tables", Gain.NETWORK, "-F", "iptables(8), -F"),
    *each("iptables-restore ip6tables-restore", Gain.NETWORK, "", "iptables-restore(8)"),
    *each("iptables-save ip6tables-save", Gain.TELLS, "", "iptables-save(8)"),
    Power(Gain.RUNS, "ebtables --modprobe {mine} -L", "ebtables(8), -M", "the program that loads missing modules"),
    Power(Gain.NETWORK, "ebtables -F", "ebtables(8), -F"),
    Power(Gain.NETWORK, "nft -f {mine}", "nft(8), -f"),
    Power(Gain.DESTROYS, "ipset -f {file} save", "ipset(8), -file", "the sets go to any file"),
    Power(Gain.NETWORK, "ipset destroy {any}", "ipset(8), destroy"),
    *each("conntrack", Gain.NETWORK, "-D", "conntrack(8), -D", "connections of others are cut"),
    Power(Gain.NETWORK, "brctl delbr {any}", "brctl(8), delbr"),
    Power(Gain.NETWORK, "bridge -batch {mine}", "bridge(8), -batch"),
    *each(
        "ovs-vsctl ovs-ofctl ovs-dpctl ovs-appctl ovsdb-client ovsdb-tool",
        Gain.DESTROYS,
        "--log-file={file} {any} {any}",
        "%(8), --log-file",
        "its log goes to the end of any file",
    ),
    Power(Gain.NETWORK, "ovs-vsctl del-br {any}", "ovs-vsctl(8), del-br"),
    Power(Gain.NETWORK, "ovs-ofctl del-flows {any}", "ovs-ofctl(8), del-flows"),
    *each("tunctl vconfig ethtool ifconfig route ifup ifdown iw iwconfig", Gain.NETWORK, "{any}", "%(8)"),
    Power(Gain.NETWORK, "arping -U -I {any} {any}", "arping(8), -U", "addresses of others are claimed"),
    Power(Gain.NETWORK, "arp -s {any} {any}", "arp(8), -s"),
    Power(Gain.NETWORK, "dhcp_release {any} {any} {any}", "dhcp_release(1)", "leases of others end"),
    *each("dhcp_release6 ndsend send_arp", Gain.NETWORK, "{any}", "%(8)"),
    *each("ping ping6 traceroute netstat ss", Gain.TELLS, "", "%(8)"),
)

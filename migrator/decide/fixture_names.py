"""What trials are tried on, by name, how paths are spelled, what is compared, and what a machine may lack."""

from __future__ import annotations

# What a trial can be tried on; each stands for an absolute path in a scratch folder.
PATHS = {
    "file": "a file of user 1001, mode 0640, two lines of text",
    "rootfile": "a file of root, mode 0600",
    "empty": "an empty file",
    "binary": "a file with bytes that are no UTF-8, mode 0666",
    "sparse": "a file of user 1001 that begins with a hole, with an access list",
    "suid": "a file with the set-user-id and set-group-id bits, mode 06755",
    "foreignsuid": "the same of user 1001 and group 1002",
    "hardlink": "a file with a second name",
    "private": "a file of user 1001 in a folder that only this user may enter",
    "privatedir": "a folder of user 1001, mode 0700, with a file and an empty folder of the same in it",
    "lockeddir": "the same, mode 0500",
    "dir": "a folder with one file in it",
    "sgid": "an empty folder with the set-group-id bit, group 1002, mode 02775",
    "sticky": "a folder with the sticky bit, of user 1001, with a file and an empty folder of user 1002 in it",
    "tree": "a folder three levels deep with files (one by two names), a link out of it, a dangling link and a FIFO",
    "mounted": "a folder with a file, and with another file system mounted below it",
    "link": "a symbolic link to a file",
    "dirlink": "a symbolic link to a folder",
    "dangling": "a symbolic link to nothing",
    "missing": "a path in the scratch folder at which nothing is",
    "fifo": "a FIFO",
    "readonly": "a file on a read-only mount",
    "readonlydir": "a folder on a read-only mount, with a file in it",
    "relative": "the name of a file in the folder that the command is started in",
}
# Network devices, by name.
DEVICES = {
    "veth": "one end of a veth pair, down",
    "vethup": "one end of a veth pair, both ends up",
    "addressed": "one end of a veth pair, both up, with 10.0.0.1/24, 10.0.0.2/24 and fd00::1/64, "
    "and with neighbours 10.0.0.9 and fd00::9",
    "bridge": "a bridge with one port (port0), down",
    "bridgeup": "a bridge with one port (port1), both up",
    "bridgestp": "a bridge that runs the spanning tree protocol, down",
    "filtered": "one end of a veth pair, down, with the ingress qdisc and a filter",
    "shaped": "one end of a veth pair, down, with the qdisc tbf",
    "classes": "one end of a veth pair, up, with the qdisc htb, one class and a filter",
    "nodevice": "a name that no network device has",
}
# Named network namespaces, of ip-netns(8).
NAMESPACES = {
    "netns": "a named network namespace",
    "netnsfile": "the file of one that has no network namespace mounted on it any more",
    "nonetns": "a name that no network namespace has",
    "nextnetns": "the same, where another one has a name",
}
# Whose packets a rule of ip-rule(8) sends to table 100.
RULED = {
    "ruled": "10.9.0.0/16, from which a rule of priority 100 leads there",
    "ruledsix": "fd09::/64, likewise",
    "ruleddevice": "the name of a network device for whose packets there is such a rule",
    "unruled": "10.8.0.0/16, for which there is no rule",
}
# Sets of addresses as ipset(8) makes them, by name.
SETS = {
    "netset": "a set hash:net with 192.0.2.0/24 and 198.51.100.1",
    "sixnetset": "a set hash:net of family inet6 with fd00::/64",
    "hostset": "a set hash:ip with 192.0.2.3 and 192.0.2.4",
    "sixhostset": "a set hash:ip of family inet6 with fd00::1",
    "emptyset": "an empty set hash:net",
    "usedset": "an empty set hash:net that is in a set list:set",
    "portset": "an empty set hash:ip,port",
    "listset": "an empty set list:set",
    "noset": "a name that no set has",
}
# Addresses of tracked connections.
CONNECTIONS = {
    "client": "192.0.2.1, where connections of eight protocols begin, two of them in the zones 5 and 6",
    "server": "192.0.2.2, where they end",
    "natserver": "203.0.113.9, from where the answers to one of them come",
    "sixclient": "fd00::1, where two connections begin",
    "sixserver": "fd00::2, where they end",
    "halfzone": "192.0.2.3, where one ends that has a zone for one direction only",
    "nopeer": "192.0.2.99, which no connection has",
}
# Processes, by pid.
PROCESSES = {
    "process": "a process of user 1001 that waits",
    "rootprocess": "a process of root that waits",
    "stubborn": "a process of user 1001 that ignores SIGTERM and SIGHUP",
    "noprocess": "a pid that no process has",
}
FIXTURES = {**PATHS, **DEVICES, **NAMESPACES, **RULED, **SETS, **CONNECTIONS, **PROCESSES}

# How a path can be spelled: `{file:newline}`, `{dir:slash,dotdot}`. Those of the first group name the thing itself.
SHAPES = {
    "space": "a name with spaces",
    "quote": "a name with a quote",
    "newline": "a name with a newline",
    "byte": "a name with a byte that is no UTF-8",
    "long": "a name of 255 bytes, the longest there can be",
    "overlong": "a name of 256 bytes",
    "slash": "a slash after it",
    "dotdot": "on a way through `..`",
    "double": "two slashes in it",
    "near": "relative to the folder that the command is started in",
    "dash": "the same, with a leading dash",
    "blank": "the empty string in its place",
}
# What can be told of one run: `aspects` of a Difference.
ASPECTS = ("status", "stdout", "stderr", "files", "network", "processes")

# What a trial needs beyond namespaces (migrator.verify.facilities says how each is looked for).
NEEDS = {
    "block": "unused block device, /dev/loop0, to ask (root)",
    "device-mapper": "device-mapper in the kernel",
    "loop": "loop devices that a sandbox can have to itself",
    "mknod": "the right to make device nodes (root)",
    "modules": "loadable kernel modules",
    "tun": "/dev/net/tun that this user may open",
    "vlan": "VLANs in the kernel (8021q)",
}

"""Programs that keep a thread of privsep's pool for long, and those whose output can be large, each with its source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrator.words import Choice, Command, Each, Literal, Rest, Value, Word


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some command lines.

    programs: names; one that ends with "." stands for all that begin so. words: one of them has to be in the command,
    or to begin a word of it where it ends with "="; any command when empty. without: none of them may be. varies:
    whether it has words that are not known, None where that does not matter. why: what it does. source: who says so.
    """

    programs: tuple[str, ...]
    why: str
    source: str
    words: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    varies: bool | None = None


def _of(*words: str) -> frozenset[str]:
    return frozenset(words)


_NETWORKED = _of("nfs", "nfs4", "glusterfs", "ceph", "cifs", "quobyte", "lustre")
_LOCAL = _of("ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "iso9660", "tmpfs", "proc", "sysfs", "none", "--bind")
SLOW = (
    Known(
        ("mkfs", "mkfs.", "mke2fs"),
        "writes tables all over the device, and discards its blocks first",
        "mke2fs(8) -E discard",
    ),
    Known(("dd",), "copies as much as it is told to", "dd(1)"),
    Known(("shred",), "overwrites all of the file or device, three times if not told otherwise", "shred(1) -n"),
    Known(
        ("qemu-img",),
        "reads, and mostly writes, all that is in the image",
        "qemu-img(1)",
        _of("convert", "commit", "rebase", "check", "compare", "dd", "measure"),
    ),
    Known(("resize2fs", "xfs_growfs", "ntfsresize"), "moves or makes the tables of the file system", "resize2fs(8)"),
    Known(("fsck", "fsck.", "e2fsck", "xfs_repair", "ntfsfix"), "reads all tables of the file system", "e2fsck(8)"),
    Known(
        ("cryptsetup",),
        "derives the key for --iter-time, 2 s if not told otherwise, for each key slot that it tries",
        "cryptsetup(8) --iter-time",
        _of("luksFormat", "luksOpen", "open", "luksAddKey", "luksChangeKey", "create", "reencrypt"),
    ),
    Known(
        ("lvconvert",),
        "polls until the merge or the copy is done, unless --background",
        "lvconvert(8)",
        without=_of("--background", "-b"),
    ),
    Known(
        ("pvmove",), "moves the extents, and polls until that is done", "pvmove(8)", without=_of("--background", "-b")
    ),
    Known(
        ("iscsiadm",),
        "waits for the target: login_timeout 15 s, tried initial_login_retry_max = 8 times",
        "iscsid.conf of open-iscsi",
        _of("--login", "-l", "discovery", "discoverydb", "sendtargets", "--rescan", "-R", "--logout", "-u"),
    ),
    Known(
        ("mount",), "goes on trying while the server does not answer, NFS for 2 minutes", "nfs(5) retry=", _NETWORKED
    ),
    Known(
        ("mount",),
        "NFS, should it be one, goes on trying for 2 minutes",
        "nfs(5) retry=",
        _of("-t"),
        _LOCAL,
        varies=True,
    ),
    Known(
        ("mount.nfs", "mount.nfs4", "mount.glusterfs", "mount.ceph"),
        "goes on trying while the server does not answer",
        "nfs(5) retry=",
    ),
    Known(("udevadm",), "waits until the queue of events is empty, up to 120 s", "udevadm(8) --timeout", _of("settle")),
    Known(
        ("cp", "mv", "rsync", "scp", "tar"),
        "takes as long as there is to copy",
        "cp(1), mv(1) across file systems, rsync(1)",
    ),
    Known(
        ("rm", "chown", "chmod", "chgrp"),
        "walks all of the tree",
        "rm(1), chown(1) -R",
        _of("-r", "-R", "-rf", "-fr", "-Rf", "--recursive"),
    ),
    Known(("find", "du"), "walks all of the tree", "find(1), du(1)"),
    Known(("sync",), "waits until all that is cached is written", "sync(2)"),
    Known(("blockdev",), "waits until the device's buffers are written", "blockdev(8)", _of("--flushbufs")),
    Known(("fstrim", "blkdiscard"), "discards all unused, or all, blocks", "fstrim(8), blkdiscard(8)"),
    Known(("multipath",), "waits for what still uses the map, -R times", "multipath(8) -R", _of("-f", "-F", "-R")),
    Known(
        ("iptables-restore", "ip6tables-restore", "iptables", "ip6tables"),
        "waits for the lock of other runs, without an end where -w gives none",
        "iptables(8) --wait",
        _of("-w", "--wait"),
    ),
    Known(("arping", "ping", "ping6"), "sends one packet a second", "arping(8), ping(8) -i"),
    Known(
        ("systemctl", "service"),
        "waits until the unit has started or stopped",
        "systemctl(1) --no-block",
        without=_of("--no-block", "status", "is-active", "kill"),
    ),
    Known(
        ("drbdadm",), "waits for the peer", "drbdadm(8) wait-connect", _of("wait-connect", "wait-sync", "up", "adjust")
    ),
    Known(("rbd",), "copies the image", "rbd(8)", _of("import", "export", "import-diff", "export-diff", "cp")),
    Known(("genisoimage", "mkisofs", "xorriso"), "writes the whole image", "genisoimage(1)"),
    Known(("sleep",), "does nothing else", "sleep(1)"),
)

LARGE = (
    Known(("cat",), "the whole file", "cat(1)", varies=True),
    Known(("dd",), "all that is copied: there is no of=", "dd(1)", without=_of("of=")),
    Known(
        ("ip",),
        "a row or more for each interface, address, route or rule: what ended agents with many ports",
        "LP#1896734, LP#1844822",
        _of("show", "list", "lst", "ls"),
        varies=False,
    ),
    Known(("iptables-save", "ip6tables-save", "ebtables-save", "nft"), "a row for each rule", "iptables-save(8)"),
    Known(
        ("iptables", "ip6tables", "ebtables"),
        "a row for each rule",
        "iptables(8)",
        _of("-L", "-S", "--list", "--list-rules"),
    ),
    Known(("ipset",), "a row for each entry", "ipset(8)", _of("list", "save")),
    Known(("conntrack",), "a row for each connection", "conntrack(8)", _of("-L", "--dump")),
    Known(
        ("ovs-ofctl", "ovs-dpctl", "ovs-appctl"),
        "a row for each flow",
        "ovs-ofctl(8)",
        _of("dump-flows", "dump-groups"),
    ),
    Known(("ovsdb-client", "ovs-vsctl"), "a row for each record", "ovs-vsctl(8)", _of("dump", "list", "find", "show")),
    Known(("lvs", "lvdisplay", "pvs"), "a row for each volume", "lvs(8)"),
    Known(("find", "ls"), "a row for each file below", "find(1)", varies=True),
    Known(("journalctl", "dmesg"), "the whole log", "journalctl(1)"),
    Known(("tar",), "the whole archive, where it goes to standard output", "tar(1)", _of("-O", "--to-stdout", "-")),
    Known(("qemu-img",), "a row for each extent", "qemu-img(1) map", _of("map")),
)


def known(table: Iterable[Known], command: Command) -> Known | None:
    """The first row of a table that a command fits."""
    names = [os.path.basename(program) for program in command.programs]
    words = tuple(_flat(command.words))
    texts = [word.text for word in words if isinstance(word, Literal)]
    starts = [*texts, *(word.pieces[0] or "" for word in words if isinstance(word, Value) and word.pieces)]
    varied = any(isinstance(word, (Value, Rest)) for word in words)
    return next(
        (
            row
            for row in table
            if any(_named(name, row.programs) for name in names)
            and (not row.words or _any(row.words, texts, starts))
            and not _any(row.without, texts, starts)
            and (row.varies is None or row.varies is varied)
        ),
        None,
    )


def _named(name: str, programs: Iterable[str]) -> bool:
    return any(name == one or (one.endswith(".") and name.startswith(one)) for one in programs)


def _any(wanted: Iterable[str], texts: Sequence[str], starts: Sequence[str]) -> bool:
    return any(one in texts or (one.endswith("=") and any(text.startswith(one) for text in starts)) for one in wanted)


def _flat(words: Iterable[Word]) -> Iterator[Word]:
    """The words of all branches and loops, one after the other."""
    for word in words:
        if isinstance(word, Choice):
            for option in word.options:
                yield from _flat(option)
        elif isinstance(word, Each):
            yield from _flat(word.words)
        else:
            yield word

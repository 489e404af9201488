"""What a person would call a synthesised function, and which module it belongs to."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence

from migrator.decide.expressions import identifier
from migrator.decide.options import admits
from migrator.words import Literal, Value, Word

# Area of the privsep package -> programs, as nova, cinder and manila split theirs.
_AREAS = {
    "path": "chown chgrp chmod readlink realpath rm rmdir mkdir touch tee cat ln mv cp stat find du truncate "
    "shred install setfacl getfacl chattr mktemp",
    "fs": "mount umount blkid losetup parted sgdisk fdisk partprobe kpartx mkswap swapon swapoff resize2fs e2fsck fsck "
    "tune2fs e2label xfs_growfs xfs_admin blockdev dd df findmnt lsblk ploop prl_disk_tool wipefs fstrim "
    "btrfs zfs zpool sync",
    "lvm": "pvs vgs lvs pvcreate pvresize pvremove vgcreate vgremove vgextend vgreduce vgchange lvcreate lvremove "
    "lvextend lvresize lvrename lvconvert lvchange lvdisplay vgdisplay pvdisplay pvmove dmsetup",
    "linux_net": "ip brctl ebrctl bridge arping conntrack sysctl dhcp_release dhcp_release6 tunctl ovs-vsctl ovs-ofctl "
    "ovs-appctl iptables ip6tables iptables-save iptables-restore ip6tables-save ip6tables-restore ebtables ipset tc "
    "dnsmasq radvd ethtool ifconfig route ivs-ctl mm-ctl ifc_ctl fp-vdev vrouter-port-control vconfig udhcpc dhclient",
    "qemu": "qemu-img qemu-nbd qemu-io qemu-system-x86_64",
    "iscsi": "iscsiadm tgtadm tgt-admin iscsictl ietadm targetcli cinder-rtstool",
    "nvme": "nvme nvmetcli",
    "crypt": "cryptsetup",
    "multipath": "multipath multipathd",
    "md": "mdadm",
    "process": "kill pkill",
}
_AREA_OF = {program: area for area, programs in _AREAS.items() for program in programs.split()}

# Programs whose verbs are nothing without their object: the program's own name is left out.
_UNSAID = {"ip"}
# Programs that say with options what they do. {}: every long option is a verb.
_VERBS: dict[str, dict[str, str]] = {
    "arping": {},
    "blkid": {},
    "blockdev": {},
    "casadm": {"-L": "list", "-A": "add", "-R": "remove"},
    "conntrack": {"-D": "delete", "-L": "list", "-F": "flush"},
    "iscsictl": {"-c": "show", "-S": "add", "-s": "remove"},
    "kill": {"-9": "sigkill", "-HUP": "sighup", "-TERM": "sigterm"},
    "kpartx": {"-a": "add", "-d": "delete", "-l": "list"},
    "losetup": {"-d": "detach", "-f": "find"},
    "mdadm": {},
    "mm-ctl": {},
    "multipath": {
        "-f": "flush",
        "-F": "flush_all",
        "-r": "reload",
        "-l": "show",
        "-ll": "show",
        "-C": "check",
        "-a": "add",
    },
    "nova-idmapshift": {"-i": "idempotent"},
    "qemu-nbd": {"-c": "connect", "-d": "disconnect"},
    "sysctl": {"-w": "write", "-n": "read"},
    "tunctl": {"-t": "create", "-d": "delete"},
    "tune2fs": {"-j": "add_journal", "-O ^has_journal": "remove_journal"},
    "chown": {"-R": "recursive"},
    "chgrp": {"-R": "recursive"},
    "chmod": {"-R": "recursive"},
    "cp": {"-r": "recursive", "-R": "recursive", "-rf": "recursive"},
    "rm": {"-r": "recursive", "-rf": "recursive"},
    "ln": {"-s": "symbolic", "-sf": "symbolic"},
    "iscsiadm": {
        "-m": "",
        "--mode": "",
        "--op": "",
        "-o": "",
        "--login": "login",
        "--logout": "logout",
        "--rescan": "rescan",
        "--discover": "discover",
    },
}
# What short options say, for a name that needs them to stand apart.
_SHORT: dict[str, dict[str, str]] = {
    "e2fsck": {"-f": "forced", "-p": "preen", "-y": "yes"},
    "mount": {"-t": "type", "-o": "options"},
    "umount": {"-l": "lazy", "-f": "force"},
}
_LONGEST = 26  # characters of a name, as long as it still says what is run
_UTMOST = 32  # and of one that says no more than what is run
# Connecting words that the reader does not miss.
_FILLERS = {"dev", "name", "type", "via", "primary", "peer"}


def area(program: str) -> str:
    """The module of the privsep package that a program's functions go to; "utils" when it is in no area."""
    base = os.path.basename(program)
    family = base.partition(".")[0]  # mkfs.ext4, mount.nfs
    if family == "mkfs":
        return "fs"
    return _AREA_OF.get(base) or _AREA_OF.get(family, "utils")


def function_names(
    program: str, words: tuple[Word, ...], fixed: tuple[tuple[str, str], ...], parameters: Sequence[str]
) -> Iterator[str]:
    """Names for the function that runs these words, the shortest first; always one more.

    words: those after the program. It starts with program and verbs (`lvremove`, `link_set_up`) and goes on to long
    options, constant operands, what is special in the way it runs, and what the last parameter is called.
    """
    base = os.path.basename(program)
    verbs, options, letters, constants = _spoken(base, words)
    start = [*([] if base in _UNSAID and verbs else [base]), *verbs]
    manner = _manner(fixed, "process_input" in parameters)
    seen: set[str] = set()
    for parts in (
        start,
        [*start, *options],
        [*start, *manner],
        [*start, *constants],
        [*start, *options, *constants],
        [*start, *options, *manner],
        [*start, *options, *constants, *manner],
        [*start, *options, *letters],
        [*start, *options, *constants, *manner, *parameters[-1:]],
    ):
        name = _joined(_fitting(parts, len(start)))
        while len(name) > _UTMOST:  # minreleaseLeveldaemon
            name = name.rpartition("_")[0] or name[:_UTMOST]
        # stat(1): `def stat` would hide the module of that name from the functions around it.
        name = f"run_{name}" if name in sys.stdlib_module_names else name
        if name and name not in seen:
            seen.add(name)
            yield name
    number = 2
    while True:
        yield f"{_joined([*start, *options])}_{number}"
        number += 1


def _fitting(parts: list[str], least: int) -> list[str]:
    """The parts of a name, without those at its end that make it too long to be read at a call."""
    kept = list(parts)
    while len(kept) > least and len(_joined(kept)) > _LONGEST:
        kept.pop()
    return kept


def _spoken(program: str, words: tuple[Word, ...]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Verbs, further option words, letters of short options, further constant operands, as the command has them."""
    table = _VERBS.get(program)
    verbs: list[str] = []
    options: list[str] = []
    letters: list[str] = []
    short = _SHORT.get(program, {})
    constants: list[str] = []
    after_short = verb_value = False
    for number, word in enumerate(words, 1):
        text = (
            word.text
            if isinstance(word, Literal)
            else (word.pieces[0] or "")
            if isinstance(word, Value) and word.pieces
            else ""
        )
        if text.startswith("-") and text.strip("-"):
            name, _, value = text.partition("=")
            is_verb = table is not None and (
                name in table or (not table.get("-m") and name.startswith("--") and "-m" not in table)
            )
            verb_value = table is not None and table.get(name) == ""
            if verb_value:
                pass
            elif is_verb:
                verbs.append((table or {}).get(name) or name.strip("-"))
            elif name.startswith("--") or (name in short and not _plain(words[number : number + 1])):
                options.append(short.get(name) or name.strip("-"))
            else:
                letters.append(name.strip("-"))
            if value and isinstance(word, Literal):
                constants.append(value)
            after_short = not name.startswith("--") and not is_verb and not verb_value
            continue
        if isinstance(word, Literal) and text.strip("-"):
            if verb_value or (not after_short and _is_verb(text)):
                verbs.append(text)
            else:
                constants.append(text)
        after_short = verb_value = False
    shortened = [verb for verb in verbs if verb not in _FILLERS]
    telling = [text for text in constants if re.fullmatch(r"[A-Za-z][\w.,+-]{1,24}", text)]
    return shortened or verbs, options, letters, telling


def _plain(following: tuple[Word, ...]) -> bool:
    """True for a constant that is no option: it says more than the option before it, `sofs` more than `-t`."""
    return bool(following) and isinstance(following[0], Literal) and not following[0].text.startswith("-")


def _is_verb(text: str) -> bool:
    """`set`, `luksOpen`, `add-port`; not `msdos,ext3`, `0x83`, `/dev/null`, `8`, `a+r`."""
    return re.fullmatch(r"[A-Za-z][A-Za-z]+[0-9]?([-_][A-Za-z0-9]+)*", text) is not None


def _manner(fixed: tuple[tuple[str, str], ...], stdin: bool) -> list[str]:
    """What is special in the way a command is run, in words."""
    said = []
    for name, code in fixed:
        if name == "check_exit_code":
            said += ["unchecked"] if code == "False" else ["allowing", *re.findall(r"\d+", code)]
        elif name == "attempts":
            said.append("with_retries")
        elif name == "process_input":
            said += ["reading", code]
        elif name not in ("delay_on_retry", "loglevel", "log_errors"):
            said += ["with", name]
    if admits(fixed, 0) and said[:2] == ["allowing", "0"]:
        said.pop(1)
    return said + (["from_input"] if stdin else [])


def _joined(parts: list[str]) -> str:
    kept: list[str] = []
    for part in parts:
        word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part)
        word = re.sub(r"[^0-9a-zA-Z]+", "_", word).strip("_").lower()
        if word and word not in kept:
            kept.append(word)
    return identifier("_".join(kept))

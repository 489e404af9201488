"""The settings of a network: the files below /proc/sys/net, and those of devices in two answers of the kernel's."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.verify import kernel
from migrator.verify.netlink import answers, attributes

_TOP = "/proc/sys/net"
_MOST = 4096  # bytes of a setting
# Settings that count, or that are drawn for each network.
_COUNTERS = {"nf_conntrack_count", "netdev_rss_key", "dev_weight_rx_bias", "rt_cache_rebuild_count"}
# Each device has some 120 files, which are as many numbers of these answers: all but these, of its folder in conf.
_UNTOLD = ("ra_honor_pio_life", "ra_honor_pio_pflag", "regen_min_advance", "stable_secret")
# Folders with one for each device, and with one for all and one for those to come.
_BY_DEVICE = {f"ipv{version}/{kind}" for version in (4, 6) for kind in ("conf", "neigh")}
_OF_ALL = ("/all", "/default")
# rtnetlink(7), with the kernel's numbers.
_GETLINK, _GETNEIGHTBL = 18, 66
_IFNAME, _AF_SPEC, _EXT_MASK, _SKIP_STATS = 3, 26, 29, 8
_CONF: dict[int, tuple[str, int]] = {socket.AF_INET: ("ipv4", 1), socket.AF_INET6: ("ipv6", 2)}
_PARMS, _INDEX, _REFERENCES, _REACHABLE = 6, 1, 2, 3  # how long a neighbour is reachable is drawn anew now and then

# The first of those numbers: the others are told by their place in linux/ip.h and linux/ipv6.h.
_NAMES = {
    "ipv4": ("forwarding",),
    "ipv6": ("forwarding", "hop_limit", "mtu", "accept_ra", "accept_redirects", "autoconf"),
}

Setting = tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Watch:
    """Tells whether somebody wrote to a setting: inotify, its numbers, the folders, as the kernel may forget others."""

    inotify: int
    numbers: tuple[int, ...]
    held: tuple[int, ...]


def watch() -> Watch | None:
    """Watch the settings of this network until settings() is asked; None where the kernel lets nobody.

    The first network of a process in which this, or settings(), is asked has to be as new.
    """
    _as_new()
    numbers: list[int] = []
    held: list[int] = []
    try:
        for folder in _files():
            held.append(os.open(f"{_TOP}/{folder}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            numbers.append(kernel.watch_writing(_inotify(), f"{_TOP}/{folder}"))
        return Watch(_inotify(), tuple(numbers), tuple(held))
    except OSError:
        for descriptor in held:
            os.close(descriptor)
        return None


@functools.cache
def _inotify() -> int:
    """One for all networks of this process: the kernel takes its time to end one."""
    return kernel.inotify()


def settings(watched: Watch | None = None) -> Iterator[Setting]:
    """ "sysctl NAME" -> its value, where a new network has another; "sysctl FOLDER" of a device -> all of its values.

    watched: ends here; what nobody wrote to is not read.
    """
    names: dict[int, str] = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as asked:
        for body in answers(asked, _GETLINK, struct.pack("=16xHHI", 8, _EXT_MASK, _SKIP_STATS)):
            told = attributes(body[16:])
            name = names[struct.unpack_from("=i", body, 4)[0]] = os.fsdecode(told[_IFNAME].rstrip(b"\0"))
            yield from _of_device(name, told)
        for body in answers(asked, _GETNEIGHTBL, bytes(4)):
            yield from _of_neighbours(names, body)
    for name in names.values():
        yield from _of_files({f"ipv6/conf/{name}": _UNTOLD})
    if watched is None or _written(watched):
        new = _as_new()
        yield from (setting for setting in _of_files(_files()) if new.get(setting[0]) != setting[1])


def _written(watched: Watch) -> bool:
    """Whether somebody wrote to a setting; ends the watch."""
    written = False
    with contextlib.suppress(BlockingIOError):
        written = bool(os.read(watched.inotify, 1 << 16))
    for number in watched.numbers:
        kernel.watch_no_more(watched.inotify, number)
    for descriptor in watched.held:
        os.close(descriptor)
    with contextlib.suppress(BlockingIOError):  # that these have ended
        while os.read(watched.inotify, 1 << 16):
            pass
    return written


@functools.cache
def _as_new() -> Mapping[str, dict[str, str]]:
    """The settings that a new network has."""
    return dict(_of_files(_files()))


def _of_device(name: str, told: dict[int, bytes]) -> Iterator[Setting]:
    for family, content in attributes(told.get(_AF_SPEC, b"")).items():
        if family in _CONF:
            protocol, conf = _CONF[family]
            numbers = attributes(content)[conf]
            values = struct.unpack(f"={len(numbers) // 4}i", numbers)
            keys = [*_NAMES[protocol], *(f"number {at}" for at in range(len(_NAMES[protocol]), len(values)))]
            yield f"sysctl net/{protocol}/conf/{name}", dict(zip(keys, map(str, values), strict=True))


def _of_neighbours(names: dict[int, str], body: bytes) -> Iterator[Setting]:
    told = attributes(attributes(body[4:]).get(_PARMS, b""))
    if _INDEX in told and body[0] in _CONF:  # else the table's own, which are in files
        name = names.get(struct.unpack("=i", told[_INDEX])[0], "")
        values = {
            f"number {number}": str(int.from_bytes(value, "little"))
            for number, value in told.items()
            if number not in (_INDEX, _REFERENCES, _REACHABLE)
        }
        yield f"sysctl net/{_CONF[body[0]][0]}/neigh/{name}", values


def _of_files(folders: Mapping[str, Sequence[str]]) -> Iterator[Setting]:
    for folder, names in folders.items():
        try:
            # Names are looked up below it: the kernel goes through all of a path anew in each network.
            opened = os.open(f"{_TOP}/{folder}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            for name in names:
                value = _read(name, opened)
                if value is not None:
                    yield f"sysctl net/{folder}/{name}", {"value": value}
        finally:
            os.close(opened)


@functools.cache
def _files() -> Mapping[str, Sequence[str]]:
    """Folder below the top -> names of its settings, but for devices' own: the kernel has the same in each network."""
    found = {folder.removeprefix(_TOP).lstrip("/"): names for folder, _, names in os.walk(_TOP)}
    return {
        folder: [name for name in names if name not in _COUNTERS]
        for folder, names in found.items()
        if folder.rpartition("/")[0] not in _BY_DEVICE or folder.endswith(_OF_ALL)
    }


def _read(name: str, folder: int) -> str | None:
    """None for a setting that can only be written, or has no value yet."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        return os.read(descriptor, _MOST).decode(errors="replace").rstrip("\n")
    except OSError:
        return None
    finally:
        os.close(descriptor)

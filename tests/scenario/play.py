"""The scenario: an agent's work through the sample project's own functions, the same program before and after.

Run as the agent's user with the configuration file and the processes (name=pid) as arguments; prints what the
functions returned, raised and logged, and which privileged functions were called, as JSON. No root call is made here:
how the project gets root is its own affair.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from moraine import conf, exception, image, lvm, utils
from moraine.host import files, mounts, processes
from moraine.network import bridge, ip_lib, isolated
from moraine.volume.drivers import directory
from moraine.volume.drivers import lvm as lvm_driver
from oslo_concurrency import processutils

STATE = "/var/lib/moraine"
WORK = "/var/lib/workloads"

# What is done, and how many root calls the project makes for it before the rewrite.
Step = tuple[str, int, Callable[[], object]]


def in_files() -> Iterator[Step]:
    """Files and folders: made, written, read, given away, removed; and what is refused."""
    folder, config = f"{WORK}/one/etc", f"{WORK}/one/etc/volume.conf"
    yield "may not read it itself", 0, lambda: os.open("/etc/moraine/secrets/token", os.O_RDONLY)
    yield "may not write it itself", 0, lambda: os.mkdir(f"{WORK}/own")
    yield "tree", 2, lambda: files.ensure_tree(folder, 0o750)
    yield "tree again", 1, lambda: files.ensure_tree(folder)
    yield "tree through a file", 1, lambda: files.ensure_tree(f"{WORK}/plain/below")
    yield "tree in another's folder", 2, lambda: files.ensure_tree(f"{WORK}/private/deep/er", 0o2770)
    yield "write a new file", 1, lambda: files.write_file(config, "size = 1\nname = Zürich\n")
    yield "append", 1, lambda: files.append_file(config, "last = yes\n")
    yield "write over a private file", 1, lambda: files.write_file(f"{WORK}/private/key", "new\n")
    yield "write through a link", 1, lambda: files.write_file(f"{WORK}/link", "through the link\n")
    yield "write to a folder", 1, lambda: files.write_file(folder, "no\n")
    yield "read", 1, lambda: files.read_file(config)
    yield "read bytes that are no text", 1, lambda: files.read_file(f"{WORK}/binary")
    yield "read what is not there", 1, lambda: files.read_file(f"{WORK}/absent")
    yield "read a secret", 1, lambda: files.read_secret("token")
    yield "read a secret that is not there", 1, lambda: files.read_secret("absent")
    yield "mode", 1, lambda: files.set_permissions(config, 0o4640)
    yield "mode of what is not there", 1, lambda: files.set_permissions(f"{WORK}/absent", 0o600)
    yield "owner and group", 1, lambda: files.set_ownership(config, "nobody", "moraine")
    yield "owner by number", 1, lambda: files.set_ownership(folder, 4321)
    yield "owner through a link", 1, lambda: files.set_ownership(f"{WORK}/link", "moraine")
    yield "owner that is unknown", 1, lambda: files.set_ownership(config, "nosuchuser")
    yield "there", 1, lambda: files.has_file(f"{WORK}/private/key")
    yield "not there", 1, lambda: files.has_file(f"{WORK}/private/absent")
    yield "touch an old file", 1, lambda: files.touch(f"{WORK}/plain")
    yield "touch a new file", 1, lambda: files.touch(f"{WORK}/touched")
    yield "touch in no folder", 1, lambda: files.touch(f"{WORK}/absent/touched")
    yield "key", 4, lambda: files.install_key(f"{WORK}/one/id", "-----KEY-----", 4321, 4322)
    yield "key in no folder", 2, lambda: files.install_key(f"{WORK}/absent/id", "-----KEY-----", 1, 1)
    yield "owner for a while", 2, lambda: write_while_owner(f"{WORK}/owned")
    yield "remove a tree", 1, lambda: files.remove(f"{WORK}/tree")
    yield "remove a link", 1, lambda: files.remove(f"{WORK}/loose")
    yield "remove what is not there", 1, lambda: files.remove(f"{WORK}/absent")
    yield "image, by a program that is not there", 1, lambda: image.convert(f"{WORK}/plain", f"{WORK}/image", "qcow2")
    yield "zeros", 1, lambda: image.clear(f"{WORK}/zeros", 1)
    yield "copy", 1, lambda: image.copy(f"{WORK}/plain", f"{WORK}/copied", 1)
    yield "copy without sync", 1, lambda: image.copy(f"{WORK}/plain", f"{WORK}/unsynced", 1, blocksize="4k", sync=False)
    yield "copy what is not there", 1, lambda: image.copy(f"{WORK}/absent", f"{WORK}/nothing", 1)
    yield "size of what is no block device", 1, lambda: image.device_size("/dev/null")
    yield "size of what no filter admits", 1, lambda: image.device_size("/etc/passwd")


def write_while_owner(path: str) -> list[int]:
    """Write to a root-owned file as its owner for a while; returns the owner within and after."""
    with utils.temporary_chown(path):
        with open(path, "a") as stream:
            stream.write("by the agent\n")
        within = os.stat(path).st_uid
    return [within, os.stat(path).st_uid]


def in_mounts() -> Iterator[Step]:
    """A folder of another file system bound to two places, one of them freed again."""
    yield "bind", 2, lambda: mounts.bind_mount("/run/scratch", f"{WORK}/bound/stays")
    yield "bind another", 2, lambda: mounts.bind_mount("/run/scratch", f"{WORK}/bound/goes")
    yield "bind what is not there", 2, lambda: mounts.bind_mount(f"{WORK}/absent", f"{WORK}/bound/none")
    yield "unmount", 1, lambda: mounts.unmount(f"{WORK}/bound/goes")
    yield "write below the mount", 1, lambda: files.write_file(f"{WORK}/bound/stays/new", "scratch\n")
    yield "unmount what is not mounted", 0, lambda: mounts.unmount(f"{WORK}/bound/goes")


def in_volumes() -> Iterator[Step]:
    """What LVM says of a group that is not there, which needs no device; what may meet a lock is tried three times."""
    group = lvm.LVM("moraine-scratch")
    yield "group", 1, group.check_vg
    yield "space", 1, group.free_space
    yield "volumes", 3, group.get_volumes
    yield "one volume", 3, lambda: group.get_volumes("one")
    yield "volume", 3, lambda: group.create_volume("one", "1g")
    yield "mirrored volume", 3, lambda: group.create_volume("one", "1g", mirror_count=1)
    yield "extend", 3, lambda: group.extend_volume("one", "2g")
    yield "activate", 3, lambda: group.activate("one")
    yield "delete", 2, lambda: group.delete("one")
    yield "flush", 1, lambda: lvm_driver.LVMDriver().flush({"id": "one"})
    folder, volume = directory.DirectoryDriver(f"{WORK}/volumes"), {"id": "one", "size": 1}
    yield "folder of volumes", 2, folder.check_for_setup_error
    yield "file of a volume", 2, lambda: folder.create_volume(volume)
    yield "given away", 1, lambda: folder.give_volume(volume, "nobody", "moraine")
    yield "bytes taken", 1, folder.provisioned_bytes
    yield "bytes free", 1, lambda: folder.available_bytes() > 0
    yield "retired", 1, lambda: folder.retire_volume(volume)
    yield "retired twice", 1, lambda: folder.retire_volume(volume)
    yield "removed, and gone", 0, lambda: folder.delete_volume(volume)
    yield "file that is removed", 3, lambda: (folder.create_volume(volume), folder.delete_volume(volume))


def in_network() -> Iterator[Step]:
    """A bridge with a veth pair in a namespace, another that is taken away; and what is refused."""
    space, mac = "volume-1", "02:00:00:00:00:01"
    yield "bridge", 6 + 1, lambda: isolated.create_network(space, "br-1", mac)
    yield "bridge again", 2 + 1, lambda: isolated.create_network(space, "br-1", mac)
    yield "connect", 5, lambda: isolated.connect("veth-1", "eth-1", space, "br-1", mtu=1400)
    yield "connect another", 5, lambda: isolated.connect("veth-2", "eth-2", space, "br-1")
    yield "connect to no bridge", 3, lambda: isolated.connect("veth-3", "eth-3", space, "br-absent")
    yield "mtu too large", 2, lambda: isolated.connect("veth-4", "eth-4", space, "br-1", mtu=70000)
    yield "gateway", 1, lambda: isolated.add_gateway(space, "br-1", "192.0.2.1/24")
    yield "gateway again", 1, lambda: isolated.add_gateway(space, "br-1", "192.0.2.1/24")
    yield "gateway that is no address", 1, lambda: isolated.add_gateway(space, "br-1", "nonsense")
    yield "addresses", 1, lambda: isolated.addresses(space, "br-1")
    yield "addresses of no device", 1, lambda: isolated.addresses(space, "absent")
    yield "plug into no bridge", 1, lambda: bridge.plug("veth-1", "br-absent", "one")
    yield "plug", 1, lambda: bridge.plug("veth-1", "br-host", "one")
    yield "unplug", 1, lambda: bridge.unplug("veth-2")
    yield "tap", 3, lambda: bridge.create_tap_dev("tap-1", "02:00:00:00:00:02")
    yield "tap of many queues", 3, lambda: bridge.create_tap_dev("tap-2", "02:00:00:00:00:03", multiqueue=True)
    yield "plug into Open vSwitch, which is not there", 1, lambda: in_open_vswitch(bridge.plug, "tap-1", "", "one")
    yield "unplug from it", 1, lambda: in_open_vswitch(bridge.unplug, "tap-1")
    yield "disconnect what is gone", 1, lambda: isolated.disconnect("veth-2")
    yield "namespace", 3, lambda: type(ip_lib.ensure_namespace("volume-2")).__name__
    inside, host = ip_lib.IPCommand("volume-2"), ip_lib.IPCommand()
    yield "bridge in it", 2, lambda: inside.add_bridge("br-2", stp=True)
    yield "bridge on the host", 2, lambda: host.add_bridge("br-3")
    yield "pair into it", 1, lambda: host.add_veth("veth-5", "eth-5", "volume-2")
    yield "pair of which one end is there", 1, lambda: host.add_veth("veth-5", "eth-6")
    yield "port", 1, lambda: inside.set_master("eth-5", "br-2")
    yield "up", 1, lambda: inside.set_up("br-2")
    yield "mtu", 1, lambda: inside.set_mtu("br-2", 1400)
    yield "address", 1, lambda: inside.add_address("br-2", "198.51.100.1/24")
    yield "address again", 1, lambda: inside.add_address("br-2", "198.51.100.1/24")
    yield "route", 1, lambda: inside.add_route("203.0.113.0/24", "198.51.100.2")
    yield "route that leads nowhere", 1, lambda: inside.add_route("203.0.113.0/24", "192.0.2.77")
    yield "links", 1, lambda: sorted(inside.links())
    yield "link that goes", 1, lambda: host.delete_link("br-3")
    yield "link that is gone", 1, lambda: host.delete_link("br-3")
    yield "namespaces", 0, lambda: sorted(ip_lib.list_namespaces())
    yield "no namespace any more", 1, lambda: ip_lib.delete_namespace("volume-2")
    yield "no namespace at all", 1, lambda: ip_lib.delete_namespace("absent")


def in_open_vswitch(act: Callable[..., object], *words: str) -> object:
    """Do something with the bridge of Open vSwitch configured."""
    conf.CONF.set_override("ovs_bridge", "br-int", group="network")
    try:
        return act(*words)
    finally:
        conf.CONF.clear_override("ovs_bridge", group="network")


def in_processes(pids: dict[str, int]) -> Iterator[Step]:
    """Processes of root and of others that are told to end, to reload, or are gone."""
    yield "reload", 2, lambda: processes.reload(f"{STATE}/server.pid")
    yield "reload what is gone", 1, lambda: processes.reload(f"{STATE}/gone.pid")
    yield "reload without a pid file", 1, lambda: processes.reload(f"{STATE}/absent.pid")
    yield "end", 1, lambda: processes.kill(pids["worker"])
    yield "end what does not listen", 1, lambda: processes.kill(pids["stubborn"])
    yield "kill it", 1, lambda: processes.kill(pids["stubborn"], signal.SIGKILL)
    yield "end what is gone", 1, lambda: processes.kill(pids["gone"])


class Records(logging.Handler):
    """Keeps what the project logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.kept: list[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append([record.name, record.levelname, record.getMessage()])


def crossings() -> list[str]:
    """A list that each call to a privsep daemon is added to, by the name of the privileged function."""
    from oslo_privsep import daemon

    crossed: list[str] = []
    call = daemon.RootwrapClientChannel.remote_call

    def remote_call(channel: Any, name: str, *rest: Any) -> object:
        crossed.append(name)
        return call(channel, name, *rest)

    mock.patch.object(daemon.RootwrapClientChannel, "remote_call", remote_call).start()
    return crossed


def told(error: Exception) -> dict[str, Any]:
    """What a handler can see of an exception."""
    seen: dict[str, Any] = {"class": f"{type(error).__module__}.{type(error).__name__}"}
    if isinstance(error, processutils.ProcessExecutionError):
        for name in ("exit_code", "stdout", "stderr", "cmd", "description"):
            seen[name] = getattr(error, name)
    elif isinstance(error, OSError):
        seen["errno"] = error.errno
        seen["filename"] = error.filename
    else:
        seen["text"] = str(error)
    if isinstance(error, exception.MoraineException):
        seen["cause"] = told(error.__context__) if isinstance(error.__context__, Exception) else None
    return seen


def main(config: str, *processes_given: str) -> None:
    """Play all steps; one that raises does not keep the next from being played."""
    conf.CONF(["--config-file", config], project="moraine", default_config_files=[])
    if importlib.util.find_spec("moraine.privsep"):  # what the rewrite asks for where a service starts
        from oslo_privsep import priv_context

        if hasattr(utils, "get_root_helper"):  # which goes with rootwrap
            priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    crossed = crossings()
    records = Records()
    for name in ("host", "network", "utils", "image", "lvm", "volume"):
        logging.getLogger(f"moraine.{name}").addHandler(records)
        logging.getLogger(f"moraine.{name}").setLevel(logging.DEBUG)
    logging.basicConfig(stream=sys.stderr, level=logging.DEBUG)
    pids = {name: int(pid) for name, pid in (given.split("=") for given in processes_given)}
    report, privileged = [], {}
    for steps in (in_files(), in_mounts(), in_volumes(), in_network(), in_processes(pids)):
        for name, calls, act in steps:
            records.kept = []
            crossed.clear()
            outcome: dict[str, Any] = {"step": name, "calls": calls}
            try:
                outcome["returned"] = act()
            except Exception as error:  # whatever it is, it is what the caller sees
                outcome["raised"] = told(error)
            report.append({**outcome, "logged": records.kept})
            privileged[name] = list(crossed)
    json.dump({"uid": os.geteuid(), "steps": report, "privileged": privileged}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])

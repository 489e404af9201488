"""Each thing that a trial may change is seen, alone and by its name; what was not changed is no difference."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrator.verify import fixtures, house, kernel, sandbox, uids, world

FILE, FOLDER = "/scratch/file", "/scratch/dir"
LINE = ("it", "{file}", "{dir}", "{hardlink}", "{rootprocess}", "{veth}")
Seen = tuple[world.Sight, world.Sight, world.Sight]
Act = Callable[[int], None]
Told = tuple[str, str, str]

pytestmark = [
    pytest.mark.skipif(not uids.plan().many, reason="needs a range of user ids"),
    pytest.mark.skipif(not any(map(shutil.which, ("ip", "/sbin/ip", "/usr/sbin/ip"))), reason="needs iproute2"),
]


def looked(*acts: Act) -> list[Seen]:
    """What is seen after each act, each in a world of its own; an act is given the pid of a process that waits."""

    def life(act: Act) -> Seen:
        _, waiting = fixtures.build(LINE)
        before = world.prepare(True)
        os.umask(0o022)
        act(waiting["rootprocess"])
        return world.files(before), world.network(before), world.processes(waiting, before)

    def work() -> Iterator[Seen]:
        for act in acts:
            yield sandbox.world(lambda act=act: life(act), 20, True)  # type: ignore[misc]

    try:
        return list(house.stay(work))
    except house.HouseError as error:
        pytest.skip(str(error))


def changed(act: Act) -> list[Told]:
    """How the sights after nothing and after the act differ; after nothing twice they do not."""
    first, second, third = looked(lambda pid: None, act, lambda pid: None)
    for one, two in zip(first, third, strict=True):
        assert world.differences(one, two) == ()
    return [told for one, two in zip(first, second, strict=True) for told in world.differences(one, two)]


def sh(line: str) -> Act:
    def act(pid: int) -> None:
        subprocess.run(["sh", "-ec", line], check=True, cwd="/", env={"PATH": house.SECURE_PATH}, capture_output=True)

    return act


def replaced(pid: int) -> None:
    """The same file as far as anybody can tell, but for who has it open."""
    os.utime("/scratch", ns=(world.UNTOUCHED, world.UNTOUCHED))
    os.rename(FILE, f"{FILE}-old")
    shutil.copy2(f"{FILE}-old", FILE)
    os.chown(FILE, 1001, 1001)
    os.unlink(f"{FILE}-old")
    os.utime("/scratch", ns=(world.UNTOUCHED, world.UNTOUCHED))


def timed(path: str, read: int, written: int) -> Act:
    return lambda pid: os.utime(path, ns=(read, written))


def sparse(pid: int) -> None:
    with open(FILE, "r+b") as stream:
        stream.truncate(0)
        stream.truncate(1 << 20)


def full(pid: int) -> None:
    with open(FILE, "wb") as stream:
        stream.write(bytes(1 << 20))


def beyond_the_first_part(pid: int) -> None:
    with open(FILE, "wb") as stream:
        stream.truncate((1 << 24) + 1)


def left_running(pid: int) -> None:
    if os.fork() == 0:
        Path("/proc/self/comm").write_text("straggler")
        time.sleep(60)
        os._exit(0)
    for _ in range(100):
        if any(
            Path(f"/proc/{name}/comm").read_text() == "straggler\n" for name in os.listdir("/proc") if name.isdigit()
        ):
            return
        time.sleep(0.02)


def remounted(pid: int) -> None:
    kernel.mount("none", "/scratch", "tmpfs", 32 | kernel.MS_NODEV | 8)  # MS_REMOUNT, MS_NOEXEC


# acl(5): user::rw-, user:7:r-x, group::r--, mask::r-x, other::---
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *each)
    for each in ((1, 6, 0xFFFFFFFF), (2, 5, 7), (4, 4, 0xFFFFFFFF), (16, 5, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF))
)
WRITTEN: Told = (f"{FILE}: written", "no", "now")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        pytest.param(lambda pid: os.chmod(FILE, 0o4750), [(f"{FILE}: mode", "0640", "4750")], id="mode"),
        pytest.param(lambda pid: os.chown(FILE, 7, -1), [(f"{FILE}: owner", "1001:1001", "7:1001")], id="owner"),
        pytest.param(lambda pid: os.chown(FILE, -1, 7), [(f"{FILE}: owner", "1001:1001", "1001:7")], id="group"),
        pytest.param(
            sh(f"printf 'two\\none\\n' > {FILE}"),
            [(f"{FILE}: content", r"'one\ntwo\n'", r"'two\none\n'"), WRITTEN],
            id="content",
        ),
        pytest.param(
            lambda pid: os.setxattr(FILE, "user.x", b"\1"),
            [(f"{FILE}: xattr user.x", "none", "01")],
            id="extended attribute",
        ),
        pytest.param(
            lambda pid: os.setxattr(FILE, "system.posix_acl_access", ACL),
            [
                (f"{FILE}: mode", "0640", "0650"),
                (f"{FILE}: xattr system.posix_acl_access", "none", ACL.hex()),
            ],
            id="access list",
        ),
        pytest.param(
            lambda pid: os.link(FILE, f"{FOLDER}/second"),
            [
                (f"{FOLDER}: written", "no", "now"),
                (f"{FOLDER}/second", "not there", "file 0640 1001:1001"),
                (f"{FILE}: links", "1", "2"),
            ],
            id="links",
        ),
        pytest.param(replaced, [(f"{FILE}: kept", "none", "no, another file is in its place")], id="inode"),
        pytest.param(sh(f"touch -c {FILE}"), [WRITTEN], id="written"),
        pytest.param(
            timed(FILE, world.UNTOUCHED, 86400 * 10**9),
            [(f"{FILE}: written", "no", "at 86400.000000000 s")],
            id="time of writing",
        ),
        pytest.param(
            timed(FILE, 86400 * 10**9, world.UNTOUCHED),
            [(f"{FILE}: read", "none", "at 86400.000000000 s")],
            id="time of reading",
        ),
        pytest.param(
            lambda pid: os.utime(FILE, (world.UNTOUCHED / 10**9, world.UNTOUCHED / 10**9)),
            [
                (f"{FILE}: read", "none", "at 1000000000.123456835 s"),
                (f"{FILE}: written", "no", "at 1000000000.123456835 s"),
            ],
            id="times kept through a float",
        ),
        pytest.param(sh(f"cat {FILE} {FOLDER}/inside; ls -R /scratch"), [], id="only read"),
        pytest.param(
            lambda pid: os.mkfifo("/run/pipe", 0o600),
            [("/run: written", "no", "now"), ("/run/pipe", "not there", "FIFO 0600 0:0")],
            id="FIFO",
        ),
        pytest.param(
            lambda pid: os.symlink("nowhere", "/var/link"),
            [("/var: written", "no", "now"), ("/var/link", "not there", "link 0777 0:0")],
            id="link",
        ),
        pytest.param(
            sh(f"mount -t tmpfs -o mode=700,size=4k new {FOLDER}"),
            [
                (f"{FOLDER}: kept", "none", "no, another file is in its place"),
                (f"{FOLDER}: mode", "0755", "0700"),
                (f"{FOLDER}: written", "no", "now"),
                (f"{FOLDER}/inside", "file 0644 0:0", "not there"),
                (f"mount {FOLDER}", "not there", "tmpfs"),
            ],
            id="mount",
        ),
        pytest.param(
            sh(f"mount -t proc -o ro,nosuid none {FOLDER}"),
            [
                (f"{FOLDER}: links", "2", "none"),
                (f"{FOLDER}: mode", "0755", "0555"),
                (f"{FOLDER}: owner", "0:0", "65534:65534"),
                (f"{FOLDER}: written", "no", "none"),
                (f"{FOLDER}/inside", "file 0644 0:0", "not there"),
                (f"mount {FOLDER}", "not there", "proc"),
            ],
            id="mount of the kernel's files",
        ),
        pytest.param(
            sh("umount /dev/shm"),
            [("/dev/shm: written", "no", "now"), ("mount /dev/shm (2)", "not there", "undone")],
            id="unmount",
        ),
        pytest.param(
            remounted,
            [("mount /scratch", "not there", "tmpfs")],
            id="mount with other options",
        ),
        pytest.param(
            sh("echo 1 > /proc/sys/net/ipv4/conf/lo/forwarding"),
            [("sysctl net/ipv4/conf/lo: forwarding", "0", "1")],
            id="setting",
        ),
        pytest.param(
            sh("ip addr add 10.0.0.1/24 dev veth0"),
            [
                ("device veth0: addr_info", "[]", "none"),
                ("device veth0: addr_info.0.family", "none", '"inet"'),
                ("device veth0: addr_info.0.label", "none", '"veth0"'),
                ("device veth0: addr_info.0.local", "none", '"10.0.0.1"'),
                ("device veth0: addr_info.0.prefixlen", "none", "24"),
                ("device veth0: addr_info.0.scope", "none", '"global"'),
                ("route type local dst 10.0.0.1 dev veth0 table local", "not there", "local"),
            ],
            id="address",
        ),
        pytest.param(
            sh("ip route add blackhole 10.9.0.0/16"),
            [("route type blackhole dst 10.9.0.0/16 table main", "not there", "blackhole")],
            id="route",
        ),
        pytest.param(
            sh("ip rule add from 10.9.0.0/16 table 300"),
            [("rule table 300 priority 32765 src 10.9.0.0", "not there", "there")],
            id="rule",
        ),
        pytest.param(
            sh("ip -6 rule add iif veth0 table 9 priority 7"),
            [("rule of IPv6 table 9 priority 7 src all", "not there", "there")],
            id="rule of IPv6",
        ),
        pytest.param(
            sh("ip rule del priority 32766; ip rule add priority 32766 table main type blackhole"),
            [
                ("rule table main priority 32766 src all: action", "none", '"blackhole"'),
                ("rule table main priority 32766 src all: protocol", '"kernel"', '"unspec"'),
            ],
            id="rule with another action",
        ),
        pytest.param(
            sh("ip neigh add 10.0.0.3 lladdr 2:0:0:0:0:3 dev veth0"),
            [("neigh dst 10.0.0.3 dev veth0", "not there", "there")],
            id="neighbour",
        ),
        pytest.param(
            sh("ip neigh add fd00::3 lladdr 2:0:0:0:0:3 dev veth0 nud noarp"),
            [("neigh dst fd00::3 dev veth0", "not there", "there")],
            id="neighbour of IPv6 that is not asked",
        ),
        pytest.param(
            sh("ip neigh add proxy 10.0.0.3 dev veth0"),
            [("proxy dst 10.0.0.3 dev veth0", "not there", "there")],
            id="neighbour that is answered for",
        ),
        pytest.param(
            sh("ip netns add one"),
            [
                ("/run: links", "3", "4"),
                ("/run: written", "no", "now"),
                ("/run/netns", "not there", "folder 0755 0:0"),
                ("/run/netns/one", "not there", "file 0444 65534:65534"),
                ("mount /run/netns", "not there", "tmpfs"),
                ("mount /run/netns/one", "not there", "nsfs"),
                ("netns one", "not there", "there"),
            ],
            id="named namespace",
        ),
        pytest.param(
            lambda pid: kernel.unshare(kernel.CLONE_NEWIPC),
            [("the process itself", "not there", "there")],
            id="namespace of the process",
        ),
        pytest.param(
            sh("ip link set veth0 mtu 1400"),
            [
                ("device veth0: mtu", "1500", "1400"),
                ("sysctl net/ipv6/conf/veth0: mtu", "1500", "1400"),
            ],
            id="device",
        ),
        pytest.param(
            sh("echo 1400 > /sys/class/net/veth0/mtu"),
            [
                ("device veth0: mtu", "1500", "1400"),
                ("sysctl net/ipv6/conf/veth0: mtu", "1500", "1400"),
            ],
            id="device, by its file",
        ),
        pytest.param(lambda pid: os.kill(pid, signal.SIGSTOP), [("rootprocess: state", "waits", "stopped")], id="stop"),
        pytest.param(
            lambda pid: os.kill(pid, signal.SIGUSR2),
            [("rootprocess: state", "waits", f"ended by signal {signal.SIGUSR2}")],
            id="signal",
        ),
        pytest.param(
            lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 5), [("rootprocess: nice", "none", "5")], id="priority"
        ),
        pytest.param(left_running, [("left running: straggler", "not there", "there")], id="process left running"),
    ],
)
def test_a_change_is_seen_and_nothing_else(act: Act, told: list[Told]) -> None:
    assert changed(act) == told


def test_named_namespaces_are_told_apart_by_what_they_are() -> None:
    """Its own network by another name, one that is set up, and a file with nothing mounted on it."""
    new, own, up, nothing = looked(
        sh("ip netns add one"),
        sh("ip netns add two; ip netns del two; touch /run/netns/one; mount --bind /proc/self/ns/net /run/netns/one"),
        sh("ip netns add one; ip -n one link set lo up"),
        sh("ip netns add two; ip netns del two; touch /run/netns/one"),
    )
    assert [told[:2] for told in world.differences(new[0], own[0])] == [("mount /run/netns/one: root", "net: another")]
    assert ("netns one: device lo: flags", '["LOOPBACK"]', '["LOOPBACK", "UP"]') in world.differences(new[1], up[1])
    assert world.differences(new[0], up[0]) == ()
    assert ("netns one: network: entered", "none", "no: Invalid argument") in world.differences(new[1], nothing[1])


def test_contents_are_told_apart_as_far_as_they_go() -> None:
    """Of the same size: all zeros on disk, holes, and beyond what is read."""
    whole, holes, more, again = looked(full, sparse, beyond_the_first_part, sparse)
    assert world.differences(whole[0], holes[0]) == ((f"{FILE}: sparse", "none", "yes"),)
    assert "content" in str(world.differences(holes[0], more[0]))
    assert world.differences(holes[0], again[0]) == ()


def test_what_the_kernel_shows_of_the_host_at_a_mount_is_not_looked_into() -> None:
    (seen, _, _) = looked(sh(f"mount --rbind /usr {FOLDER}"))[0]
    assert [path for path in seen if path.startswith(f"{FOLDER}/")] == []
    assert set(seen[FOLDER]) == {"type", "mode", "owner"}
    assert seen[f"mount {FOLDER}"]["root"] != "/scratch"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("contained", [True, False])
def test_of_a_networks_sysfs_only_its_devices_can_be_written(contained: bool) -> None:
    def life() -> tuple[list[str], list[str]]:
        refused = []
        for path in ("/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run", "/sys/class/block/uevent", "/sys/new"):
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
            except OSError:
                refused.append(path)
        return sorted(os.listdir("/sys/class/net")), refused

    def work() -> Iterator[tuple[list[str], list[str]]]:
        yield sandbox.world(life, 20, True)

    try:
        ((devices, refused),) = house.stay(work, contained=contained)
    except house.HouseError as error:
        pytest.skip(str(error))
    assert devices == ["lo"]
    assert len(refused) == 4

"""From the house nothing of the host can be changed, nor seen beyond its programs."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrator.verify import house, sandbox

PROGRAMS = {"PATH": house.SECURE_PATH, "LC_ALL": "C"}


def lived(life: Callable[[], object], **wishes: bool) -> object:
    """What life() returns in a world of a new house."""

    def work() -> Iterator[object]:
        yield sandbox.world(life)

    try:
        (result,) = house.stay(work, **wishes)  # type: ignore[arg-type]
    except house.HouseError as error:
        pytest.skip(str(error))
    return result


def said(line: str) -> tuple[int, str]:
    """Exit status and output of a shell line in a world."""

    def life() -> tuple[int, str]:
        done = subprocess.run(line, shell=True, capture_output=True, text=True, env=PROGRAMS, check=False)
        return done.returncode, done.stdout + done.stderr

    result = lived(life)
    assert isinstance(result, tuple)
    return result


@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/drop_caches",
        "/proc/sys/vm/overcommit_memory",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/proc/sysrq-trigger",
    ],
)
def test_no_parameter_of_the_kernel_can_be_written(path: str) -> None:
    if not os.path.exists(path):
        pytest.skip(f"this kernel has no {path}")

    def life() -> str:
        with contextlib.suppress(PermissionError, FileNotFoundError):
            os.close(os.open(path, os.O_WRONLY))  # opening it changes nothing
            return "open"
        return "refused"

    assert lived(life) == "refused"


def test_the_parameters_of_its_own_network_can_be_written() -> None:
    code, output = said("echo 1 > /proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward")
    assert (code, output) == (0, "1\n")


def test_what_is_read_only_cannot_be_remounted() -> None:
    for folder in ("/usr", "/", sys.prefix):
        code, output = said(f"mount -o remount,rw,bind {folder} || mount -o remount,rw {folder}")
        assert code, output
    code, output = said("touch /usr/written-by-a-trial")
    assert code and "Read-only file system" in output
    assert not os.path.exists("/usr/written-by-a-trial")


@pytest.mark.parametrize("options", ["", "-o rw"])
def test_a_new_mount_of_the_kernels_files_gives_no_more(options: str) -> None:
    code, output = said(
        f"mount {options} -t sysfs s /mnt; mount {options} -t proc p /mnt;"
        "for f in /mnt/sys/kernel/core_pattern /mnt/kernel/mm/transparent_hugepage/enabled; do"
        " (: >> $f) 2> /dev/null && echo $f; done; true"
    )
    assert code == 0 and "core_pattern" not in output and "hugepage" not in output


def test_nothing_of_the_root_can_be_uncovered() -> None:
    _, output = said("umount -l /usr; umount -l /dev/null; umount -l /; ls / /usr/bin /host")
    assert "cannot access '/host'" in output
    assert "mount" in output


def test_the_hosts_folders_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the host")

    def life() -> list[str]:
        return [path for path in (str(tmp_path), "/home", "/boot", "/opt", "/srv", "/var") if _holds(path)]

    found = lived(life)
    assert isinstance(found, list)
    # /opt may hold the interpreter, and nothing else.
    assert [path for path in found if not sys.base_prefix.startswith(path) and not sys.prefix.startswith(path)] == []


def _holds(path: str) -> bool:
    return os.path.isdir(path) and os.listdir(path) not in ([], ["run"])  # a world's own /var/run


def test_people_are_the_houses_own() -> None:
    code, output = said("cat /etc/passwd /etc/shadow /etc/hostname; hostname")
    assert code == 0
    assert [line for line in output.splitlines() if line.startswith("root:")] == [
        "root:x:0:0:root:/tmp:/bin/sh",
        "root:*:19000:0:99999:7:::",
    ]
    assert output.endswith("house\nhouse\n")


def test_its_devices_are_harmless_and_no_more_can_be_made() -> None:
    def life() -> object:
        made = "made"
        try:
            os.mknod("/scratch/disk", stat.S_IFBLK | 0o600, os.makedev(8, 0))
        except PermissionError:
            made = "refused"
        return made, sorted(name for name in os.listdir("/dev") if not os.path.islink(f"/dev/{name}"))

    result = lived(life)
    assert isinstance(result, tuple)
    assert result[0] == "refused"
    assert set(result[1]) <= {"full", "net", "null", "random", "shm", "tty", "urandom", "zero"}


def test_processes_and_sockets_of_the_host_are_out_of_reach() -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0privmigrate-test-of-the-house")
        listening.listen()
        tool = os.getpid()

        def life() -> object:
            found = []
            with contextlib.suppress(ConnectionRefusedError), socket.socket(socket.AF_UNIX) as other:
                other.connect("\0privmigrate-test-of-the-house")
                found.append("socket")
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, 0)
                found.append("processes")
            if tool != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(tool, 0)
                    found.append("the tool")
            return found, sorted(int(name) for name in os.listdir("/proc") if name.isdigit())

        assert lived(life) == ([], [1])


def test_a_world_sees_nothing_of_the_one_before() -> None:
    def litter() -> None:
        for folder in ("/scratch", "/tmp", "/run", "/var", "/dev/shm"):
            with open(f"{folder}/left", "w") as stream:
                stream.write("here")
        socket.sethostname("other")
        subprocess.run(
            "ip link add left type bridge; ip netns add left; ipcmk -Q; mount -t tmpfs left /mnt; sleep 1000 &",
            shell=True,
            env=PROGRAMS,
            capture_output=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )

    def look() -> str:
        folders = "/scratch /tmp /run /var /dev/shm /mnt"
        line = f"ls {folders}; hostname; ip -o link; ipcs -q; ps -e -o comm= | grep -c sleep"
        done = subprocess.run(line, shell=True, env=PROGRAMS, capture_output=True, text=True, check=False)
        return done.stdout

    def work() -> Iterator[str]:
        yield sandbox.world(look)
        sandbox.world(litter)
        yield sandbox.world(look)

    try:
        before, after = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    assert before == after
    assert "left" not in after


def test_many_worlds_leak_nothing() -> None:
    def work() -> Iterator[tuple[int, int, int]]:
        for number in range(301):
            sandbox.world(lambda: os.getpid())
            if number in (100, 300):
                children = len([name for name in os.listdir("/proc") if name.isdigit()])
                with open("/proc/self/statm") as stream:
                    pages = int(stream.read().split()[1])
                yield len(os.listdir("/proc/self/fd")), children, pages

    try:
        early, late = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    assert early[:2] == late[:2]
    assert late[2] < early[2] + 256  # pages: a MiB


def test_a_world_that_fails_tells_why_and_the_next_one_works() -> None:
    def work() -> Iterator[str]:
        for life in (lambda: 1 / 0, lambda: os._exit(3)):
            with pytest.raises(sandbox.WorldError) as told:
                sandbox.world(life)
            yield str(told.value).strip().splitlines()[-1]
        with pytest.raises(sandbox.OutOfTime):
            sandbox.world(lambda: __import__("time").sleep(60), 0.2)
        yield sandbox.world(lambda: "works")

    try:
        told = list(house.stay(work))
    except house.HouseError as error:
        pytest.skip(str(error))
    assert told == ["ZeroDivisionError: division by zero", "it was killed", "works"]


def test_an_error_in_the_house_reaches_the_tool() -> None:
    def work() -> Iterator[None]:
        raise KeyError("lost")
        yield

    with pytest.raises(house.HouseFell, match="KeyError: 'lost'"):
        list(house.stay(work))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: an ordinary user's house is never without a user namespace")
def test_ids_are_as_outside_only_where_that_is_asked_for() -> None:
    def life() -> list[str]:
        return Path("/proc/self/uid_map").read_text().split()

    shifted, outside = lived(life), lived(life, ids_as_outside=True)
    assert isinstance(shifted, list) and isinstance(outside, list)
    assert shifted[0] == "0" and int(shifted[2]) == 65536
    assert outside[:2] == ["0", "0"]

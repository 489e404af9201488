"""A room is as new for each question, or is not asked again; what runs gets its time, and what hangs does not."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrator.verify import house, privileges, room, sandbox, world

Act = Callable[[], object]
ASKED = [0]  # how often the room that this process is was asked


def told(*acts: Act, networked: bool = False, seconds: float = 10) -> list[tuple[object, int]]:
    """What each act returned in the one room that there is, and which question it was for that one."""

    def act(number: int) -> tuple[tuple[object, int], room.Sights]:
        before = world.prepare()
        ASKED[0] += 1
        result = acts[number]()
        return (result, ASKED[0]), (world.files(before), world.processes({}, before))

    def work() -> Iterator[tuple[object, int]]:
        with room.rooms(act, networked) as ask:
            for number in range(len(acts)):
                try:
                    yield ask("the only", number, seconds)
                except (sandbox.OutOfTime, sandbox.WorldError) as error:
                    yield type(error).__name__, 0

    try:
        return list(house.stay(work))
    except house.HouseError as error:
        pytest.skip(str(error))


def nothing() -> None:
    pass


def litter() -> None:
    Path("/scratch/left").write_text("here")
    Path("/scratch").chmod(0o700)
    subprocess.run(
        "mount -t tmpfs more /scratch && touch /scratch/above || exit 1;"
        "mkdir /scratch/point && mount -t tmpfs more /scratch/point",
        shell=True,
        check=True,
        env={"PATH": house.SECURE_PATH},
    )


def below() -> None:
    os.mkdir("/scratch/dir")
    Path("/scratch/dir/left").write_text("here")
    subprocess.run("mount -t tmpfs more /scratch/dir", shell=True, check=True, env={"PATH": house.SECURE_PATH})
    os.chmod("/scratch", 0o700)


def scratch() -> object:
    return sorted(os.listdir("/scratch")), oct(os.stat("/scratch").st_mode), os.getpid()


def child() -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def test_the_scratch_folder_and_the_pids_are_new_each_time() -> None:
    first, _, again, *pids = told(scratch, below, scratch, child, child)
    assert first == (([], "0o40755", 1), 1)
    assert again == (([], "0o40755", 1), 3)
    assert [pid for pid, _ in pids] == [2, 2]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(litter, id="a mount in place of the scratch folder"),
        pytest.param(lambda: Path("/run/left").write_text("here"), id="a file elsewhere"),
        pytest.param(lambda: os.chmod("/tmp", 0o700), id="a mode elsewhere"),
        pytest.param(lambda: subprocess.Popen(["sleep", "100"]).pid, id="a process"),
        pytest.param(lambda: os.open("/dev/null", os.O_RDONLY), id="a file held open"),
        pytest.param(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)), id="a limit"),
        pytest.param(lambda: os.setresuid(-1, 1, -1), id="a user"),
    ],
)
def test_who_leaves_something_behind_is_the_last_there(act: Act) -> None:
    assert [number for _, number in told(nothing, act, nothing)] == [1, 2, 1]


def test_one_that_hangs_or_ends_its_room_is_told_and_the_next_one_works() -> None:
    acts = (lambda: time.sleep(60), nothing, lambda: os._exit(3), nothing, lambda: 1 // 0, nothing)
    found = told(*acts, seconds=1)
    assert [each for each, _ in found] == ["OutOfTime", None, "WorldError", None, "WorldError", None]


def test_each_question_has_a_network_of_its_own() -> None:
    def links() -> list[str]:
        return [name for _, name in socket.if_nameindex()]

    def more() -> None:
        line = "ip link add left type bridge && test -e /sys/class/net/left && sysctl -w net.ipv4.ip_forward=1"
        subprocess.run(line, shell=True, check=True, env={"PATH": house.SECURE_PATH}, capture_output=True)

    def state() -> object:
        return links(), os.listdir("/sys/class/net"), Path("/proc/sys/net/ipv4/ip_forward").read_text()

    assert told(state, more, state, networked=True) == [
        ((["lo"], ["lo"], "0\n"), 1),
        (None, 2),
        ((["lo"], ["lo"], "0\n"), 3),
    ]


def given_up() -> int:
    """How many capabilities the thread that this is called in can still get, once it has kept only one."""
    privileges.keep(frozenset({"CAP_CHOWN"}))
    return left()


def left() -> int:
    status = Path("/proc/thread-self/status").read_text()
    return min(int(line.split()[1], 16).bit_count() for line in status.splitlines() if line[:6] in ("CapPrm", "CapBnd"))


def test_what_a_thread_gave_up_the_room_has_still() -> None:
    def in_a_thread() -> int:
        return sandbox.in_thread(given_up)

    privileges.ordered()  # what that needs is imported here, or the room would change when it is asked first
    (every, _), *rest = told(left, in_a_thread, left, in_a_thread)
    assert isinstance(every, int) and every > 1
    assert rest == [(1, 2), (every, 3), (1, 4)]
    assert told(given_up, left) == [(1, 1), (every, 1)]


def answered(seconds: float, act: Act) -> object:
    """What a child of a world answers when it does that."""

    def life() -> object:
        try:
            return sandbox.child(act, seconds, 20)
        except sandbox.OutOfTime as error:
            return type(error).__name__

    def work() -> Iterator[object]:
        yield sandbox.world(life, 60)

    try:
        (found,) = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    return found


def busy() -> str:
    until = time.process_time() + 0.6
    while time.process_time() < until:
        pass
    return "done"


def test_who_works_gets_more_time_and_who_waits_does_not() -> None:
    assert answered(0.2, busy) == "done"
    assert answered(0.2, lambda: time.sleep(60)) == "OutOfTime"

"""What is measured: operations, the ways that they are done in, how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from migrator.fault import Fault

FOLDER = "/var/lib/privmigrate"
SECRET = "only root may read this"
WAIT = 0.05  # seconds that the waiting operation waits
THREADS = (1, 8)
# How many threads the pool of a second daemon has; the first has oslo.privsep's default, one for each processor.
WIDE = 8


class Way(Enum):
    """How an operation is done. The order is that of tables and charts."""

    ROOTWRAP = "rootwrap"
    DAEMON = "daemon"
    EXEC = "exec"
    NATIVE = "native"


SAID = {
    Way.ROOTWRAP: "sudo + rootwrap",
    Way.DAEMON: "rootwrap-daemon",
    Way.EXEC: "privsep, command",
    Way.NATIVE: "privsep, native",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """lines: the command lines, which take turns, so that each call changes what the one before it left.

    rule: the native rule that covers them, "" where there is none. effect: what is looked at after each call (see
    harness.client), path: of what, wanted: what it is then, by turns.
    """

    name: str
    about: str
    lines: tuple[str, ...]
    rule: str
    effect: str
    path: str
    wanted: tuple[str, ...]

    @property
    def program(self) -> str:
        return self.lines[0].split()[0]


OPERATIONS = (
    Operation(
        "chown",
        "change the owner of a file",
        (f"chown 2001 {FOLDER}/owned", f"chown 2002 {FOLDER}/owned"),
        "chown.chown",
        "owner",
        f"{FOLDER}/owned",
        ("2001", "2002"),
    ),
    Operation(
        "chmod",
        "change the mode of a file",
        (f"chmod 600 {FOLDER}/moded", f"chmod 640 {FOLDER}/moded"),
        "chmod.chmod",
        "mode",
        f"{FOLDER}/moded",
        ("600", "640"),
    ),
    Operation(
        "cat", "read a file that only root may", (f"cat {FOLDER}/secret",), "cat.cat", "output", "", (f"{SECRET}\n",)
    ),
    Operation("ip", "ip link set lo up", ("ip link set lo up",), "ip.set_link_up", "link", "lo", ("up",)),
    Operation("true", "a command that no function replaces", ("true",), "", "output", "", ("",)),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """rounds: in each, every operation goes once through rootwrap, and `often` times each other way, in random order.

    starts: of each daemon. seconds: of one measurement of throughput, and how often that is repeated. seed: of the
    order.
    """

    operations: tuple[Operation, ...]
    rounds: int = 30
    often: int = 5
    starts: int = 8
    seconds: float = 0.7
    repetitions: int = 3
    seed: int = 0


def plan(only: Sequence[str] = (), rounds: int | None = None, quick: bool = False, seed: int = 0) -> Plan:
    """The plan for these operations, all when none is named; rounds: None for the usual number. Raises Fault."""
    if rounds is not None and rounds < 1:
        raise Fault(f"--rounds {rounds}: give how many rounds there are to be, 1 or more")
    chosen = tuple(one for one in OPERATIONS if not only or one.name in only)
    if quick:
        return Plan(chosen, rounds or 5, often=4, starts=1, seconds=0.1, repetitions=1, seed=seed)
    return Plan(chosen, rounds or 30, seed=seed)

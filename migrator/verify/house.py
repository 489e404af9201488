"""A root of its own for trials: the host's programs read-only, its files out of reach, nothing left behind.

The house is process 1 of its own pid namespace, with its own mount, network and IPC namespaces, below a keeper that
waits for it. Each dies with the one above it, and the kernel kills what is left in a pid namespace whose first
process ends: however the tool ends, no process, mount or network namespace of the house survives it.

Its root is a tmpfs. The host's /usr (and /bin, /lib ...), Python and `visible` lie in it read-only at their own paths;
/etc is made here; /dev holds the harmless devices; /tmp, /run and /var are empty. By default it is a user namespace
as well, whose root is no user of the host: it cannot make devices, owns no file of the host's and sets none of its
kernel parameters. What lives in it does so in a second one, where what is mounted, and read-only, has to stay so.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from migrator.fault import Fault
from migrator.verify import channel, kernel, root, uids
from migrator.verify.root import SECURE_PATH, UID, USER, File, HouseError

__all__ = ["SECURE_PATH", "UID", "USER", "File", "HouseError", "HouseFell", "jobs", "stay"]

T = TypeVar("T")

_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS


class HouseFell(Exception):
    """The house ended before its work did; carries what it said last."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What house is wanted, as stay() says it."""

    work: Callable[[], Iterator[Any]]
    visible: Sequence[str]
    files: Mapping[str, File]
    contained: bool
    ids_as_outside: bool

    @property
    def locked(self) -> bool:
        """Whether what lives in it has no power over how it is built."""
        return self.contained and not self.ids_as_outside


@dataclass(frozen=True, slots=True)
class _Open:
    """A house that is lived in: the keeper's pid, and where its items are read."""

    keeper: int
    reading: int


def stay(
    work: Callable[[], Iterator[T]],
    *,
    visible: Sequence[str] = (),
    files: Mapping[str, File] | None = None,
    contained: bool = True,
    ids_as_outside: bool = False,
    houses: int = 1,
) -> Generator[T, None, None]:
    """Run a generator function in a new house; yields what it yields, as it comes (each item is pickled).

    visible: more paths of the host to show read-only at their own place. files: absolute path -> file to make.
    contained: a user namespace too. Root may say False, for work that needs powers over devices: only its programs'
    good will keeps that from the host. ids_as_outside: for root, whom it leaves the host's files in /proc and /sys;
    sudo and other set-id programs need it. houses: so many run the same function at once; it shares the work out
    itself (jobs()).
    Raises HouseError when no house can be built here, and HouseFell with the traceback when the work fails. When this
    generator is closed, or the tool ends in whatever way, the houses and all that lived in them are gone.
    """
    if not contained and os.geteuid() != 0:
        raise HouseError("needs root: in a user namespace nobody has power over devices")
    inhabited: list[_Open] = []
    try:
        for _ in range(houses):
            inhabited.append(_open(_Order(work, visible, files or {}, contained, ids_as_outside)))
        with selectors.DefaultSelector() as selector:
            for house in inhabited:
                selector.register(house.reading, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    kind, value = _received(key.fd)
                    if kind == "item":
                        yield value
                    elif kind == "done":
                        selector.unregister(key.fd)
                    elif kind == "error":
                        raise HouseError(value)
                    else:
                        raise HouseFell(value)
    finally:
        for house in inhabited:
            with contextlib.suppress(ProcessLookupError):
                os.kill(house.keeper, signal.SIGKILL)
        for house in inhabited:
            os.close(house.reading)
            os.waitpid(house.keeper, 0)


def jobs(number: int) -> Callable[[], int | None]:
    """A queue of the numbers below `number` for houses to share: a call takes the next, None when all are taken."""
    reading, writing = os.pipe()
    os.write(writing, b"".join(struct.pack("!I", each) for each in range(number)))
    os.close(writing)

    def take() -> int | None:
        taken = os.read(reading, 4)
        return int(struct.unpack("!I", taken)[0]) if taken else None

    return take


def _open(order: _Order) -> _Open:
    plan = uids.plan(order.ids_as_outside)
    reading, writing = os.pipe()
    asking, answering = os.pipe(), os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    tool = os.getpid()
    keeper = os.fork()
    if keeper == 0:
        try:
            _aside(tool)
            os.close(reading)
            if order.contained:
                _contained(asking[1], answering[0])
            _keep(order, plan, writing, tool)
        except HouseError as error:
            channel.send(writing, ("error", str(error)))
        except BaseException:  # this process ends here: whatever it was has to reach the tool
            channel.send(writing, ("fell", traceback.format_exc()))
        finally:
            os._exit(0)
    os.close(writing)
    os.close(asking[1])
    try:
        if order.contained and os.read(asking[0], 1):
            uids.write(keeper, plan)
            os.write(answering[1], b"!")
    except BaseException:
        os.kill(keeper, signal.SIGKILL)
        os.waitpid(keeper, 0)
        os.close(reading)
        raise
    finally:
        for descriptor in (asking[0], *answering):
            os.close(descriptor)
    return _Open(keeper, reading)


def _contained(asking: int, answering: int) -> None:
    """Make a user namespace, and wait until the tool has mapped its ids."""
    try:
        kernel.unshare(kernel.CLONE_NEWUSER)
    except OSError as error:
        raise HouseError(
            f"this machine lets this user make no user namespace ({error.strerror}); "
            "see kernel.unprivileged_userns_clone, user.max_user_namespaces, or run as root"
        ) from error
    os.write(asking, b"?")
    if os.read(answering, 1) != b"!":
        os._exit(1)


def _be_root(plan: uids.Plan, parent: int) -> None:
    """Become root of the user namespace, where the user that made it has no id in it."""
    if plan.kind == "shift":
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        # The kernel takes both back from a process that changes its user.
        kernel.own_proc_files()
        kernel.die_with_parent(parent)


def _received(reading: int) -> tuple[str, Any]:
    try:
        received: tuple[str, Any] = channel.received(reading)
    except EOFError:
        return "fell", "it was killed"
    return received


def _aside(parent: int) -> None:
    """What every process of ours starts with: it dies with its parent, and Ctrl-C is for the tool to handle."""
    kernel.die_with_parent(parent)
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _keep(order: _Order, plan: uids.Plan, writing: int, tool: int) -> None:
    """The keeper: start the house as process 1 of new namespaces, and wait for it."""
    kernel.unshare(_NAMESPACES)
    sources = root.gather(order.visible)
    if order.contained:
        _be_root(plan, tool)
    _child(lambda: _house(order, sources, writing), writing)


def _house(order: _Order, sources: Sequence[root.Source], writing: int) -> None:
    """Build the root, and start what lives in it."""
    root.build(sources, order.files, order.locked)
    if order.locked:
        _locked_in()
        _child(lambda: _live(order, writing), writing)
    else:
        _live(order, writing)


def _live(order: _Order, writing: int) -> None:
    if order.locked:
        root.kernel_files()
    for item in order.work():
        channel.send(writing, ("item", item))
    channel.send(writing, ("done", None))


def _child(act: Callable[[], None], writing: int) -> None:
    """Run act() in a child that dies with this process, and wait for it; what goes wrong is told to the tool."""
    parent = os.getpid()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        _aside(parent)
        act()
    except HouseError as error:
        channel.send(writing, ("error", str(error)))
    except BaseException:  # this process ends here: whatever it was has to reach the tool
        channel.send(writing, ("fell", traceback.format_exc()))
    finally:
        os._exit(0)


def _locked_in() -> None:
    """Enter a second user namespace with the same ids: the kernel locks all mounts that come from the first."""
    house = os.getpid()
    asking, answering = os.pipe(), os.pipe()
    mapper = os.fork()
    if mapper == 0:
        done = "it ended"
        try:
            _aside(house)
            os.close(asking[1])
            if os.read(asking[0], 1):
                uids.write(house, uids.Plan("all"))
                done = "!"
        except Fault as error:
            done = str(error)
        finally:
            os.write(answering[1], done.encode())
            os._exit(0)
    os.close(answering[1])
    try:
        kernel.unshare(kernel.CLONE_NEWUSER | _NAMESPACES)
        os.write(asking[1], b"?")
        answer = os.read(answering[0], 1000).decode()
        if answer != "!":
            raise HouseError(f"no user namespace within another: {answer}")
    except OSError as error:
        raise HouseError(f"this machine lets nobody make a user namespace within another ({error})") from error
    finally:
        for descriptor in (*asking, answering[0]):
            os.close(descriptor)
        os.waitpid(mapper, 0)

"""What one call of an operation costs each way, by the figures of a run of bench."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.bench.plan import Way
from migrator.bench.results import Result
from migrator.fault import Fault
from migrator.forecast.operations import Operation
from migrator.model import Rung

# The operation of bench that no function replaces: what is paid for having any command run.
ANY_COMMAND = "true"
# The operation of bench whose native function opens a netlink socket.
ON_NETLINK = "ip"
# Processes that one call starts: as docs/bench.md has it. sudo, Python with rootwrap, and the command; the command.
PROCESSES = {Way.ROOTWRAP: 3, Way.DAEMON: 1, Way.EXEC: 1, Way.NATIVE: 0}
BEFORE = (Way.ROOTWRAP, Way.DAEMON)


@dataclass(frozen=True, slots=True)
class Cost:
    """One call. ms: the median of bench. measured: the operation of bench that it is the figure of."""

    ms: float
    processes: int
    measured: str


def check(found: Result, path: str) -> None:
    """Raises Fault, with the path, for a run that lacks a way or the command that stands for all others."""
    lacking = [way.value for way in Way if not found.latency.get(way.value)]
    if lacking or any(found.times(way, ANY_COMMAND) is None for way in (*BEFORE, Way.EXEC)):
        what = f"no figures of {', '.join(lacking)}" if lacking else f"no figures of `{ANY_COMMAND}`"
        raise Fault(f"{path}: {what} in it; make it anew with `privmigrate bench --json FILE`, without --only")


def way_of(rung: Rung, rootwrap: Way) -> Way:
    """How an operation on a rung is done; rootwrap: what the service has for rung 0, Way.ROOTWRAP or Way.DAEMON."""
    if rung is Rung.ROOTWRAP:
        return rootwrap
    return Way.NATIVE if rung is Rung.NATIVE else Way.EXEC


def cost(found: Result, operation: Operation, rung: Rung, rootwrap: Way) -> Cost:
    """What one call of an operation on a rung costs.

    The figure is that of bench's operation with the same program where it was measured that way. Else a command stands
    at what having `true` run costs, so that its own time is left out both before and after; a function that asks
    netlink at what `ip` costs, and any other native one at the slowest of those that bench has.
    """
    way = way_of(rung, rootwrap)
    name = _stands_for(found, operation, way)
    times = found.times(way, name)
    assert times is not None
    return Cost(times.median, PROCESSES[way], name)


def _stands_for(found: Result, operation: Operation, way: Way) -> str:
    own = operation.program
    if own in found.operations and own != ANY_COMMAND and found.times(way, own) is not None:
        return own
    if way is not Way.NATIVE:
        return ANY_COMMAND
    native = found.latency[way.value]
    if ON_NETLINK in native and operation.netlink:
        return ON_NETLINK
    others = [name for name in native if name != ON_NETLINK] or list(native)
    return max(others, key=lambda name: native[name].median)

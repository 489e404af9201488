"""Operations of a project that nobody had to scan, and a run of bench for them."""

from __future__ import annotations

from migrator.bench.plan import plan
from migrator.bench.results import Raw, Result, result
from migrator.forecast.operations import Context, Operation
from migrator.model import Rung
from migrator.understand.program import command
from migrator.words import Literal, Rest, Value, Word
from tests.bench import made as bench

FILES = Context("cloud.privsep.fs_pctxt", "cloud_fs", True)
COMMANDS = Context("cloud.privsep.sys_admin_pctxt", "cloud_sys_admin", True)
# In milliseconds: rootwrap, daemon, exec, native.
MS = {"chown": (200, 6, 8, 0.5), "chmod": (200, 6, 8, 0.8), "ip": (200, 7, 9, 3), "true": (190, 5, 7, None)}


def words(text: str) -> tuple[Word, ...]:
    """`{x}` is a word that is not known, `if={x}` one whose beginning is, `*{x}` any number of them."""
    made: list[Word] = []
    for word in text.split():
        start, brace, code = word.partition("{")
        if not brace:
            made.append(Literal(word))
        elif start == "*":
            made.append(Rest(code.rstrip("}")))
        else:
            made.append(Value(code.rstrip("}"), (start, None) if start else ()))
    return tuple(made)


def operation(text: str, after: Rung = Rung.NARROW, before: Rung = Rung.ROOTWRAP, line: int = 1) -> Operation:
    """An operation that runs this command; it is in FILES when it becomes native, in COMMANDS else."""
    known = command(words(text))
    context = "" if after is Rung.ROOTWRAP else (FILES if after is Rung.NATIVE else COMMANDS).name
    old = "" if before is Rung.ROOTWRAP else context
    program = known.program or "(unknown)"
    return Operation(
        "cloud/a.py", line, 1, program, tuple(text.split()), (known,), before, after, old, context, f"{context}.x"
    )


def run(**ms: tuple[float | None, ...]) -> Result:
    """A run of bench with these medians, those of MS where none are named."""
    ways = ("rootwrap", "daemon", "exec", "native")
    latency = {
        name: {way: [each / 1000] for way, each in zip(ways, figures, strict=True) if each is not None}
        for name, figures in (ms or MS).items()
    }
    told = {**bench.told(), "latency": latency}
    memory = {"daemon": [16384, 2], "privsep": [22528, 1], "privsep-native": [34816, 1]}
    return result(Raw(told, memory), plan(), "2026-11-26T10:00:00+00:00", bench.MACHINE, bench.VERSIONS)

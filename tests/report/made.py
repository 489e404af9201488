"""Scans and outcomes made by hand, for tests of what is drawn from them."""

from __future__ import annotations

import dataclasses
from typing import Any

from migrator.model import Kind, Option, Outcome, Privileged, Reason, Rung, Scan, Site, Status, Unreadable, Use
from migrator.report.ledger import ledger
from migrator.words import Command, Literal, Value

SITE = Site(
    id="0",
    path="service/volume.py",
    line=12,
    end_line=14,
    column=9,
    span=(100, 160),
    kind=Kind.DIRECT,
    enclosing="Driver.take",
    callee="utils.execute",
    via=(),
    executor="oslo_concurrency.processutils.execute",
    command=Command((Literal("chown"), Value("uid"), Value("path")), program="chown", programs=("chown",)),
    flag="True",
    root="run_as_root=True",
    takes_argv=False,
    options=(Option("check_exit_code", "[0, 1]", True),),
    result="ignored",
    uses=frozenset({Use.EXIT_CODES, Use.HANDLER}),
    handlers=("ProcessExecutionError",),
    decorators=(),
)

CHOWN = Privileged(
    name="chown",
    module="path",
    source="def chown(owner, path): ...",
    imports=("import os",),
    capabilities=frozenset({"CAP_CHOWN"}),
    rung=Rung.NATIVE,
    rule="chown.chown",
)


def sites(*changes: dict[str, Any]) -> tuple[Site, ...]:
    """Sites that differ from SITE in what is given; ids are numbered."""
    return tuple(
        dataclasses.replace(SITE, **{"id": str(number), **change}) for number, change in enumerate(changes, start=1)
    )


def scan(*changes: dict[str, Any], unreadable: tuple[Unreadable, ...] = ()) -> Scan:
    return Scan(root=".", sites=sites(*changes), unreadable=unreadable, tolerated=(), files=40)


def refused(site: Site) -> Outcome:
    return Outcome(site, Status.REFUSED, Rung.ROOTWRAP, (Reason("too-hard", "Write a function for it by hand."),))


def book(*changes: dict[str, Any], unreadable: tuple[Unreadable, ...] = ()) -> dict[str, Any]:
    """The ledger of such sites, all of them refused."""
    made = scan(*changes, unreadable=unreadable)
    return ledger(made, [refused(site) for site in made.sites])

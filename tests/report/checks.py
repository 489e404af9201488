"""Reports of the gate made by hand, for tests of its forms."""

from __future__ import annotations

from migrator.report.baseline import Key
from migrator.report.checked import Report
from migrator.report.findings import Finding, Rank, Step

CALL = Finding(
    Key("service/driver.py", "Driver.take", ("chown", "{}", "{}"), "PRV101", 2),
    "service/driver.py",
    *(12, 14, 9, Rank.EQUIVALENT),
    "runs as root: chown {uid} {path} (direct, run_as_root=True)",
    "number 2 of equal ones in Driver.take, and known.txt holds 1",
    "`privmigrate rewrite --only service/driver.py:12 service` moves it to privsep (native)",
    site="5f",
    ready=True,
    steps=(Step("service/utils.py", 3, "is service.utils.execute"), Step("", 0, "which ends in oslo's execute")),
)
HOLE = Finding(
    Key("service/privsep/fs.py", "<module>", ("service.privsep.fs.give",), "PRV242", 1),
    "service/privsep/fs.py",
    *(8, 8, 1, Rank.BREAKS),
    "`give` has no entrypoint decorator: 100% of it, a,b: runs as | the service",
    "it fails, or leaves a hole, when it runs",
    "decorate it",
)
UNREAD = Finding(
    Key("service/old file.py", "", ("does not parse",), "PRV901", 1),
    "service/old file.py",
    *(3, 3, 1, Rank.UNREAD),
    "does not parse: invalid syntax",
    "root calls in it are not known",
    "mend it",
)
STALE = Finding(
    Key("service/driver.py", "Driver.make", ("PRV101", "mkfs"), "PRV905", 1),
    "known.txt",
    *(4, 4, 1, Rank.UPKEEP),
    "stale entry: PRV101 service/driver.py Driver.make: mkfs",
    "what it stands for is gone",
    "`privmigrate check --prune service --baseline known.txt` removes it",
)
FULL = Report((UNREAD,), (CALL, HOLE), (STALE,), "known.txt", "privmigrate baseline service", known=5, stale=1)
CLEAN = Report((), (), (), "known.txt", "privmigrate baseline service", known=5)

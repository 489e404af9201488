# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""sync: write what is cached to the disks through sync(2) and fsync(2)."""

from __future__ import annotations

import os

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def sync() -> tuple[str, str]:
    """Write all cached data of all file systems to their disks."""
    os.sync()
    return "", ""


def sync_paths(paths: list[str], data: bool = False, check: bool = True) -> tuple[str, str]:
    """Write what is cached of each of the paths to its disk; with data=True no metadata that reading can do without."""
    errors = []
    for path in paths:
        if path and not os.path.isabs(path):
            # The daemon's working directory is /, not the caller's.
            errors.append("'%s' is not an absolute path" % path)
            continue
        action = "opening"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                action = "syncing"
                if data:
                    os.fdatasync(descriptor)
                else:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            errors.append("error %s '%s': %s" % (action, path, error.strerror))
    stderr = "".join("sync: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="sync %s%s" % ("-d " if data else "", " ".join(paths))
        )
    return "", stderr


RULES = (
    Rule(
        grammar="sync",
        function=sync,
        module="fs",
        kind=NATIVE,
        samples=(
            Sample("sync()", "('', '')", patched=("os.sync",), asserted=("mock_sync.assert_called_once_with()",)),
        ),
        examples=(
            Becomes("utils.execute('sync', run_as_root=True)", "privsep.fs.sync()"),
            Stays("utils.execute('sync', '-f', path, run_as_root=True)", because="-f"),
            Stays("utils.execute('sync', run_as_root=True, attempts=3)", because="attempts"),
        ),
        trials=(Trial("sync"),),
    ),
    Rule(
        grammar="sync [-d|--data] PATHS...",
        function=sync_paths,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "sync_paths([path])",
                "('', '')",
                patched=("os.fsync",),
                asserted=("mock_fsync.assert_called_once_with(mock.ANY)",),
            ),
            Sample("sync_paths([missing])", code=1),
        ),
        examples=(
            Becomes("utils.execute('sync', path, run_as_root=True)", "privsep.fs.sync_paths([str(path)])"),
            Becomes(
                "utils.execute('sync', '-d', one, two, run_as_root=True)",
                "privsep.fs.sync_paths([str(one), str(two)], data=True)",
            ),
            Stays("utils.execute('sync', '-f', path, run_as_root=True)", because="-f"),
            Stays("utils.execute('sync', *paths, run_as_root=True)", because="*paths"),
        ),
        trials=tuple(
            Trial(f"sync {line}")
            for line in (
                "{file}",
                "{file}/below",
                "{missing} {dir}",
                "{lockeddir}/inside",
                "/dev/null",
                "{mounted}/point",
                "''",
                "-d {dir}/inside",
                "-d /dev/null {tree}/sub/fifo",
            )
        ),
        differences=(RELATIVE, DASH, QUOTED),
    ),
)

# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""du: add up how much is at a path through lstat(2)."""

from __future__ import annotations

import fnmatch
import os
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def du(
    path: str, bytes: bool = False, apparent_size: bool = False, exclude: str = "", check: bool = True
) -> tuple[str, str]:
    """Return how many KiB path and all below it take up on disk, a tab, path and a newline.

    With bytes=True it is how many bytes they are long, with apparent_size=True the same in KiB. exclude: what is
    left out, a pattern in which * stands for any text; it has to match the end of a path, after a slash.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    total = 0
    counted = False
    seen = set()
    waiting = [path]
    if not path:
        errors.append("invalid zero-length file name")
        waiting = []
    elif not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % path)
        waiting = []
    while waiting:
        each = waiting.pop()
        starts = [0] + [found.end() for found in re.finditer("/(?=[^/])", each)]
        if exclude and any(fnmatch.fnmatchcase(each[start:], exclude) for start in starts):
            continue
        try:
            status = os.lstat(each)
        except OSError as error:
            errors.append("cannot access '%s': %s" % (each, error.strerror))
            continue
        folder = stat.S_ISDIR(status.st_mode)
        if not folder and status.st_nlink > 1:
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
        counted = True
        total += status.st_size if bytes or apparent_size else status.st_blocks * 512
        if folder:
            try:
                waiting += [os.path.join(each, name) for name in os.listdir(each)]
            except OSError as error:
                errors.append("cannot read directory '%s': %s" % (each, error.strerror))
    stdout = "%d\t%s\n" % (total if bytes else (total + 1023) // 1024, path) if counted else ""
    stderr = "".join("du: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(stdout=stdout, stderr=stderr, exit_code=1, cmd="du -s %s" % path)
    return stdout, stderr


RULES = (
    Rule(
        grammar="du (-s|--summarize) [-b|--bytes] [--apparent-size] [--exclude=EXCLUDE] PATH",
        only={"exclude": "[A-Za-z0-9_.*/-]+"},
        function=du,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample("du(path, bytes=True)", "('3\\t%s\\n' % path, '')"),
            Sample("du(missing)", code=1),
        ),
        examples=(
            Becomes(
                "out, _ = self._execute('du', '--bytes', '-s', mount_path, run_as_root=True)",
                "privsep.path.du(str(mount_path), bytes=True)",
            ),
            Becomes(
                "out, _ = self._execute('du', '-sb', '--apparent-size', '--exclude', '*snapshot*', mount_point, "
                "run_as_root=True)",
                "privsep.path.du(str(mount_point), bytes=True, apparent_size=True, exclude='*snapshot*')",
            ),
            Stays("execute('du', '-sx', path, run_as_root=True)", because="-x"),
            Stays("execute('du', '-s', '--exclude', '[a-z]', path, run_as_root=True)", because="'[a-z]'"),
            Stays("execute('du', '-s', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('du', path, run_as_root=True)", because="-s"),
        ),
        trials=tuple(
            Trial(f"du {line}")
            for line in (
                "-s {tree}/",
                "-s {file}/below",
                "-s /usr/bin/du",
                "-sb {tree}",
                "-sb {file}",
                "-sb {file}/",
                "-sb {dirlink}//",
                "-sb {mounted}",
                "-sb {lockeddir}",
                "-sb ''",
                "-sb --exclude 'r*' {tree}/sub",
                "-sb --exclude deep {tree}/sub",
                "-sb --exclude '*ee/sub*' {tree}/sub/deep",
                "-sb --exclude '*cratch*' {tree}/sub",
                "-sb --exclude sub {tree}/sub//",
                "-s --apparent-size {tree}/sub",
                "-s --exclude fifo {tree}/sub",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference("a path below the given one that has 4096 bytes or more is one that cannot be accessed"),
            Difference("where du(1) is that of coreutils 9.2 or later, only files and links have a length in bytes"),
        ),
    ),
)

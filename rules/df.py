# ruff: noqa: UP031, RUF005 - the projects with the most to migrate still run on Python 2: no f-strings, no [*list]
"""df: tell how much room there is in a file system through statfs(2)."""

from __future__ import annotations

import os
import re
import stat
import sys

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED_BLANKS, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def df(path: str, portability: bool = False, block_size: str = "1024", check: bool = True) -> tuple[str, str]:
    """Return the table of df(1) for the file system that path is on: a line of titles and one line.

    Filesystem, size, used, available, percent used, mount point. Sizes are in blocks of block_size bytes, "1" or
    "1024". portability=True: the titles of POSIX.
    """
    stdout = stderr = ""
    try:
        if path and not os.path.isabs(path):
            # The daemon's working directory is /, not the caller's.
            stderr = "df: '%s' is not an absolute path\n" % path
        elif stat.S_ISBLK(os.stat(path).st_mode):
            stderr = "df: '%s' is a device; name its mount point\n" % path
        else:
            device = os.stat(path).st_dev
            with open("/proc/self/mountinfo", "rb") as stream:
                content = stream.read()
            text = (
                content if isinstance(content, str) else content.decode(sys.getfilesystemencoding(), "surrogateescape")
            )
            # Those of these types are only shown when there is no other that could be meant.
            dummies = "autofs proc subfs debugfs devpts fusectl fuse.portal mqueue rpc_pipefs sysfs devfs kernfs ignore"
            mounts = []
            for line in text.splitlines():
                before, _, after = line.partition(" - ")
                point, source = [
                    re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), field)
                    for field in (before.split(" ")[4], after.split(" ")[1])
                ]
                major, _, minor = before.split(" ")[2].partition(":")
                dummy = after.split(" ")[0] in dummies.split()
                mounts.append((point, source, dummy, os.makedev(int(major), int(minor))))
            best = None
            whole = os.path.realpath(path)
            for mount in mounts:
                inside = mount[0] == "/" or (whole + "/").startswith(mount[0] + "/")
                if inside and (not best or (len(best[0]) <= len(mount[0]) and (best[2] or not mount[2]))):
                    best = mount
            if best and os.stat(best[0]).st_dev != device:
                best = None  # something else is mounted over it
            if not best:
                for mount in mounts:
                    if mount[3] == device and (not best or best[2] or not mount[2]) and os.path.exists(mount[0]):
                        best = mount if os.stat(mount[0]).st_dev == device else best
            if not best:
                while os.path.dirname(whole) != whole and os.stat(os.path.dirname(whole)).st_dev == device:
                    whole = os.path.dirname(whole)
                best = (whole, "-", False, device)
            status = os.statvfs(path)
            unit = int(block_size)
            free = status.f_bavail if status.f_bavail < 2**63 else status.f_bavail - 2**64
            used = status.f_blocks - status.f_bfree
            room = used + free
            blocks = [
                "%d" % -(-count * (status.f_frsize or status.f_bsize) // unit)
                for count in (status.f_blocks, used, free)
            ]
            size = "%d" % unit if portability else {1: "1B", 1024: "1K"}[unit]
            titles = ["Filesystem", size + "-blocks", "Used", "Available", "Capacity" if portability else "Use%"]
            row = [best[1]] + blocks + ["%d%%" % -(-used * 100 // room) if room else "-"]
            for column, least in enumerate((14, 5, 5, 5, 4)):
                width = max(least, len(titles[column]), len(row[column]))
                for cells in (titles, row):
                    cells[column] = cells[column].rjust(width) if column else cells[column].ljust(width)
            for cells, last in ((titles, "Mounted on"), (row, best[0])):
                stdout += re.sub(r"[\0-\x1f\x7f]", "?", " ".join(cells + [last])) + "\n"
    except OSError as error:
        stderr = "df: %s: %s\n" % (path or "''", error.strerror)
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd="df %s" % path)
    return stdout, stderr


RULES = (
    Rule(
        grammar="df [-P|--portability] [-B BLOCK_SIZE|--block-size=BLOCK_SIZE] PATH",
        only={"block_size": "1|1024"},
        function=df,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "df(path, portability=True, block_size='1')",
                "['1-blocks', str(status.f_blocks * status.f_frsize)]",
                "[line.split()[1] for line in result[0].splitlines()]",
                given=("status = os.statvfs(path)",),
            ),
            Sample("df(missing)", code=1),
        ),
        examples=(
            Becomes("out, err = self._execute('df', path, run_as_root=True)", "privsep.path.df(str(path))"),
            Becomes(
                "out, err = self._execute('df', '-P', '-B', '1', path, run_as_root=True)",
                "privsep.path.df(str(path), portability=True, block_size='1')",
            ),
            Becomes(
                "out, _ = self._execute('df', '--portability', '--block-size', '1', mount_point, run_as_root=True)",
                "privsep.path.df(str(mount_point), portability=True, block_size='1')",
            ),
            Stays("execute('df', '-B', '1M', path, run_as_root=True)", because="'1M'"),
            Stays("execute('df', '-h', path, run_as_root=True)", because="-h"),
            Stays("execute('df', '-P', run_as_root=True)", because="PATH"),
        ),
        trials=tuple(
            Trial(f"df {line}")
            for line in (
                "{file}",
                "{file}/below",
                "{mounted}/point/inside",
                "{mounted:newline,space}/point",
                "{lockeddir}/inside",
                "/proc/self/status",
                "/dev/null",
                "/dev/pts",
                "-B 1 {mounted}/plain",
                "-B 1024 {mounted}/point",
                "-P {readonlydir}/inside",
                "-P {dirlink}/",
                "-P -B 1 {mounted}/point",
                "-P -B 1 {tree}/out/inside",
                "-P -B 1 {tree}/sub/dangling",
                "-P -B 1 ''",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED_BLANKS,
            Difference("a block device is refused, for which the command tells of the file system that is in it"),
        ),
    ),
)

# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""stat: tell what a path, or the file system that it is on, is like through stat(2) and statfs(2)."""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

_STDIN = "- is refused as well, which stands for standard input"


def stat_format(format: str, path: str, dereference: bool = False, check: bool = True) -> tuple[str, str]:
    """Return format with each directive of stat(1) in it replaced by what path is like, and a newline.

    Directives: %a %b %B %f %F %g %G %h %i %n %o %s %t %T %u %U %X %Y. With dereference=True a link is followed.
    """
    stdout = stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "stat: '%s' is not an absolute path\n" % path
    else:
        try:
            status = os.stat(path) if dereference else os.lstat(path)
        except OSError as error:
            stderr = "stat: cannot statx '%s': %s\n" % (path, error.strerror)
        else:
            kinds = (
                (stat.S_ISREG, "regular file" if status.st_size else "regular empty file"),
                (stat.S_ISDIR, "directory"),
                (stat.S_ISLNK, "symbolic link"),
                (stat.S_ISFIFO, "fifo"),
                (stat.S_ISSOCK, "socket"),
                (stat.S_ISBLK, "block special file"),
                (stat.S_ISCHR, "character special file"),
            )
            told = {
                "%": "%",
                "n": path,
                "a": "%o" % stat.S_IMODE(status.st_mode),
                "b": "%d" % status.st_blocks,
                "B": "512",
                "f": "%x" % status.st_mode,
                "F": "".join(kind for is_it, kind in kinds if is_it(status.st_mode)),
                "g": "%d" % status.st_gid,
                "h": "%d" % status.st_nlink,
                "i": "%d" % status.st_ino,
                "o": "%d" % status.st_blksize,
                "s": "%d" % status.st_size,
                "t": "%x" % os.major(status.st_rdev),
                "T": "%x" % os.minor(status.st_rdev),
                "u": "%d" % status.st_uid,
                "X": "%d" % status[stat.ST_ATIME],
                "Y": "%d" % status[stat.ST_MTIME],
            }
            # Names may come over the network: they are only looked up when they are asked for.
            if "%U" in format:
                try:
                    told["U"] = pwd.getpwuid(status.st_uid).pw_name
                except KeyError:
                    told["U"] = "UNKNOWN"
            if "%G" in format:
                try:
                    told["G"] = grp.getgrgid(status.st_gid).gr_name
                except KeyError:
                    told["G"] = "UNKNOWN"
            parts = enumerate(re.split("%(.)", format))
            stdout = "".join(told[part] if number % 2 else part for number, part in parts) + "\n"
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="stat -c %s %s" % (format, path)
        )
    return stdout, stderr


def stat_file_system(format: str, paths: list[str], check: bool = True) -> tuple[str, str]:
    """Return format, and a newline, for each of the paths, with what the file system is like that it is on.

    Directives, as of stat(1): %a %b %c %d %f %i %l %n %s %S.
    """
    stdout = stderr = ""
    for path in paths:
        if path and not os.path.isabs(path):
            # The daemon's working directory is /, not the caller's.
            stderr += "stat: '%s' is not an absolute path\n" % path
            continue
        try:
            status = os.statvfs(path)
        except OSError as error:
            stderr += "stat: cannot read file system information for '%s': %s\n" % (path, error.strerror)
            continue
        fsid = status.f_fsid
        told = {
            "%": "%",
            "n": path,
            "a": "%d" % status.f_bavail,
            "b": "%d" % status.f_blocks,
            "c": "%d" % status.f_files,
            "d": "%d" % status.f_ffree,
            "f": "%d" % status.f_bfree,
            # stat(1) has the halves of statvfs(3)'s number swapped.
            "i": "%x" % (fsid >> 32 | (fsid & 0xFFFFFFFF) << 32),
            "l": "%d" % status.f_namemax,
            "s": "%d" % status.f_bsize,
            "S": "%d" % (status.f_frsize or status.f_bsize),
        }
        parts = enumerate(re.split("%(.)", format))
        stdout += "".join(told[part] if number % 2 else part for number, part in parts) + "\n"
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout=stdout, stderr=stderr, exit_code=1, cmd="stat -f -c %s %s" % (format, " ".join(paths))
        )
    return stdout, stderr


RULES = (
    Rule(
        grammar="stat (-c FORMAT|--format=FORMAT) [-L|--dereference] PATH",
        only={"format": "([^%]|%[%abBfFgGhinostTuUXY])*"},
        function=stat_format,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample("stat_format('%s %a %F', path)", "('3 644 regular file\\n', '')"),
            Sample("stat_format('%s', missing)", code=1),
        ),
        examples=(
            Becomes(
                "out, err = self._execute('stat', '-c', '%U', path, run_as_root=True)",
                "privsep.path.stat_format('%U', str(path))",
            ),
            Becomes(
                "size, err = utils.execute('stat', '-L', '--format=%s', path, run_as_root=True)",
                "privsep.path.stat_format('%s', str(path), dereference=True)",
            ),
            Stays("execute('stat', '-c', '%z', path, run_as_root=True)", because="'%z'"),
            Stays("execute('stat', '-c', '%05a', path, run_as_root=True)", because="'%05a'"),
            Stays("execute('stat', '-c', wanted, path, run_as_root=True)", because="its format is not known"),
            Stays("execute('stat', path, run_as_root=True)", because="-c"),
        ),
        trials=tuple(
            Trial(f"stat {line}")
            for line in (
                "-c '%a %b %B %f %F %g %G %h %n %o %s %u %U' {file}",
                "-c '%F %s %n' {empty}",
                "-c '%F %s' {link}",
                "-c '%F %a %U:%G' {dir}",
                "-c '%F %t %T' /dev/null",
                "-c '%F %s' {fifo}",
                "-c '%a %U %G' {foreignsuid}",
                "-c '%X %Y %s' /usr/bin/stat",
                "-c '%i' {file}",
                "-c '' {file}",
                "-c '100%% \\n %s' {file}",
                "-c %s {file}/",
                "-c %s {file}/below",
                "-c %s {lockeddir}/inside",
                "-c %s ''",
                "-L -c '%F %s %n' {tree}/out/inside",
                "-L -c %U {tree}/sub/dangling",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference(_STDIN, trial=Trial("stat -c %F -")),
            Difference("stat(1) before coreutils 8.31 says 'cannot stat' where later ones say 'cannot statx'"),
        ),
    ),
    Rule(
        grammar="stat (-f|--file-system) (-c FORMAT|--format=FORMAT) PATHS...",
        only={"format": "([^%]|%[%abcdfilnsS])*"},
        function=stat_file_system,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "stat_file_system('%S %b', [path])",
                "('%d %d\\n' % (status.f_frsize, status.f_blocks), '')",
                given=("status = os.statvfs(path)",),
            ),
            Sample("stat_file_system('%S', [missing])", code=1),
        ),
        examples=(
            Becomes(
                "out, err = self._execute('stat', '-f', '-c', '%S %b %a', mount_point, run_as_root=True)",
                "privsep.path.stat_file_system('%S %b %a', [str(mount_point)])",
            ),
            Becomes(
                "out, err = self._execute('stat', '-f', '-c', '\"%i\"', path1, path2, run_as_root=True)",
                "privsep.path.stat_file_system('\"%i\"', [str(path1), str(path2)])",
            ),
            Stays("execute('stat', '-f', '-c', '%T', path, run_as_root=True)", because="'%T'"),
            Stays("execute('stat', '-f', '-c', '%b', *paths, run_as_root=True)", because="*paths"),
        ),
        # Each tmpfs has a number of its own, so %i is asked of what all worlds have in common.
        trials=(
            Trial("stat -f -c '\"%i\"' /usr /usr/bin", alone=True),
            Trial("stat -f -c %i /dev/pts {missing}", alone=True),
            *(
                Trial(f"stat -f -c {line}")
                for line in (
                    "'%S %b %a' {dir}",
                    "'%a %b %c %d %f %l %n %s %S' {mounted}/point",
                    "'%l %s %%' /proc /dev/null",
                    "'%S' {missing}/ {dir}/inside",
                    "'%S' {dangling}",
                    "'%S' {file}/below",
                    "'%S' {lockeddir}/inside",
                    "'%S' ''",
                )
            ),
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference(_STDIN + ", in other words", trial=Trial("stat -f -c %s -"), aspects=("stderr",)),
        ),
    ),
)

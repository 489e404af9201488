# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""chgrp: change the group of a path through chown(2)."""

from __future__ import annotations

import grp
import os
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def chgrp(group: str, path: str, check: bool = True) -> tuple[str, str]:
    """Give path to group, a name or a number. A symbolic link is followed."""
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    gid = -1
    try:
        if group:
            gid = grp.getgrnam(group).gr_gid
    except KeyError:
        if not re.match(r"[ \t\n\v\f\r]*\+?[0-9]+\Z", group) or int(group) > 2**32 - 1:
            errors.append("invalid group: '%s'" % group)
        elif int(group) < 2**32 - 1:
            gid = int(group)
    if not errors and path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % path)
    elif not errors:
        try:
            os.chown(path, -1, gid)
        except OSError as error:
            if os.path.islink(path) and not os.path.exists(path):
                action = "cannot dereference"
            elif os.path.lexists(path):
                action = "changing group of"
            else:
                action = "cannot access"
            errors.append("%s '%s': %s" % (action, path, error.strerror))
    stderr = "".join("chgrp: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="chgrp %s %s" % (group, path)
        )
    return "", stderr


def chgrp_recursive(group: str, path: str, check: bool = True) -> tuple[str, str]:
    """Give path and all below it to group, a name or a number.

    Symbolic links are changed themselves and never followed.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    gid = -1
    try:
        if group:
            gid = grp.getgrnam(group).gr_gid
    except KeyError:
        if not re.match(r"[ \t\n\v\f\r]*\+?[0-9]+\Z", group) or int(group) > 2**32 - 1:
            errors.append(f"invalid group: '{group}'")
        elif int(group) < 2**32 - 1:
            gid = int(group)
    if not errors and path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append(f"'{path}' is not an absolute path")
    elif not errors:
        try:
            folder = stat.S_ISDIR(os.lstat(path).st_mode)
        except OSError as error:
            errors.append(f"cannot access '{path}': {error.strerror}")
        else:
            # By descriptor, so that nobody can put a link in the place of a folder half way; the folder comes last.
            unreadable: list[OSError] = []
            below = os.fwalk(path, topdown=False, onerror=unreadable.append) if folder else ()
            for root, folders, files, descriptor in below:
                for name in files + folders:
                    try:
                        os.chown(name, -1, gid, dir_fd=descriptor, follow_symlinks=False)
                    except OSError as error:
                        errors.append(f"changing group of '{os.path.join(root, name)}': {error.strerror}")
            for failure in unreadable:
                errors.append(f"cannot read directory '{failure.filename}': {failure.strerror}")
            try:
                os.chown(path, -1, gid, follow_symlinks=False)
            except OSError as error:
                errors.append(f"changing group of '{path}': {error.strerror}")
    stderr = "".join(f"chgrp: {line}\n" for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd=f"chgrp -R {group} {path}")
    return "", stderr


RULES = (
    Rule(
        grammar="chgrp GROUP PATH",
        function=chgrp,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_CHOWN", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"},
        samples=(
            Sample(
                "chgrp('41', path)",
                "('', '')",
                patched=("os.chown",),
                asserted=("mock_chown.assert_called_once_with(path, -1, 41)",),
            ),
            Sample("chgrp('41', missing)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('chgrp', group_id, mount_path, run_as_root=True)",
                "privsep.path.chgrp(str(group_id), str(mount_path))",
            ),
            Becomes(
                "utils.execute('chgrp', 'kvm', path, run_as_root=True, check_exit_code=False)",
                "privsep.path.chgrp('kvm', str(path), check=False)",
            ),
            Stays("execute('chgrp', '-h', group, path, run_as_root=True)", because="-h"),
            Stays("execute('chgrp', '--reference=%s' % ref_file, path, run_as_root=True)", because="--reference="),
            Stays("execute('chgrp', group, one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(
            Trial(f"chgrp {line}")
            for line in (
                "bin {file}",
                "-- bin {file}",
                "1234 {file}",
                "+5 {file}",
                "' +7' {file}",
                "'' {file}",
                ": {file}",
                "daemon:bin {file}",
                "nobody-here {file}",
                "4294967294 {file}",
                "4294967295 {file}",
                "4294967296 {file}",
                "1_0 {file}",
                "bin {file}/below",
                "bin {dirlink}/",
                "bin ''",
                "bin {lockeddir}/inside",
                "'' {readonlydir}/inside",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
    Rule(
        grammar="chgrp (-R|--recursive) GROUP PATH",
        function=chgrp_recursive,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_CHOWN", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"},
        samples=(
            Sample(
                "chgrp_recursive('41', folder)",
                "('', '')",
                patched=("os.chown",),
                given=("name = os.path.basename(path)",),
                asserted=(
                    "mock_chown.assert_any_call(name, -1, 41, dir_fd=mock.ANY, follow_symlinks=False)",
                    "mock_chown.assert_called_with(folder, -1, 41, follow_symlinks=False)",
                ),
            ),
            Sample("chgrp_recursive('41', missing)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('chgrp', '-R', group_id, mount_path, run_as_root=True)",
                "privsep.path.chgrp_recursive(str(group_id), str(mount_path))",
            ),
            Stays("execute('chgrp', '-RL', group, path, run_as_root=True)", because="-L"),
            Stays("execute('chgrp', '-R', '--from=:root', group, path, run_as_root=True)", because="--from=:root"),
        ),
        trials=tuple(
            Trial(f"chgrp -R {line}")
            for line in (
                "bin {tree}",
                "1234 {tree}/",
                "'' {tree}",
                "4294967295 {tree}",
                "nobody-here {tree}",
                "bin {dirlink}/",
                "bin {readonlydir}",
                "bin {mounted}",
                "bin {sticky}//",
                "bin ''",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
)

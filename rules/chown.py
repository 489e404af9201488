# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""chown: change the owner and the group of a path through chown(2)."""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def chown(owner: str, path: str, check: bool = True) -> tuple[str, str]:
    """Give path to owner, spelled as for chown(1).

    That is USER, USER:GROUP, USER: or :GROUP, names or numbers. A symbolic link is followed.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    notes = []
    problem = ""
    number = re.compile(r"[ \t\n\v\f\r]*\+?[0-9]+\Z")
    for mark in ":.":
        # USER.GROUP is the old spelling; it counts only where the whole is neither a user nor USER:GROUP.
        if mark == "." and (not problem or ":" in owner or "." not in owner):
            break
        user, found, group = owner.partition(mark)
        uid = gid = -1
        fault = ""
        if user:
            try:
                if user.startswith("+"):
                    raise KeyError(user)
                entry = pwd.getpwnam(user)
                uid = entry.pw_uid
                if found and not group:
                    gid = entry.pw_gid
            except KeyError:
                if found and not group:
                    fault = "invalid spec"
                elif number.match(user) and int(user) < 2**32 - 1:
                    uid = int(user)
                else:
                    fault = "invalid user"
        if group and not fault:
            try:
                if group.startswith("+"):
                    raise KeyError(group)
                gid = grp.getgrnam(group).gr_gid
            except KeyError:
                if number.match(group) and int(group) < 2**32 - 1:
                    gid = int(group)
                else:
                    fault = "invalid group"
        if mark == ":":
            problem = fault
        elif not fault:
            problem = ""
            notes.append("warning: '.' should be ':': '%s'" % owner)
    if problem:
        errors.append("%s: '%s'" % (problem, owner))
    elif path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % path)
    else:
        try:
            os.chown(path, uid, gid)
        except OSError as error:
            if os.path.islink(path) and not os.path.exists(path):
                action = "cannot dereference"
            elif os.path.lexists(path):
                action = "changing %s of" % ("group" if uid == -1 else "ownership")
            else:
                action = "cannot access"
            errors.append("%s '%s': %s" % (action, path, error.strerror))
    stderr = "".join("chown: %s\n" % line for line in notes + errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="chown %s %s" % (owner, path)
        )
    return "", stderr


def chown_recursive(owner: str, path: str, check: bool = True) -> tuple[str, str]:
    """Give path and all below it to owner, spelled as for chown(1).

    That is USER, USER:GROUP, USER: or :GROUP, names or numbers. Symbolic links are changed themselves and never
    followed.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    notes = []
    problem = ""
    number = re.compile(r"[ \t\n\v\f\r]*\+?[0-9]+\Z")
    for mark in ":.":
        # USER.GROUP is the old spelling; it counts only where the whole is neither a user nor USER:GROUP.
        if mark == "." and (not problem or ":" in owner or "." not in owner):
            break
        user, found, group = owner.partition(mark)
        uid = gid = -1
        fault = ""
        if user:
            try:
                if user.startswith("+"):
                    raise KeyError(user)
                entry = pwd.getpwnam(user)
                uid = entry.pw_uid
                if found and not group:
                    gid = entry.pw_gid
            except KeyError:
                if found and not group:
                    fault = "invalid spec"
                elif number.match(user) and int(user) < 2**32 - 1:
                    uid = int(user)
                else:
                    fault = "invalid user"
        if group and not fault:
            try:
                if group.startswith("+"):
                    raise KeyError(group)
                gid = grp.getgrnam(group).gr_gid
            except KeyError:
                if number.match(group) and int(group) < 2**32 - 1:
                    gid = int(group)
                else:
                    fault = "invalid group"
        if mark == ":":
            problem = fault
        elif not fault:
            problem = ""
            notes.append(f"warning: '.' should be ':': '{owner}'")
    if problem:
        errors.append(f"{problem}: '{owner}'")
    elif path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append(f"'{path}' is not an absolute path")
    else:
        try:
            folder = stat.S_ISDIR(os.lstat(path).st_mode)
        except OSError as error:
            errors.append(f"cannot access '{path}': {error.strerror}")
        else:
            # By descriptor, so that nobody can put a link in the place of a folder half way; the folder comes last.
            what = "group" if uid == -1 else "ownership"
            if folder:
                unreadable: list[OSError] = []
                for root, folders, files, descriptor in os.fwalk(path, topdown=False, onerror=unreadable.append):
                    for name in files + folders:
                        try:
                            os.chown(name, uid, gid, dir_fd=descriptor, follow_symlinks=False)
                        except OSError as error:
                            shown = os.path.join(root, name)
                            errors.append(f"changing {what} of '{shown}': {error.strerror}")
                for failure in unreadable:
                    errors.append(f"cannot read directory '{failure.filename}': {failure.strerror}")
            try:
                os.chown(path, uid, gid, follow_symlinks=False)
            except OSError as error:
                errors.append(f"changing {what} of '{path}': {error.strerror}")
    stderr = "".join(f"chown: {line}\n" for line in notes + errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="chown %s %s" % (owner, path)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="chown OWNER PATH",
        function=chown,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_CHOWN", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"},
        samples=(
            Sample(
                "chown('41:42', path)",
                "('', '')",
                patched=("os.chown",),
                asserted=("mock_chown.assert_called_once_with(path, 41, 42)",),
            ),
            Sample("chown('41:42', missing)", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('chown', str(uid), path, run_as_root=True)",
                "privsep.path.chown(str(uid), str(path))",
            ),
            Becomes(
                "execute('chown', owner, '--', '%s/disk' % base, run_as_root=True, check_exit_code=False)",
                "privsep.path.chown(str(owner), '%s/disk' % base, check=False)",
            ),
            Stays("execute('chown', '-h', owner, path, run_as_root=True)", because="-h"),
            Stays("execute('chown', '--reference=%s' % ref_file, path, run_as_root=True)", because="--reference="),
            Stays("execute('chown', owner, path, run_as_root=True, attempts=3)", because="attempts"),
            Stays("execute('chown', owner, one, two, run_as_root=True)", because="{two}"),
            Stays("execute('chown', owner, *paths, run_as_root=True)", because="*paths"),
        ),
        trials=tuple(
            Trial(f"chown {line}")
            for line in (
                "daemon {file}",
                "daemon:bin {file}",
                "daemon: {file}",
                ":bin {file}",
                "1234 {file}",
                "1234:5678 {file}",
                "+5 {file}",
                "+5:+6 {file}",
                "'' {file}",
                ": {file}",
                "-- daemon {file}",
                "65534: {file}",
                "1_0 {file}",
                "4294967295 {file}",
                "4294967294 {file}",
                "nobody-here {file}",
                "daemon:nobody-here {file}",
                "daemon.bin {file}",
                "1.2 {file}",
                "daemon.nobody-here {file}",
                "daemon {missing}",
                "daemon {file}/",
                "daemon {file}/below",
                "daemon {dir}",
                "daemon {dir}/",
                "daemon {link}",
                "daemon {dirlink}",
                "daemon {dirlink}/",
                "daemon {dangling}",
                "daemon {suid}",
                "daemon {fifo}",
                "daemon ''",
                "daemon {hardlink}",
                "daemon {foreignsuid}",
                ":bin {foreignsuid}",
                "daemon: {private}",
                "daemon {lockeddir}/inside",
                "daemon {sticky}/inside",
                "daemon {readonly}",
                "daemon {readonlydir}/inside",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
    Rule(
        grammar="chown (-R|--recursive) OWNER PATH",
        function=chown_recursive,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_CHOWN", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"},
        samples=(
            Sample(
                "chown_recursive('41:42', folder)",
                "('', '')",
                patched=("os.chown",),
                given=("name = os.path.basename(path)",),
                asserted=(
                    "mock_chown.assert_any_call(name, 41, 42, dir_fd=mock.ANY, follow_symlinks=False)",
                    "mock_chown.assert_called_with(folder, 41, 42, follow_symlinks=False)",
                ),
            ),
            Sample("chown_recursive('41:42', missing)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('chown', '-R', 'root:root', conf_dir, run_as_root=True)",
                "privsep.path.chown_recursive('root:root', str(conf_dir))",
            ),
            Stays("execute('chown', '-RL', owner, path, run_as_root=True)", because="-L"),
            Stays("execute('chown', '-R', '--from=root', owner, path, run_as_root=True)", because="--from=root"),
        ),
        trials=tuple(
            Trial(f"chown -R {line}")
            for line in (
                "daemon:bin {tree}",
                "daemon {tree}/",
                "daemon {file}",
                "daemon {link}",
                "daemon {dirlink}",
                "daemon {dirlink}/",
                "daemon {dangling}",
                "daemon {missing}",
                "daemon {suid}",
                "nobody-here {tree}",
                ": {tree}",
                ": {readonlydir}",
                "daemon: {lockeddir}",
                "daemon {sticky}",
                "daemon:bin {mounted}",
                "daemon {readonlydir}",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
)

# ruff: noqa: UP031, SIM105 - the projects with the most to migrate still run on Python 2: no f-strings, no suppress
"""rm: remove a path through unlink(2) and rmdir(2)."""

from __future__ import annotations

import errno
import os
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def rm(path: str, force: bool = False, check: bool = True) -> tuple[str, str]:
    """Remove path, which may not be a directory; with force=True a missing path will do.

    A link is removed, not followed.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    absent = (errno.ENOENT, errno.ENOTDIR, errno.EINVAL, errno.EILSEQ) if force else ()
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % path)
    else:
        folder = False
        try:
            folder = stat.S_ISDIR(os.lstat(path).st_mode)
        except OSError:
            pass  # unlink tells what is wrong
        try:
            # For a directory rm(1) says so, whatever unlink(2) would say.
            if folder:
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
            os.unlink(path)
        except OSError as error:
            # On a read-only file system unlink(2) says so even of what is missing.
            reason = errno.ENOENT if error.errno == errno.EROFS and not os.path.lexists(path) else error.errno
            if reason not in absent:
                errors.append("cannot remove '%s': %s" % (path, os.strerror(reason or 0)))
    stderr = "".join("rm: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="rm %s%s" % ("-f " if force else "", path)
        )
    return "", stderr


def rm_recursive(path: str, force: bool = False, check: bool = True) -> tuple[str, str]:
    """Remove path, and all below it when it is a directory; with force=True a missing path will do.

    Links are removed, not followed. What cannot be removed is reported after the rest is gone, as rm(1) does.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    absent = (errno.ENOENT, errno.ENOTDIR, errno.EINVAL, errno.EILSEQ) if force else ()
    folder = top = False
    try:
        status = os.lstat(path)
        folder = stat.S_ISDIR(status.st_mode)
        top = folder and os.path.samestat(status, os.stat("/"))
    except OSError:
        pass  # the removal itself tells what is wrong
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append(f"'{path}' is not an absolute path")
    elif not folder:
        try:
            os.unlink(path)
        except OSError as error:
            # On a read-only file system unlink(2) says so even of what is missing.
            reason = errno.ENOENT if error.errno == errno.EROFS and not os.path.lexists(path) else error.errno
            if reason not in absent:
                errors.append(f"cannot remove '{path}': {os.strerror(reason or 0)}")
    elif os.path.basename(path.rstrip("/")) in (".", ".."):
        errors.append(f"refusing to remove '.' or '..' directory: skipping '{path}'")
    elif top:
        errors.append(f"it is dangerous to operate recursively on '{path}'")
        errors.append("use --no-preserve-root to override this failsafe")
    else:
        kept = set()
        unreadable: list[OSError] = []
        # By descriptor, so that nobody can put a link in the place of a folder half way; a folder comes after what
        # is in it. fwalk does not enter a path that is a link, but rm does when a slash follows.
        start = os.path.join(path, ".") if os.path.islink(path.rstrip("/")) else path
        for root, folders, files, descriptor in os.fwalk(start, topdown=False, onerror=unreadable.append):
            for name in files + folders:
                shown = os.path.join(root, name)
                if shown in kept:
                    kept.add(root)
                    continue
                try:
                    if stat.S_ISDIR(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                        os.rmdir(name, dir_fd=descriptor)
                    else:
                        os.unlink(name, dir_fd=descriptor)
                except FileNotFoundError:
                    pass
                except OSError as error:
                    kept.add(root)
                    errors.append(f"cannot remove '{shown}': {error.strerror}")
        for failure in unreadable:
            errors.append(f"cannot remove '{failure.filename}': {failure.strerror}")
        if not errors:
            try:
                os.rmdir(path)
            except OSError as error:
                if error.errno not in absent:
                    errors.append(f"cannot remove '{path}': {error.strerror}")
    stderr = "".join(f"rm: {line}\n" for line in errors)
    if errors and check:
        options = "-rf" if force else "-r"
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd=f"rm {options} {path}")
    return "", stderr


RULES = (
    Rule(
        grammar="rm [-f|--force] PATH",
        function=rm,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE", "CAP_FOWNER"},
        samples=(
            Sample("rm(path)", "False", "os.path.exists(path)"),
            Sample("rm(missing, force=True)", "('', '')", "result"),
            Sample("rm(missing)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('rm', '-f', path, run_as_root=True)",
                "privsep.path.rm(str(path), force=True)",
            ),
            Becomes(
                "self._execute('rm', '-f', snap, check_exit_code=False, run_as_root=True)",
                "privsep.path.rm(str(snap), force=True, check=False)",
            ),
            Stays("execute('rm', '-i', path, run_as_root=True)", because="-i"),
            Stays("execute('rm', '-f', *paths, run_as_root=True)", because="*paths"),
        ),
        trials=tuple(
            Trial(f"rm {flags}{on}")
            for flags in ("", "-f ")
            for on in (
                "{file}",
                "{file}/",
                "{file}/below",
                "{dir}",
                "{dir}/",
                "{dir}/.",
                "{dir}/..",
                "{tree}",
                "{link}",
                "{link}/",
                "{dirlink}",
                "{dirlink}/",
                "{dangling}",
                "{dangling}/",
                "{fifo}",
                "{missing}",
                "{missing}/below",
                "{hardlink}",
                "{sticky}/inside",
                "{lockeddir}/inside",
                "{readonly}",
                "{readonlydir}/inside",
                "''",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
    Rule(
        grammar="rm (-r|-R|--recursive) [-f|--force] PATH",
        function=rm_recursive,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE", "CAP_FOWNER"},
        samples=(
            Sample("rm_recursive(folder)", "False", "os.path.exists(path) or os.path.exists(folder)"),
            Sample("rm_recursive(missing)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('rm', '-rf', self.local_path(volume), run_as_root=True)",
                "privsep.path.rm_recursive(str(self.local_path(volume)), force=True)",
            ),
            Stays("execute('rm', '-rfv', path, run_as_root=True)", because="-v"),
            Stays("execute('rm', '-rf', '--one-file-system', path, run_as_root=True)", because="--one-file-system"),
        ),
        trials=tuple(
            Trial(f"rm {flags}{on}")
            for flags in ("-r ", "-rf ", "-f --recursive -- ")
            for on in (
                "{file}",
                "{file}/",
                "{file}/below",
                "{dir}",
                "{dir}/",
                "{dir}/.",
                "{dir}/..",
                "{tree}",
                "{link}",
                "{link}/",
                "{dirlink}",
                "{dirlink}/",
                "{dangling}",
                "{dangling}/",
                "{fifo}",
                "{missing}",
                "{missing}/below",
                "{hardlink}",
                "{sticky}/inside",
                "{lockeddir}/inside",
                "{readonly}",
                "{readonlydir}/inside",
                "/",
                "{mounted}",
                "{lockeddir}",
                "{sticky}",
                "''",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference("several failures below one folder are reported in another order"),
        ),
    ),
)

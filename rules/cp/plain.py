# ruff: noqa: UP024, UP031 - the projects with the most to migrate still run on Python 2: no f-strings, an IOError apart
"""cp: copy a file through open(2), read(2) and write(2)."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def cp(source: str, dest: str, force: bool = False, check: bool = True) -> tuple[str, str]:
    """Copy the file source to dest, or into it where that is a directory.

    Links are followed. A file that is there is written over, and keeps its owner and mode; with force=True one that
    cannot be opened is removed first. A new one gets source's mode without write permission for group and others.
    Holes are kept, and blocks are shared where the file system can.
    """
    errors = []
    doing = "cannot stat '%s'" % source
    reading = writing = -1
    try:
        for path in (source, dest):
            if path and not os.path.isabs(path):
                # The daemon's working directory is /, not the caller's.
                doing = "'%s'" % path
                raise OSError(errno.EINVAL, "it is not an absolute path")
        status = os.stat(source)
        regular = stat.S_ISREG(status.st_mode)
        there = None
        if os.path.isdir(dest):
            dest = os.path.join(dest, os.path.basename(source.rstrip("/")))
        if stat.S_ISDIR(status.st_mode):
            errors.append("-r not specified; omitting directory '%s'" % source)
        else:
            doing = "cannot stat '%s'" % dest
            try:
                there = os.stat(dest)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    raise
        if there and not errors:
            if os.path.samestat(status, there):
                errors.append("'%s' and '%s' are the same file" % (source, dest))
            elif stat.S_ISDIR(there.st_mode):
                errors.append("cannot overwrite directory '%s' with non-directory" % dest)
        if not errors:
            doing = "cannot open '%s' for reading" % source
            reading = os.open(source, os.O_RDONLY)
            doing = "cannot create regular file '%s'" % dest
            if there:
                try:
                    writing = os.open(dest, os.O_WRONLY | os.O_TRUNC)
                except OSError:
                    if not force:
                        raise
                    doing = "cannot remove '%s'" % dest
                    os.unlink(dest)
                    doing = "cannot create regular file '%s'" % dest
            if writing < 0:
                # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
                try:
                    writing = os.open(dest, os.O_WRONLY | os.O_CREAT | os.O_EXCL, status.st_mode & 0o755)
                except OSError as error:
                    if error.errno == errno.EEXIST and os.path.islink(dest):
                        errors.append("not writing through dangling symlink '%s'" % dest)
                    elif error.errno == errno.EISDIR:
                        errors.append("%s: %s" % (doing, os.strerror(errno.ENOTDIR)))
                    else:
                        raise
        if not errors:
            regular = regular and stat.S_ISREG(os.fstat(writing).st_mode)
            sparse = regular and 512 * status.st_blocks < status.st_size
            shared = False
            try:
                fcntl.ioctl(writing, 0x40049409, reading)  # FICLONE
                shared = True
            except (IOError, OSError):
                pass  # another kind of file system, or another file system
            place, limit = 0, 1 << 20
            while not shared:
                doing = "error reading '%s'" % source
                if sparse:
                    try:
                        place = os.lseek(reading, place, 3)  # SEEK_DATA
                    except OSError as error:
                        if error.errno != errno.ENXIO:
                            raise
                        break  # nothing but a hole is left
                    limit = min(os.lseek(reading, place, 4) - place, 1 << 20)  # SEEK_HOLE
                    os.lseek(reading, place, os.SEEK_SET)
                    os.lseek(writing, place, os.SEEK_SET)
                chunk = os.read(reading, limit)
                if not chunk:
                    break
                doing = "error writing '%s'" % dest
                while chunk:
                    done = os.write(writing, chunk)
                    place += done
                    chunk = chunk[done:]
            if sparse and not shared:
                doing = "error writing '%s'" % dest
                os.ftruncate(writing, status.st_size)
    except OSError as error:
        errors.append("%s: %s" % (doing, error.strerror))
    finally:
        for descriptor in (reading, writing):
            if descriptor >= 0:
                os.close(descriptor)
    stderr = "".join("cp: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="cp %s%s %s" % ("-f " if force else "", source, dest)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="cp [-f|--force] SOURCE DEST",
        function=cp,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        samples=(
            Sample("cp(path, missing)", "'old'", "text(missing)"),
            Sample("cp(missing, path)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('cp', '-f', tmp_bs_path, bs_path, root_helper=self._root_helper, run_as_root=True)",
                "privsep.path.cp(str(tmp_bs_path), str(bs_path), force=True)",
            ),
            Becomes(
                "self.gpfs_execute('cp', src, dest, check_exit_code=True, run_as_root=True)",
                "privsep.path.cp(str(src), str(dest))",
            ),
            Stays("execute('cp', '-u', src, dest, run_as_root=True)", because="-u"),
            Stays("execute('cp', '--sparse=always', src, dest, run_as_root=True)", because="--sparse=always"),
            Stays("execute('cp', one, two, folder, run_as_root=True)", because="{folder}"),
        ),
        # A FIFO has to be waited for on either side, so -f is not tried on every fixture once more.
        trials=tuple(
            Trial(f"cp {line}")
            for line in (
                "{sparse} {missing}",
                "{binary} {missing}",
                "{file} {rootfile}/below",
                "{suid} {missing}/",
                "{suid} {missing}/below",
                "{file}/ {missing}",
                "{file} ''",
                "'' {file}",
                "{dir} {missing}",
                "{dir}/inside {file}/..",
                "{dir}/inside {dir}",
                "{sparse} {sgid}",
                "{sparse} {sticky}/inside",
                "{hardlink} /scratch/beside/second",
                "{link} /scratch/beside/file",
                "{readonlydir}/inside {readonlydir}/new",
                "/proc/self/mem {missing}",
                "{file} /dev/full",
                "-f {dir}/inside {sticky}/inside",
                "-f {lockeddir}/inside {lockeddir}/new",
                "-f {dir}/inside {readonlydir}/inside",
                "-f {dir}/inside {dir}/inside",
                "-f {dir}/inside {dir}/",
                "-f {tree}/plain {tree}/sub/dangling",
                "-f {tree}/plain {tree}/sub/run",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference("below a folder with a default ACL a new file has at most the rights that it has elsewhere"),
            Difference("a file with set-id bits that is written over loses them where CAP_FSETID is not there"),
        ),
    ),
)

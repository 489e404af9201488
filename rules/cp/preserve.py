"""cp -p: copy a file with its owner, mode, access list and times."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def cp_preserve(source: str, dest: str, force: bool = False, check: bool = True) -> tuple[str, str]:
    """Copy the file source to dest, or into it where that is a directory, with owner, mode, access list and times.

    Links are followed. A file that is there is written over; with force=True one that cannot be opened is removed
    first. Holes are kept, and blocks are shared where the file system can.
    """
    errors = []
    doing = f"cannot stat '{source}'"
    reading = writing = -1
    try:
        for path in (source, dest):
            if path and not os.path.isabs(path):
                # The daemon's working directory is /, not the caller's.
                doing = f"'{path}'"
                raise OSError(errno.EINVAL, "it is not an absolute path")
        status = os.stat(source)
        regular = stat.S_ISREG(status.st_mode)
        there = None
        if os.path.isdir(dest):
            dest = os.path.join(dest, os.path.basename(source.rstrip("/")))
        if stat.S_ISDIR(status.st_mode):
            errors.append(f"-r not specified; omitting directory '{source}'")
        else:
            doing = f"cannot stat '{dest}'"
            try:
                there = os.stat(dest)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    raise
        if there and not errors:
            if os.path.samestat(status, there):
                errors.append(f"'{source}' and '{dest}' are the same file")
            elif stat.S_ISDIR(there.st_mode):
                errors.append(f"cannot overwrite directory '{dest}' with non-directory")
        if not errors:
            doing = f"cannot open '{source}' for reading"
            reading = os.open(source, os.O_RDONLY)
            doing = f"cannot create regular file '{dest}'"
            if there:
                try:
                    writing = os.open(dest, os.O_WRONLY | os.O_TRUNC)
                except OSError:
                    if not force:
                        raise
                    doing = f"cannot remove '{dest}'"
                    os.unlink(dest)
                    doing = f"cannot create regular file '{dest}'"
            if writing < 0:
                # Nobody else gets in before the owner is the right one.
                try:
                    writing = os.open(dest, os.O_WRONLY | os.O_CREAT | os.O_EXCL, status.st_mode & 0o700)
                except OSError as error:
                    if error.errno == errno.EEXIST and os.path.islink(dest):
                        errors.append(f"not writing through dangling symlink '{dest}'")
                    elif error.errno == errno.EISDIR:
                        errors.append(f"{doing}: {os.strerror(errno.ENOTDIR)}")
                    else:
                        raise
        if not errors:
            regular = regular and stat.S_ISREG(os.fstat(writing).st_mode)
            sparse = regular and 512 * status.st_blocks < status.st_size
            shared = False
            try:
                fcntl.ioctl(writing, 0x40049409, reading)  # FICLONE
                shared = True
            except OSError:
                pass  # another kind of file system, or another file system
            place, limit = 0, 1 << 20
            while not shared:
                doing = f"error reading '{source}'"
                if sparse:
                    try:
                        place = os.lseek(reading, place, os.SEEK_DATA)
                    except OSError as error:
                        if error.errno != errno.ENXIO:
                            raise
                        break  # nothing but a hole is left
                    limit = min(os.lseek(reading, place, os.SEEK_HOLE) - place, 1 << 20)
                    os.lseek(reading, place, os.SEEK_SET)
                    os.lseek(writing, place, os.SEEK_SET)
                chunk = os.read(reading, limit)
                if not chunk:
                    break
                doing = f"error writing '{dest}'"
                while chunk:
                    done = os.write(writing, chunk)
                    place += done
                    chunk = chunk[done:]
            if sparse and not shared:
                doing = f"error writing '{dest}'"
                os.ftruncate(writing, status.st_size)
            doing = f"preserving times for '{dest}'"
            os.utime(writing, ns=(status.st_atime_ns, status.st_mtime_ns))
            doing = f"failed to preserve ownership for '{dest}'"
            os.chown(writing, status.st_uid, status.st_gid)
            doing = f"preserving permissions for '{dest}'"
            name, rights = "system.posix_acl_access", b""
            try:
                rights = os.getxattr(reading, name)
            except OSError as error:
                if error.errno not in (errno.ENODATA, errno.ENOTSUP):
                    raise
            if rights:
                os.setxattr(writing, name, rights)
            elif name in os.listxattr(writing):  # it comes from the directory, or was there before
                os.removexattr(writing, name)
            os.chmod(writing, stat.S_IMODE(status.st_mode))
    except OSError as error:
        errors.append(f"{doing}: {error.strerror}")
    finally:
        for descriptor in (reading, writing):
            if descriptor >= 0:
                os.close(descriptor)
    stderr = "".join(f"cp: {line}\n" for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd=f"cp {'-pf' if force else '-p'} {source} {dest}"
        )
    return "", stderr


RULES = (
    Rule(
        grammar="cp (-p|--preserve) [-f|--force] SOURCE DEST",
        function=cp_preserve,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID"},
        samples=(
            Sample(
                "cp_preserve(path, missing)",
                "(0o640, 'old')",
                "(stat.S_IMODE(os.stat(missing).st_mode), text(missing))",
                given=("os.chmod(path, 0o640)",),
            ),
            Sample("cp_preserve(missing, path)", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('cp', '-p', conf, conf + '.orig', run_as_root=True)",
                "privsep.path.cp_preserve(str(conf), conf + '.orig')",
            ),
            Stays("execute('cp', '--preserve=mode', src, dest, run_as_root=True)", because="--preserve takes no value"),
            Stays("execute('cp', '-dp', src, dest, run_as_root=True)", because="-d"),
        ),
        trials=tuple(
            Trial(f"cp {line}")
            for line in (
                "-p {sparse} {missing}",
                "-p {file} {rootfile}/below",
                "-p {suid} {missing}/",
                "-p {foreignsuid} {sgid}",
                "-p {link} {dirlink}",
                "-p {file}/ {missing}",
                "-p {dir} {missing}",
                "-p {dir}/inside {dir}",
                "-p {dir}/inside {sparse}",
                "-p {tree}/sub/run {sticky}/inside",
                "-p {hardlink} /scratch/beside/second",
                "-p {lockeddir}/inside {lockeddir}/new",
                "-p {readonlydir}/inside {readonlydir}/new",
                "-pf {tree}/plain {sticky}/inside",
                "--preserve -f {dir}/inside {readonlydir}/inside",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
)

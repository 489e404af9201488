"""cp -r: copy a directory and all below it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def cp_recursive(source: str, dest: str, force: bool = False, check: bool = True) -> tuple[str, str]:
    """Copy source and, when it is a directory, all below it to dest, or into it where that is a directory.

    Links are copied themselves. What is there already is merged with: a file is written over, and keeps its owner and
    mode; with force=True one that cannot be opened is removed first. What is new gets the mode it had without write
    permission for group and others. Holes are kept, and blocks are shared where the file system can.
    """
    errors = []
    made: set[tuple[int, int]] = set()  # (device, inode) of the directories of the copy

    def copied(old: str, new: str) -> bool:
        """Copy old to new, which may be there; True when it comes upon its own copy, which ends it."""
        into_itself = False
        reading = writing = -1
        doing = f"cannot stat '{old}'"
        try:
            status = os.lstat(old)
            kind, mode = stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode)
            if (status.st_dev, status.st_ino) in made:
                errors.append(f"cannot copy a directory, '{source}', into itself, '{dest}'")
                return True
            doing = f"cannot stat '{new}'"
            there = None
            try:
                # Only a file is written to through a link.
                there = os.stat(new) if kind == stat.S_IFREG else os.lstat(new)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    raise
            if there:
                linked = status
                if kind == stat.S_IFLNK and not stat.S_ISLNK(there.st_mode) and os.path.exists(old):
                    linked = os.stat(old)
                if os.path.samestat(linked, there):
                    errors.append(f"'{old}' and '{new}' are the same file")
                    return False
                if stat.S_ISDIR(there.st_mode) and kind != stat.S_IFDIR:
                    errors.append(f"cannot overwrite directory '{new}' with non-directory")
                    return False
                if kind == stat.S_IFDIR and not stat.S_ISDIR(there.st_mode):
                    errors.append(f"cannot overwrite non-directory '{new}' with directory '{old}'")
                    return False
                if kind not in (stat.S_IFDIR, stat.S_IFREG):
                    doing = f"cannot remove '{new}'"
                    os.unlink(new)
            # Modes are explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
            if kind == stat.S_IFDIR:
                if not there:
                    doing = f"cannot create directory '{new}'"
                    os.mkdir(new, mode & 0o1755 | 0o700)
                    writing = os.open(new, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                    there = os.fstat(writing)
                    made.add((there.st_dev, there.st_ino))
                doing = f"cannot access '{old}'"
                # In the order of the inodes, as the command does: on many disks it is the fastest.
                with os.scandir(old) as entries:
                    names = [entry.name for entry in sorted(entries, key=os.DirEntry.inode)]
                for name in names:
                    into_itself = copied(os.path.join(old, name), os.path.join(new, name))
                    if into_itself:
                        break
                if writing >= 0 and mode & 0o700 != 0o700:
                    doing = f"preserving permissions for '{new}'"
                    os.chmod(writing, stat.S_IMODE(there.st_mode) & ~0o700 | mode & 0o700)
            elif kind == stat.S_IFLNK:
                doing = f"cannot create symbolic link '{new}'"
                os.symlink(os.readlink(old), new)
            elif kind != stat.S_IFREG:
                doing = "cannot create {} '{}'".format("fifo" if kind == stat.S_IFIFO else "special file", new)
                os.mknod(new, kind | mode & 0o7755, status.st_rdev)
            else:
                doing = f"cannot open '{old}' for reading"
                reading = os.open(old, os.O_RDONLY | os.O_NOFOLLOW)
                doing = f"cannot create regular file '{new}'"
                if there:
                    try:
                        writing = os.open(new, os.O_WRONLY | os.O_TRUNC)
                    except OSError:
                        if not force:
                            raise
                        doing = f"cannot remove '{new}'"
                        os.unlink(new)
                        doing = f"cannot create regular file '{new}'"
                if writing < 0:
                    try:
                        writing = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o755)
                    except OSError as error:
                        if error.errno == errno.EEXIST and os.path.islink(new):
                            errors.append(f"not writing through dangling symlink '{new}'")
                            return False
                        if error.errno == errno.EISDIR:
                            errors.append(f"{doing}: {os.strerror(errno.ENOTDIR)}")
                            return False
                        raise
                sparse = 512 * status.st_blocks < status.st_size and stat.S_ISREG(os.fstat(writing).st_mode)
                shared = False
                try:
                    fcntl.ioctl(writing, 0x40049409, reading)  # FICLONE
                    shared = True
                except OSError:
                    pass  # another kind of file system, or another file system
                place, limit = 0, 1 << 20
                while not shared:
                    doing = f"error reading '{old}'"
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
                    doing = f"error writing '{new}'"
                    while chunk:
                        done = os.write(writing, chunk)
                        place += done
                        chunk = chunk[done:]
                if sparse and not shared:
                    doing = f"error writing '{new}'"
                    os.ftruncate(writing, status.st_size)
        except OSError as error:
            errors.append(f"{doing}: {error.strerror}")
        finally:
            for descriptor in (reading, writing):
                if descriptor >= 0:
                    os.close(descriptor)
        return into_itself

    relative = [path for path in (source, dest) if path and not os.path.isabs(path)]
    if relative:
        # The daemon's working directory is /, not the caller's.
        errors.append(f"'{relative[0]}' is not an absolute path")
    else:
        if os.path.isdir(dest):
            name = os.path.basename(source.rstrip("/"))
            dest = os.path.join(dest, "." if name == ".." else name)
        copied(source, dest)
    stderr = "".join(f"cp: {line}\n" for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd=f"cp {'-rf' if force else '-r'} {source} {dest}"
        )
    return "", stderr


RULES = (
    Rule(
        grammar="cp (-r|-R|--recursive) [-f|--force] SOURCE DEST",
        function=cp_recursive,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID"},
        samples=(
            Sample(
                "cp_recursive(missing, path)",
                "'old'",
                "text(os.path.join(path, 'file'))",
                given=("os.mkdir(missing)", "os.rename(path, os.path.join(missing, 'file'))"),
            ),
            Sample("cp_recursive(missing, path)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('cp', '-rf', tmp_dir, conf_dir, root_helper=self._root_helper, run_as_root=True)",
                "privsep.path.cp_recursive(str(tmp_dir), str(conf_dir), force=True)",
            ),
            Stays("execute('cp', '-rp', src, dest, run_as_root=True)", because="-p"),
            Stays("execute('cp', '-a', src, dest, run_as_root=True)", because="-a"),
        ),
        trials=tuple(
            Trial(f"cp {line}")
            for line in (
                "-r {tree} {missing}",
                "-r {tree} {missing}/",
                "-r {tree} {missing}/below",
                "-r {tree} {tree}",
                "-r {tree}/sub {tree}",
                "-r {tree}/. {sgid}",
                "-r {tree}/sub/.. {dir}",
                "-r {tree}/.. {tree}/sub",
                "-r {lockeddir} {sgid}",
                "-r {privatedir}/inside {lockeddir}",
                "-r {privatedir}/below {privatedir}/inside",
                "-r {link} {sticky}/inside",
                "-r {link} /scratch/beside/file",
                "-r {hardlink} /scratch/beside/second",
                "-r {dirlink}/ {missing}",
                "-r {sparse} {dangling}",
                "-r {mounted} {mounted}/point",
                "-r {tree} ''",
                "-rf {tree}/. {readonlydir}",
                "-Rf {dir}/inside {readonlydir}/inside",
                "--recursive --force {dir}/. {dir}/below",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference("several failures below one folder are reported in another order"),
            Difference("a device node is not copied"),
            Difference("below a folder with a default ACL what is new has at most the rights that it has elsewhere"),
        ),
    ),
)

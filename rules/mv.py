# ruff: noqa: SIM105 - generated code is read by people who know try and except
"""mv: move a path through rename(2), or to another file system by copying and removing it."""

from __future__ import annotations

import errno
import functools
import os
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def mv(source: str, dest: str, check: bool = True) -> tuple[str, str]:
    """Move source to dest, or into it where that is a directory; a file that is in the way is replaced.

    What goes to another file system is copied with its owner, mode, times, attributes, holes and hard links, and then
    removed.
    """
    errors = []
    notes = []
    firsts: dict[tuple[int, int], str] = {}  # (device, inode) of a file with several names -> the first of its copies
    made: set[tuple[int, int]] = set()  # (device, inode) of the directories of the copy

    def copied(old: str, new: str) -> bool:
        """Copy old to new, where nothing is; tells whether all that is in it could be copied."""
        whole = True
        descriptor = -1
        doing = f"cannot stat '{old}'"
        try:
            status = os.lstat(old)
            kind, mode = stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode)
            if (status.st_dev, status.st_ino) in made:
                errors.append(f"cannot copy a directory, '{source}', into itself, '{dest}'")
                return False
            if (status.st_dev, status.st_ino) in firsts:
                first = firsts[status.st_dev, status.st_ino]
                doing = f"cannot create hard link '{new}' to '{first}'"
                os.link(first, new, follow_symlinks=False)
                return True
            # Nobody else gets in before the owner is the right one.
            if kind == stat.S_IFDIR:
                doing = f"cannot create directory '{new}'"
                os.mkdir(new, 0o700)
                descriptor = os.open(new, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                made.add((os.fstat(descriptor).st_dev, os.fstat(descriptor).st_ino))
                doing = f"cannot access '{old}'"
                for name in os.listdir(old):
                    whole = copied(os.path.join(old, name), os.path.join(new, name)) and whole
            elif kind == stat.S_IFREG:
                doing = f"cannot open '{old}' for reading"
                reading = os.open(old, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    doing = f"cannot create regular file '{new}'"
                    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    place, end = 0, status.st_size
                    sparse = 512 * status.st_blocks < status.st_size
                    while True:
                        doing = f"error reading '{old}'"
                        if sparse:
                            try:
                                place = os.lseek(reading, place, os.SEEK_DATA)
                            except OSError as error:
                                if error.errno == errno.ENXIO:
                                    break  # nothing but a hole is left
                                raise
                            end = os.lseek(reading, place, os.SEEK_HOLE)
                        chunk = os.pread(reading, min(max(end - place, 4096), 1 << 20), place)
                        if not chunk:
                            break
                        doing = f"error writing '{new}'"
                        place += os.pwrite(descriptor, chunk, place)
                    os.ftruncate(descriptor, max(place, status.st_size if sparse else 0))
                finally:
                    os.close(reading)
            elif kind == stat.S_IFLNK:
                doing = f"cannot create symbolic link '{new}'"
                os.symlink(os.readlink(old), new)
            else:
                doing = "cannot create {} '{}'".format("fifo" if kind == stat.S_IFIFO else "special file", new)
                os.mknod(new, status.st_mode, status.st_rdev)
            if status.st_nlink > 1 and kind != stat.S_IFDIR:
                firsts[status.st_dev, status.st_ino] = new
            # By descriptor where there is one, so that nobody can put a link in its place.
            target: int | str = new if descriptor < 0 else descriptor
            follow = descriptor >= 0
            keep = []
            try:
                os.chown(target, status.st_uid, status.st_gid, follow_symlinks=follow)
            except OSError as error:
                mode &= 0o777  # not with set-id bits to somebody else
                notes.append(f"failed to preserve ownership for '{new}': {error.strerror}")
            try:
                wanted = os.listxattr(old, follow_symlinks=False)
                for name in wanted:
                    value = os.getxattr(old, name, follow_symlinks=False)
                    setting = functools.partial(os.setxattr, target, name, value, follow_symlinks=follow)
                    keep.append((f"setting attribute '{name}' for", setting))
                for name in set(os.listxattr(target, follow_symlinks=follow)).difference(wanted):
                    if name.startswith("system.posix_acl_"):  # it comes from the directory above
                        removing = functools.partial(os.removexattr, target, name, follow_symlinks=follow)
                        keep.append(("preserving permissions for", removing))
            except OSError:
                pass  # one of the two file systems has no attributes
            if descriptor >= 0:
                keep.append(("preserving permissions for", functools.partial(os.chmod, target, mode)))
            times = (status.st_atime_ns, status.st_mtime_ns)
            setting = functools.partial(os.utime, target, ns=times, follow_symlinks=follow)
            keep.append(("preserving times for", setting))
            for what, act in keep:
                try:
                    act()
                except OSError as error:
                    # What that file system cannot keep is told, and no failure.
                    if error.errno != errno.ENOTSUP:
                        notes.append(f"{what} '{new}': {error.strerror}")
        except OSError as error:
            errors.append(f"{doing}: {error.strerror}")
            return False
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return whole

    def removed(path: str) -> None:
        """Remove path and all below it."""
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
        kept = set()
        # By descriptor, so that nobody can put a link in the place of a folder half way.
        for root, folders, files, descriptor in os.fwalk(path, topdown=False):
            for name in files + folders:
                shown = os.path.join(root, name)
                try:
                    if shown in kept:
                        kept.add(root)
                    elif stat.S_ISDIR(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                        os.rmdir(name, dir_fd=descriptor)
                    else:
                        os.unlink(name, dir_fd=descriptor)
                except OSError as error:
                    kept.add(root)
                    errors.append(f"cannot remove '{shown}': {error.strerror}")
        if path not in kept:
            os.rmdir(path)

    doing = f"cannot stat '{source}'"
    problem = ""
    try:
        for path in (source, dest):
            if path and not os.path.isabs(path):
                # The daemon's working directory is /, not the caller's.
                raise OSError(errno.EINVAL, "it is not an absolute path")
        status = os.lstat(source)
        link, folder = stat.S_ISLNK(status.st_mode), stat.S_ISDIR(status.st_mode)
        if dest and os.path.isdir(dest):
            dest = os.path.join(dest, os.path.basename(source.rstrip("/")))
        doing = f"cannot stat '{dest}'"
        try:
            there = os.lstat(dest)
        except FileNotFoundError:
            pass
        else:
            same = os.path.samestat(status, there)
            if link and not stat.S_ISLNK(there.st_mode) and os.path.exists(source):
                # What a link leads to may go when it has another name that the link leads to.
                folder_of, name = os.path.split(dest)
                led = os.path.realpath(source) == os.path.join(os.path.realpath(folder_of), name)
                same = os.path.samestat(os.stat(source), there) and (led or there.st_nlink == 1)
            if same:
                problem = f"'{source}' and '{dest}' are the same file"
            elif folder and not stat.S_ISDIR(there.st_mode):
                problem = f"cannot overwrite non-directory '{dest}' with directory '{source}'"
            elif not folder and stat.S_ISDIR(there.st_mode):
                problem = f"cannot overwrite directory '{dest}' with non-directory"
        if problem:
            errors.append(problem)
        else:
            doing = f"cannot move '{source}' to '{dest}'"
            try:
                os.rename(source, dest)
            except OSError as error:
                if error.errno == errno.EINVAL:
                    errors.append(f"cannot move '{source}' to a subdirectory of itself, '{dest}'")
                elif error.errno != errno.EXDEV:
                    raise
                else:
                    doing = f"inter-device move failed: '{source}' to '{dest}'; unable to remove target"
                    try:
                        (os.rmdir if folder else os.unlink)(dest)
                    except FileNotFoundError:
                        pass
                    if copied(source, dest):
                        if os.path.basename(source.rstrip("/")) in (".", ".."):
                            errors.append(f"refusing to remove '.' or '..' directory: skipping '{source}'")
                        else:
                            doing = f"cannot remove '{source}'"
                            removed(source)
    except OSError as error:
        errors.append(f"{doing}: {error.strerror}")
    stderr = "".join(f"mv: {line}\n" for line in notes + errors)
    if errors and check:
        raise processutils.ProcessExecutionError(stdout="", stderr=stderr, exit_code=1, cmd=f"mv {source} {dest}")
    return "", stderr


RULES = (
    Rule(
        grammar="mv [(-f|--force)] SOURCE DEST",
        function=mv,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID"},
        samples=(
            Sample("mv(path, missing)", "(False, 'old')", "(os.path.exists(path), text(missing))"),
            Sample("mv(missing, path)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('mv', src, dst, run_as_root=True)",
                "privsep.path.mv(str(src), str(dst))",
            ),
            Becomes(
                "self.gpfs_execute('mv', local_path, new_path, run_as_root=True)",
                "privsep.path.mv(str(local_path), str(new_path))",
            ),
            Stays("execute('mv', '-n', src, dst, run_as_root=True)", because="-n"),
            Stays("execute('mv', '-t', folder, src, run_as_root=True)", because="-t"),
            Stays("execute('mv', one, two, folder, run_as_root=True)", because="{folder}"),
        ),
        trials=tuple(
            Trial(f"mv {line}")
            for line in (
                # Those with a fixture on both sides are tried on every other one on each.
                "{file} {missing}",
                "-f /scratch/bystander /var/new",
                "{dir} {missing}",
                "{file} {missing}/below",
                "{file} {rootfile}/below",
                "{file} ''",
                "'' {file}",
                "{file} {file}",
                "{dir} {dir}/below",
                "{dir} {tree}",
                "{dir}/. {tree}",
                "{sticky}/inside {lockeddir}/inside",
                "{hardlink} /scratch/beside/second",
                "{link} /scratch/beside/file",
                "/scratch/beside/file {link}",
                "/scratch/beside {hardlink}",
                # To another file system, and from one.
                *(
                    f"{source} /var/new"
                    for source in (
                        "{sparse}",
                        "{foreignsuid}",
                        "{dirlink}",
                        "{dirlink}/",
                        "{fifo}",
                        "{tree}",
                        "{lockeddir}",
                        "{sticky}/inside",
                        "{hardlink}",
                        "{mounted}",
                        "{readonlydir}/inside",
                        "{missing}",
                        "{empty}/",
                        "{dir}/..",
                    )
                ),
                "{mounted} {mounted}/point/new",
                "{sparse} {mounted}/point/inside",
                "{dir} {mounted}/point/inside",
                "{mounted}/point/inside {mounted}/plain",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference("a device node does not go to another file system"),
            Difference(
                "on another file system it has no file capabilities and trusted attributes any more, which is told"
            ),
        ),
    ),
)

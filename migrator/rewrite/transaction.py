"""Write all files of a run or none, also across Ctrl-C and kill -9."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from migrator.fault import Fault

JOURNAL = ".privmigrate-journal"
_NEW, _OLD = ".privmigrate-new", ".privmigrate-old"


@dataclass(frozen=True)
class Change:
    """A file's bytes before (None: it is not there) and after; removed: it goes away, and `new` is empty."""

    path: str
    old: bytes | None
    new: bytes
    removed: bool = False

    @property
    def after(self) -> bytes | None:
        """The bytes afterwards, None for a file that goes away."""
        return None if self.removed else self.new


@dataclass(frozen=True)
class _Entry:
    """One line of the journal: absolute path, digests of both contents ("" for no file)."""

    path: str
    old: str
    new: str


def commit(changes: Sequence[Change], root: str, *, step: Callable[[str], None] = lambda name: None) -> None:
    """Write every change or none.

    root: the folder that all files lie below; a journal stands there while files are replaced. New content and a copy
    of the old are written and synced beside each file first; then the files are renamed into place. When anything
    fails or Ctrl-C comes, what was replaced is put back and the exception goes on. After a kill, recover() puts it
    back. A folder in which the last file went away goes too. step(name) is called after each step, for tests.

    Raises Fault when a file changed since it was read, is read-only, or is a link that leads out of root.
    """
    if not changes:
        return
    root = os.path.realpath(root)
    resolved = [replace(change, path=_resolve(change.path, root)) for change in changes]
    for change in resolved:
        _check(change)
    entries = [_Entry(change.path, _digest(change.old), _digest(change.after)) for change in resolved]
    folders = _missing_folders(resolved, root)
    journal = os.path.join(root, JOURNAL)
    with _held(journal, create=True) as handle:
        _write_journal(handle, entries, folders, root)
        written = False
        try:
            step("journal")
            for folder in folders:
                os.mkdir(folder)
            for change in resolved:
                _prepare(change)
                step("prepared")
            for change in resolved:
                _check(change)
            for change in resolved:
                _put(change)
                step("replaced")
            for folder in {os.path.dirname(change.path) for change in resolved}:
                _sync_folder(folder)
            with _uninterrupted():
                os.unlink(journal)  # from here on the new files stand
                written = True
                _sync_folder(root)
                for change in resolved:
                    _forget(change.path + _OLD)
                _close(resolved, root)
        except BaseException:
            if not written:
                with _uninterrupted():
                    _undo(entries, folders)
                    os.unlink(journal)
            raise


def interrupted(paths: Iterable[str]) -> list[str]:
    """The journals of runs that were killed half way, in every folder above the paths; nothing is changed."""
    journals = [os.path.join(folder, JOURNAL) for path in paths for folder in _folders_above(path)]
    return sorted({journal for journal in journals if os.path.exists(journal)})


def recover(paths: Iterable[str]) -> list[str]:
    """Put back what a killed run left half done; the paths of the journals found, empty when there was none.

    Looks for a journal in every folder above the paths. Raises Fault when another run is at work there, or when a
    file was changed by someone else in the meantime.
    """
    found = []
    for journal in interrupted(paths):
        with _held(journal, create=False) as handle:
            text = os.pread(handle, os.fstat(handle).st_size, 0)
            if text:
                try:
                    record = json.loads(text)
                    entries = [_Entry(**entry) for entry in record["entries"]]
                    folders = [str(name) for name in record["folders"]]
                except (ValueError, KeyError, TypeError) as error:
                    raise Fault(
                        f"{journal}: damaged journal of an interrupted run ({error}); compare the files with "
                        f"their copies *{_OLD}, then delete it"
                    ) from error
                _undo(entries, folders)
            os.unlink(journal)
        found.append(journal)
    return found


def _resolve(path: str, root: str) -> str:
    real = os.path.realpath(path)
    if os.path.commonpath([real, root]) != root:
        raise Fault(f"{path}: leads out of {root} through a symbolic link; migrate the tree that it points to")
    return real


def _check(change: Change) -> None:
    now = _content(change.path)
    if now != change.old:
        raise Fault(f"{change.path}: changed since it was read; run again")
    if change.old is not None:
        writable = os.stat(change.path).st_mode & 0o200 and os.access(change.path, os.W_OK)
        if not writable:
            raise Fault(f"{change.path}: read-only; make it writable first (chmod u+w)")
    folder = os.path.dirname(change.path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Fault(f"{folder}: no files can be written here; check its permissions")


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _digest(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _missing_folders(changes: Iterable[Change], root: str) -> list[str]:
    missing: set[str] = set()
    for change in changes:
        folder = os.path.dirname(change.path)
        while folder != root and not os.path.isdir(folder):
            missing.add(folder)
            folder = os.path.dirname(folder)
    return sorted(missing)


def _prepare(change: Change) -> None:
    """Write the new content and, of an existing file, a copy of the old one beside it, with its mode and owner."""
    status = os.stat(change.path) if change.old is not None else None
    if not change.removed:
        _write(change.path + _NEW, change.new, status)
    if change.old is not None:
        _write(change.path + _OLD, change.old, status)


def _put(change: Change) -> None:
    if change.removed:
        os.unlink(change.path)
    else:
        os.replace(change.path + _NEW, change.path)


def _close(changes: Iterable[Change], root: str) -> None:
    """Remove the folders that are empty now that files went away."""
    for change in changes:
        folder = os.path.dirname(change.path)
        while change.removed and folder != root and os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)
            folder = os.path.dirname(folder)


def _write(path: str, data: bytes, status: os.stat_result | None) -> None:
    with open(path, "wb") as file:
        file.write(data)
        if status is not None:
            if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                with contextlib.suppress(PermissionError):  # only root may give a file away
                    os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fchmod(file.fileno(), status.st_mode & 0o7777)
        file.flush()
        os.fsync(file.fileno())


def _undo(entries: Iterable[_Entry], folders: Iterable[str]) -> None:
    """Bring back the old content of every file, and remove what was made."""
    for entry in entries:
        now = _digest(_content(entry.path))
        if now not in (entry.old, entry.new):
            raise Fault(
                f"{entry.path}: changed after an interrupted run; compare it with {entry.path}{_OLD}, delete "
                f"that and the journal, then run again"
            )
    for entry in entries:
        if _digest(_content(entry.path)) != entry.old:
            if entry.old:
                os.replace(entry.path + _OLD, entry.path)
            else:
                os.unlink(entry.path)
        _forget(entry.path + _NEW)
        _forget(entry.path + _OLD)
    for folder in sorted(folders, reverse=True):
        with contextlib.suppress(OSError):  # somebody put a file there meanwhile: it stays
            os.rmdir(folder)


def _forget(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


@contextlib.contextmanager
def _held(journal: str, *, create: bool) -> Iterator[int]:
    """The journal's descriptor, locked for this process."""
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if create else 0)
    try:
        handle = os.open(journal, flags, 0o600)
    except FileExistsError:
        raise Fault(
            f"{journal}: another run is at work, or was interrupted; run `privmigrate rewrite --apply` again"
        ) from None
    except OSError as error:
        raise Fault(f"{journal}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Fault(f"{journal}: another run of privmigrate is writing here; wait for it") from None
        yield handle
    finally:
        os.close(handle)


def _write_journal(handle: int, entries: Iterable[_Entry], folders: Iterable[str], root: str) -> None:
    record = {"entries": [asdict(entry) for entry in entries], "folders": list(folders)}
    os.write(handle, json.dumps(record).encode())
    os.fsync(handle)
    _sync_folder(root)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folders_above(path: str) -> Iterator[str]:
    folder = os.path.realpath(path)
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no Ctrl-C through."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

"""Remembers the finished ledger of a tree, so that an unchanged tree is answered by walking it."""

# On the way of an unchanged tree, like understand.walk: nothing is imported that is not needed to read one file.
from __future__ import annotations

import binascii
import marshal
import os
import sys
import time

from migrator import __version__
from migrator.fault import Fault
from migrator.understand.walk import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from migrator.understand.walk import Walk

_MAGIC = b"privmigrate index 1\n"
_SUFFIX = ".index"
_MOST_ENTRIES = 32
_MOST_BYTES = 64 * 1024 * 1024
_ENTRY_BYTES = 16 * 1024 * 1024

# A file that changes twice within one tick of the clock that stamps it looks unchanged; an entry that rests on a
# stamp this close to its making is never kept. Coarse file systems show themselves by stamps in whole seconds.
_TICK = 50_000_000
_COARSE_TICK = 2_000_000_000
_SECOND = 1_000_000_000


class Index:
    """One slot of the index: where it lies, and what must be the same for its ledger to be used."""

    __slots__ = ("key", "path")

    def __init__(self, path: str, key: str) -> None:
        self.path = path
        self.key = key


def slot(folder: str, paths: Sequence[str], options: Sequence[object], rules: Sequence[str]) -> Index:
    """The slot for scanning `paths` from the current folder with these options (by their repr).

    folder: where the index lies, from `home`. rules: folders of rules; when a file in one of them, or in this
    package, differs by name, time or size, the slot is not used.
    """
    # Not marshal: what it writes for equal values differs with how often and where they are referred to.
    place = repr((os.getcwd(), list(paths), list(options))).encode("utf-8", "surrogatepass")
    name = f"{binascii.crc32(place):08x}{binascii.crc32(place[::-1]):08x}{_SUFFIX}"
    package = os.path.dirname(os.path.abspath(__file__))
    code = [_stamps(directory) for directory in (package, *rules)]
    key = repr((place, __version__, sys.version, sys.implementation.cache_tag, list(rules), code))
    return Index(os.path.join(folder, name), key)


def fingerprint() -> str:
    """What is the same as long as this privmigrate, its own files and this Python are."""
    package = os.path.dirname(os.path.abspath(__file__))
    return repr((__version__, sys.version, sys.implementation.cache_tag, _stamps(package)))


def home(environ: dict[str, str] | os._Environ[str]) -> str | None:
    """The folder of the index: privmigrate in the user's cache folder; None when there is none, or it is off."""
    if environ.get("PRIVMIGRATE_NO_INDEX"):
        return None
    cache = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):  # the specification says that a relative one is to be ignored
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "privmigrate") if os.path.isabs(cache) else None


def recall(index: Index, files: Walk) -> dict[str, Any] | None:
    """The ledger kept for exactly these files, or None: nothing kept, something changed, or the entry is damaged."""
    try:
        descriptor = os.open(index.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        # marshal trusts its input, so only an entry of our own making is read, and only when it is whole.
        if status.st_uid != os.geteuid() or status.st_size > _ENTRY_BYTES:
            return None
        data = os.read(descriptor, status.st_size + 1)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    start = len(_MAGIC) + 8
    body = memoryview(data)[start:]
    if data[:start] != _MAGIC + b"%08x" % binascii.crc32(body):
        return None
    try:
        key, listed, changed, problems, ledger = marshal.loads(body)
    except (EOFError, ValueError, TypeError):
        return None
    if (key, listed, changed, problems) != (index.key, files.files, files.changed, files.problems):
        return None
    return ledger if isinstance(ledger, dict) else None


def keep(index: Index, files: Walk, ledger: dict[str, Any], since: int) -> bool:
    """Keep a ledger; False when it can't be kept (no room, no permission, files too young to be trusted).

    since: time.time_ns() from before the walk: what changed after it may not be what was read.
    """
    if any(_young(time_ns, since) for time_ns in files.changed):
        return False
    if any(_young(time_ns, since) for _, time_ns, _ in files.files):
        return False
    body = marshal.dumps((index.key, files.files, files.changed, files.problems, ledger))
    data = _MAGIC + b"%08x" % binascii.crc32(body) + body
    if len(data) > _ENTRY_BYTES:
        return False
    folder = os.path.dirname(index.path)
    draft = f"{index.path}.{os.getpid()}.{time.time_ns():x}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _prune(folder, len(data), os.path.basename(index.path))
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.replace(draft, index.path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError:
        return False
    return True


def _young(time_ns: int, since: int) -> bool:
    return time_ns >= since - (_TICK if time_ns % _SECOND else _COARSE_TICK)


def _stamps(folder: str) -> list[tuple[str, int, int]]:
    try:
        return walk([folder], tests=True).files
    except Fault:  # a folder that is not there is for the reader of rules to complain about
        return []


def beside(files: Walk) -> list[tuple[str, int, int]]:
    """(path, st_mtime_ns, st_size) of what decides on outcomes beside the Python files themselves.

    That is the metadata of the projects that the files lie in, which tells their Python, and what is below their etc
    folders: rootwrap's filters. A project's folder is the one that holds the top package, as decide.python2 has it.
    """
    tops: dict[str, str] = {"/": "/"}

    def top(folder: str) -> str:
        if folder not in tops:
            package = os.path.isfile(folder + "/__init__.py")
            tops[folder] = top(os.path.dirname(folder)) if package else folder
        return tops[folder]

    here = os.getcwd()
    roots = {
        top(os.path.join(here, folder).rstrip("/")) for folder in {os.path.dirname(each[0]) for each in files.files}
    }
    found = []
    for root in sorted(roots - {"/"}):
        names = [os.path.join(root, name) for name in ("setup.cfg", "setup.py")]
        for folder, _, inside in os.walk(os.path.join(root, "etc")):
            names += [os.path.join(folder, name) for name in inside]
        for name in sorted(names):
            try:
                status = os.stat(name)
            except OSError:
                continue
            found.append((name, status.st_mtime_ns, status.st_size))
    return found


def _prune(folder: str, more: int, name: str) -> None:
    """Remove the oldest entries, and drafts that a killed run left, until there is room for `more` bytes."""
    entries = []
    now = time.time()
    with os.scandir(folder) as listing:
        for entry in listing:
            if _SUFFIX not in entry.name or not entry.is_file(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
            if not entry.name.endswith(_SUFFIX):
                if now - status.st_mtime > 3600:
                    os.unlink(entry.path)
            elif entry.name != name:
                entries.append((status.st_mtime_ns, status.st_size, entry.path))
    entries.sort(reverse=True)
    room, kept = _MOST_BYTES - more, 1
    for _, size, path in entries:
        room -= size
        kept += 1
        if room < 0 or kept > _MOST_ENTRIES:
            os.unlink(path)

"""Lists the Python files below the paths that the user named, with what tells whether they changed."""

# Only os, sys and our own fault: an unchanged tree is answered from the index, and then this module is most of the
# work; dataclasses, typing, pathlib or re would each cost more than the whole walk.
from __future__ import annotations

import os

from migrator.fault import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = frozenset({"tests", "test"})
_NEVER = frozenset({"__pycache__", "__pypackages__", "node_modules", "site-packages", "buck-out", "_build"})
_UNLESS_PACKAGE = frozenset({"build", "dist"})  # output folders, but also plausible names of packages
_MOST_SHOWN = 3


class Walk:
    """The files of a scan.

    files: (path, st_mtime_ns, st_size), sorted; POSIX paths, relative to the current folder when below it, else as
    the user gave them. changed: st_ctime_ns of each, in the same order. problems: (path, reason) of files and folders
    that could not be listed.
    """

    __slots__ = ("changed", "files", "problems")

    def __init__(self, files: list[tuple[str, int, int]], changed: list[int], problems: list[tuple[str, str]]) -> None:
        self.files = files
        self.changed = changed
        self.problems = problems

    def beyond(self, other: Walk) -> Walk:
        """What this one has and the other has not."""
        known = {os.path.abspath(path) for path, _, _ in other.files}
        some = [number for number, (path, _, _) in enumerate(self.files) if os.path.abspath(path) not in known]
        told = [problem for problem in self.problems if problem not in other.problems]
        return Walk([self.files[number] for number in some], [self.changed[number] for number in some], told)


def walk(paths: Sequence[str], *, tests: bool, exclude: Sequence[str] = ()) -> Walk:
    """List the Python files below `paths`; a path that is named is taken whatever it is called.

    tests: take folders named tests or test too. exclude: glob patterns; one without a slash is held against every
    file and folder name, one with a slash must be absolute and is held against the whole path.
    Folders that are hidden, hold a virtual environment, or are named like build output are left out. A link to a
    folder is followed when it leads out of what is walked anyway, so that loops end and no file counts twice.
    Raises Fault for a path that does not exist, and when there is no Python file at all.
    """
    here = os.getcwd()
    roots = [spelled(path, here) for path in paths]
    excluded = _excluder(exclude, here)
    found: dict[str, os.stat_result] = {}
    problems: dict[str, str] = {}
    folders = []
    for given, root in zip(paths, roots, strict=True):
        try:
            status = os.stat(root)
        except (OSError, ValueError) as error:
            raise Fault(f"{shown(given)}: {_reason(error)}; name a Python file or a folder that holds some") from None
        kind = status.st_mode & 0o170000
        if kind == 0o100000:
            found[root] = status
        elif kind == 0o040000:
            folders.append(root)
        else:
            raise Fault(f"{shown(given)}: neither a file nor a folder; name a Python file or a folder that holds some")
    inside = [os.path.realpath(root) for root in folders]
    for root in folders:
        _descend(root, tests, excluded, inside, found, problems)
    if not found and not problems:
        some = ", ".join(shown(path) for path in paths[:_MOST_SHOWN]) + (", ..." if len(paths) > _MOST_SHOWN else "")
        left_out = "" if tests else " (folders named tests are left out; --tests takes them)"
        raise Fault(f"{some}: no Python file below it{left_out}")
    files = [(path, found[path].st_mtime_ns, found[path].st_size) for path in sorted(found)]
    return Walk(files, [found[path].st_ctime_ns for path, _, _ in files], sorted(problems.items()))


def spelled(path: str, here: str) -> str:
    """Spell a path as reports do: normalised, relative to the folder `here` when below it."""
    path = os.path.normpath(path) if path else "."
    if path == here:
        return "."
    if path.startswith(here.rstrip("/") + "/"):
        return path[len(here.rstrip("/")) + 1 :]
    return path


def relative(path: str) -> str:
    """A path as the user writes them: relative when it is below the current folder, else as it is."""
    below = os.path.relpath(path)
    return path if below.startswith("..") else below


def shown(path: str) -> str:
    """A path for a one-line message: control characters and undecodable bytes escaped."""
    return path if path.isprintable() and path else repr(path)


def _descend(
    root: str,
    tests: bool,
    excluded: _Excluded | None,
    inside: list[str],
    found: dict[str, os.stat_result],
    problems: dict[str, str],
) -> None:
    pending = [root]
    while pending:
        folder = pending.pop()
        prefix = "" if folder == "." else folder if folder.endswith("/") else folder + "/"
        files: list[tuple[str, os.stat_result]] = []
        folders: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    try:
                        if name.endswith(".py"):
                            if entry.is_file():
                                path = prefix + name
                                if excluded is None or not excluded(path, name):
                                    files.append((path, entry.stat()))
                                continue
                        elif name == "pyvenv.cfg" and folder != root:
                            files.clear()
                            folders.clear()
                            break
                        if name[0] != "." and entry.is_dir():
                            path = prefix + name
                            if _wanted(name, path, tests) and (excluded is None or not excluded(path, name)):
                                if entry.is_symlink() and not _leads_out(path, inside):
                                    continue
                                folders.append(path)
                    except OSError as error:  # a link to itself, say; the rest of the folder is listed
                        problems[prefix + name] = f"cannot be followed: {error.strerror or error}"
        except OSError as error:
            problems[folder] = f"cannot be listed: {error.strerror or error}"
        found.update(files)
        pending += folders


def _wanted(name: str, path: str, tests: bool) -> bool:
    if name in TESTS:
        return tests
    if name in _UNLESS_PACKAGE:
        return os.path.exists(path + "/__init__.py")
    return name not in _NEVER


def _leads_out(path: str, inside: list[str]) -> bool:
    """Whether a link leads to a folder that is not walked otherwise; from then on it is."""
    real = os.path.realpath(path)
    for root in inside:
        if _below(real, root) or _below(root, real):
            return False
    inside.append(real)
    return True


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


if TYPE_CHECKING:
    from collections.abc import Callable

    _Excluded = Callable[[str, str], bool]


def _excluder(patterns: Sequence[str], here: str) -> _Excluded | None:
    if not patterns:
        return None
    from fnmatch import fnmatchcase

    names = [pattern for pattern in patterns if "/" not in pattern]
    whole = [pattern.rstrip("/") for pattern in patterns if "/" in pattern]

    def excluded(path: str, name: str) -> bool:
        if any(fnmatchcase(name, pattern) for pattern in names):
            return True
        absolute = os.path.normpath(os.path.join(here, path))
        return any(fnmatchcase(absolute, pattern) for pattern in whole)

    return excluded


def _reason(error: OSError | ValueError) -> str:
    """The system's own words, in the lower case that follows a colon ("no such file or directory")."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text[:1].lower() + text[1:]

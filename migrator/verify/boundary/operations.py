"""What functions of libraries do to a path that they are given, and which capability the kernel asks for that."""

from __future__ import annotations

from dataclasses import dataclass

READ, WRITE, CREATE, REMOVE, MOVE, LINK = "reads", "writes", "creates", "removes", "moves", "links"
OWNER, MODE, TIMES, LIST, LABEL = "changes the owner of", "changes the mode of", "touches", "lists", "labels"


@dataclass(frozen=True, slots=True)
class Operation:
    """A function of a library. does: what it does to each of its paths, as (word, position, keyword)."""

    does: tuple[tuple[str, int, str], ...]


def _one(word: str, keyword: str = "path", position: int = 0) -> Operation:
    return Operation(((word, position, keyword),))


def _two(first: str, second: str, names: tuple[str, str] = ("src", "dst")) -> Operation:
    return Operation(((first, 0, names[0]), (second, 1, names[1])))


# Sources: the reference of the standard library (os, shutil, configparser), oslo_utils/fileutils.py.
# open() is told apart by its mode, see `opened`.
OPERATIONS: dict[str, Operation] = {
    "os.chown": _one(OWNER),
    "os.lchown": _one(OWNER),
    "shutil.chown": _one(OWNER),
    "os.chmod": _one(MODE),
    "os.lchmod": _one(MODE),
    "os.mkdir": _one(CREATE),
    "os.makedirs": _one(CREATE, "name"),
    "os.mkfifo": _one(CREATE),
    "os.mknod": _one(CREATE),
    "os.remove": _one(REMOVE),
    "os.unlink": _one(REMOVE),
    "os.rmdir": _one(REMOVE),
    "os.removedirs": _one(REMOVE, "name"),
    "shutil.rmtree": _one(REMOVE),
    "os.rename": _two(MOVE, MOVE),
    "os.renames": _two(MOVE, MOVE, ("old", "new")),
    "os.replace": _two(MOVE, MOVE),
    "shutil.move": _two(MOVE, MOVE),
    "os.link": _two(LINK, CREATE),
    "os.symlink": _one(CREATE, "dst", 1),
    "os.truncate": _one(WRITE),
    "os.utime": _one(TIMES),
    "os.setxattr": _one(LABEL),
    "os.removexattr": _one(LABEL),
    "os.listdir": _one(LIST),
    "os.scandir": _one(LIST),
    "os.readlink": _one(LIST),
    "shutil.copy": _two(READ, WRITE),
    "shutil.copy2": _two(READ, WRITE),
    "shutil.copyfile": _two(READ, WRITE),
    "shutil.copytree": _two(READ, WRITE),
    "shutil.copymode": _two(LIST, MODE),
    "linecache.getlines": _one(READ, "filename"),
    "configparser.ConfigParser.read": _one(READ, "filenames"),
    "oslo_utils.fileutils.ensure_tree": _one(CREATE),
    "oslo_utils.fileutils.delete_if_exists": _one(REMOVE),
    "oslo_utils.fileutils.remove_path_on_error": _one(REMOVE),
    "oslo_utils.fileutils.write_to_tempfile": Operation(((CREATE, 1, "path"),)),
    "oslo_utils.fileutils.last_bytes": _one(READ),
    "oslo_utils.fileutils.compute_file_checksum": _one(READ),
}
OPENS = frozenset({"builtins.open", "io.open", "codecs.open", "os.open"})


@dataclass(frozen=True, slots=True)
class Program:
    """What a program does to its operands. last: to the last of several, where that is something else.

    values: its options that take the next word. skip: how many operands come before those that are paths; reference:
    the option in whose place they are not needed. most: how many paths it takes, 0 for any number.
    """

    does: str
    last: str = ""
    values: frozenset[str] = frozenset()
    skip: int = 0
    reference: str = ""
    most: int = 0


def _with(*options: str) -> frozenset[str]:
    return frozenset(options)


# A function that runs one of these on a path that it was given grants the same as one that makes the system call.
# Source: the programs' manual pages (coreutils, acl, rsync).
PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(("cat", "less", "md5sum", "sha256sum"), Program(READ)),
    **dict.fromkeys(("head", "tail"), Program(READ, values=_with("-c", "-n", "--bytes", "--lines"))),
    "tee": Program(WRITE),
    "truncate": Program(WRITE, values=_with("-s", "--size", "-r", "--reference")),
    "shred": Program(WRITE, values=_with("-n", "--iterations", "-s", "--size")),
    "cp": Program(READ, last=WRITE, values=_with("-t", "-S", "--suffix")),
    "install": Program(READ, last=WRITE, values=_with("-m", "-o", "-g", "-t", "-S", "--mode", "--owner", "--group")),
    "rsync": Program(READ, last=WRITE, values=_with("-e", "--rsh", "-f", "-T", "--timeout", "--bwlimit")),
    "mkdir": Program(CREATE, values=_with("-m", "--mode")),
    "touch": Program(CREATE, values=_with("-d", "-t", "-r", "--date", "--reference")),
    "mknod": Program(CREATE, values=_with("-m", "--mode"), most=1),
    "mkfifo": Program(CREATE, values=_with("-m", "--mode")),
    **dict.fromkeys(("rm", "rmdir", "unlink"), Program(REMOVE)),
    "mv": Program(MOVE, values=_with("-t", "-S", "--suffix")),
    "ln": Program(LINK, last=CREATE, values=_with("-t", "-S", "--suffix")),
    **dict.fromkeys(("chown", "chgrp"), Program(OWNER, values=_with("--from"), skip=1, reference="--reference")),
    "chmod": Program(MODE, skip=1, reference="--reference"),
    "setfacl": Program(MODE, values=_with("-m", "-x", "--modify", "--remove")),
}


def opened(mode: str | None) -> str:
    """What open() does in a mode; None: one that is not known."""
    if mode is None:
        return f"{READ} or {WRITE}"
    return WRITE if set(mode) & set("wax+") else READ


def opened_by(names: frozenset[str]) -> str:
    """What os.open() does with some flags."""
    if names & {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"}:
        return WRITE
    return f"{READ} or {WRITE}" if "?" in names else READ

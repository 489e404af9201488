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

# What a command of these programs does to its operands: a function that runs one of them on a path that it was given
# grants the same as one that makes the system call. By the programs' manual pages (coreutils, tar, rsync, util-linux).
PROGRAMS: dict[str, str] = {
    **dict.fromkeys(("cat", "head", "tail", "less", "md5sum", "sha256sum", "readlink", "stat", "du"), READ),
    **dict.fromkeys(("tee", "truncate", "sed", "shred"), WRITE),
    **dict.fromkeys(("dd", "cp", "rsync", "tar", "install"), WRITE),
    **dict.fromkeys(("mkdir", "touch", "mknod", "mkfifo"), CREATE),
    **dict.fromkeys(("rm", "rmdir", "unlink"), REMOVE),
    **dict.fromkeys(("mv", "rename"), MOVE),
    "ln": LINK,
    **dict.fromkeys(("chown", "chgrp"), OWNER),
    **dict.fromkeys(("chmod", "setfacl"), MODE),
}
_LISTED = frozenset({"readlink", "stat", "du"})


def of_program(name: str) -> str:
    """What a program does to the paths that it is given, "" when that is not in the table."""
    return LIST if name in _LISTED else PROGRAMS.get(name, "")


def opened(mode: str | None) -> str:
    """What open() does in a mode; None: one that is not known."""
    if mode is None:
        return f"{READ} or {WRITE}"
    return WRITE if set(mode) & set("wax+") else READ

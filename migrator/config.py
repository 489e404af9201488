"""Reads [tool.privmigrate] of pyproject.toml, or [privmigrate] of setup.cfg or tox.ini."""

# Every run passes here, most projects have no section of ours: a parser is imported only for a file that names us.
from __future__ import annotations

import os

from migrator.fault import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LISTS = (
    "paths",
    "exclude",
    "executors",
    "wrappers",
    "contexts",
    "rules",
    "unprivileged",
    "allow_requirements",
    "baseline_requires",
    "select",
    "ignore",
    "runs",
)
_TRUTHS = ("index", "noqa_requires_reason")
_TEXTS = ("baseline", "privsep_package")
KEYS = (*_LISTS, *_TRUTHS, *_TEXTS)
_FIELDS = ("reason", "owner", "until")
_PATHS = ("baseline", "paths", "rules")
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Config:
    """What the project's configuration says.

    source: the file it was read from, "" when there is none. given: the keys that stand in it. paths: what is looked
    at when the command line names nothing, absolute. privsep_package: dotted name of the package that functions go
    to, "" for the one that is found. contexts: names of the contexts that new functions may use, all when empty.
    wrappers: dotted names of functions that run the words they are given as root. allow_requirements: libraries that
    privileged functions may import though the project does not require them yet. exclude: glob patterns, those with a
    slash made absolute. executors: dotted names of further functions that run a command and take what
    oslo_concurrency's execute takes. rules: absolute folders. index: keep an index. baseline: absolute path, "" when
    not given. baseline_requires: fields that each of its entries must have. noqa_requires_reason: a `# noqa` of ours
    without one is a finding. select, ignore: beginnings of the codes that count, and that do not. unprivileged:
    dotted names, or glob patterns of them, of functions that stand in a privsep package and are meant to run in the
    service. runs: FUNCTION=PROGRAM, what calls run whose program cannot be read from the code. notes: what the user
    should be told about it.
    """

    __slots__ = (
        "allow_requirements",
        "baseline",
        "baseline_requires",
        "contexts",
        "exclude",
        "executors",
        "given",
        "ignore",
        "index",
        "noqa_requires_reason",
        "notes",
        "paths",
        "privsep_package",
        "rules",
        "runs",
        "select",
        "source",
        "unprivileged",
        "wrappers",
    )

    def __init__(self, source: str = "") -> None:
        self.source = source
        self.given: list[str] = []
        self.paths: list[str] = []
        self.privsep_package = ""
        self.contexts: list[str] = []
        self.wrappers: list[str] = []
        self.allow_requirements: list[str] = []
        self.exclude: list[str] = []
        self.executors: list[str] = []
        self.rules: list[str] = []
        self.index = True
        self.baseline = ""
        self.baseline_requires: list[str] = []
        self.noqa_requires_reason = False
        self.select: list[str] = []
        self.ignore: list[str] = []
        self.runs: list[str] = []
        self.unprivileged: list[str] = []
        self.notes: list[str] = []


def configuration(start: str, named: str = "", rules: Sequence[str] = (), allowed: Sequence[str] = ()) -> Config:
    """The configuration for scanning `start`: of the nearest folder at or above it that has one.

    The search ends at the top of the repository. named: a file to read instead. rules: folders that the command line
    adds to those of the file; allowed: what it adds to allow_requirements. Rules are code: those of a file that was
    found, not named, count only when the current folder lies in its project, so that scanning somebody's tree does
    not run what is in it. Raises Fault, naming file and key, for a file that can't be read, a key that does not exist
    and a value of the wrong type.
    """
    found = _found(start, named)
    if found.rules and not named and not _at_home(found.source):
        found.notes.append(f"{found.source}: its rules are left out; run from that folder, or use --config or --rules")
        found.rules = []
    found.rules += [os.path.abspath(folder) for folder in rules]
    found.allow_requirements += allowed
    return found


def scope(
    paths: Sequence[str], named: str = "", rules: Sequence[str] = (), allowed: Sequence[str] = ()
) -> tuple[Config, list[str]]:
    """The configuration for the paths of a command line, and those paths: when there are none, the configuration's.

    Raises Fault as `configuration` does, and where the nearest files of two paths differ: each project has its own.
    """
    found = configuration(paths[0] if paths else ".", named, rules, allowed)
    for path in () if named else paths[1:]:
        other = _found(path, "").source
        if other != found.source:
            both = f"{found.source or 'none'} for {paths[0]}, {other or 'none'} for {path}"
            raise Fault(f"{both}: two configurations; run the two by themselves, or name one with --config")
    return found, list(paths) or [os.path.relpath(path) for path in found.paths] or ["."]


def _found(start: str, named: str) -> Config:
    if named:
        found = _read(named, demanded=True)
        if found is None:
            raise Fault(f"{named}: no [tool.privmigrate] (TOML) or [privmigrate] section in it")
        return found
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        for name in ("pyproject.toml", "setup.cfg", "tox.ini"):
            found = _read(os.path.join(folder, name), demanded=False)
            if found is not None:
                return found
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return Config()
        folder = above


def _at_home(source: str) -> bool:
    folder, here = os.path.dirname(os.path.realpath(source)), os.path.realpath(os.getcwd())
    return here == folder or here.startswith(folder.rstrip("/") + "/")


def _read(path: str, demanded: bool) -> Config | None:
    try:
        with open(path, "rb", buffering=0) as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if demanded:
            raise Fault(f"{path}: no such file; --config names a pyproject.toml, setup.cfg or tox.ini") from None
        return None
    except OSError as error:
        raise Fault(f"{path}: the configuration can't be read: {error.strerror}") from None
    if b"privmigrate" not in data or (path.endswith(".toml") and not _has_table(data)):
        return None
    values = _toml(path, data) if path.endswith(".toml") else _ini(path, data)
    return None if values is None else _checked(path, values)


def _has_table(data: bytes) -> bool:
    """Whether a pyproject.toml can have [tool.privmigrate], however spelled; a requirement is no reason to parse it."""
    data = b"\n" + data
    start = data.find(b"privmigrate")
    while start >= 0:
        before = data[:start].rstrip(b" \t\"'")
        if before.rstrip(b".").rstrip(b" \t\"'").endswith((b"tool", b"{", b",")) and not before.endswith(b"="):
            return True
        if before.endswith((b"\n", b"\r")) and before[before.rfind(b"\n[") :].lstrip().startswith(b"[tool]"):
            return True
        start = data.find(b"privmigrate", start + 1)
    return False


def _toml(path: str, data: bytes) -> Mapping[str, object] | None:
    import importlib
    import sys

    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        document = toml.loads(data.decode())
    except ValueError as error:  # of decoding, or TOMLDecodeError, which is one
        raise Fault(f"{path}: not valid TOML: {' '.join(str(error).split())}") from None
    tool = document.get("tool", {})
    if not isinstance(tool, dict) or "privmigrate" not in tool:
        return None
    section = tool["privmigrate"]
    if not isinstance(section, dict):
        raise Fault(f"{path}: tool.privmigrate is not a table; write [tool.privmigrate] and keys below it")
    return section


def _ini(path: str, data: bytes) -> Mapping[str, object] | None:
    import configparser

    parser = configparser.RawConfigParser()  # no interpolation: tox.ini is full of {posargs} and %
    try:
        parser.read_string(data.decode(), source=path)
    except (configparser.Error, UnicodeDecodeError) as error:
        if b"[privmigrate]" not in data:
            return None
        raise Fault(f"{path}: not a valid ini file: {' '.join(str(error).split())}") from None
    if not parser.has_section("privmigrate"):
        return None
    values: dict[str, object] = {}
    for key, text in parser.items("privmigrate"):
        if key in parser.defaults():
            continue
        if key in _LISTS:
            values[key] = [item for line in text.splitlines() for item in line.replace(",", " ").split()]
        elif key in _TRUTHS:
            values[key] = _WORDS.get(text.strip().lower(), text)
        else:
            values[key] = text.strip()
    return values


def _checked(path: str, values: Mapping[str, object]) -> Config:
    config = Config(path)
    folder = os.path.dirname(os.path.abspath(path))
    for key, value in values.items():
        if key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
                raise Fault(f'{path}: {key} must be a list of texts, such as {key} = ["a", "b"]; it is {value!r}')
            if key == "exclude":
                value = [os.path.join(folder, item) if "/" in item else item for item in value]
            elif key == "baseline_requires":
                for item in value:
                    if item not in _FIELDS:
                        raise Fault(f"{path}: {key}: an entry has no {item!r}; it can have {', '.join(_FIELDS)}")
            elif key == "runs":
                for item in value:
                    if not all(item.partition("=")[::2]):
                        raise Fault(
                            f"{path}: {key}: {item!r} is not FUNCTION=PROGRAM (nova.virt.disk.api.mkfs=mkfs.ext4)"
                        )
            elif key in _PATHS:
                value = [os.path.normpath(os.path.join(folder, item)) for item in value]
        elif key in _TRUTHS:
            if not isinstance(value, bool):
                raise Fault(f"{path}: {key} must be true or false; it is {value!r}")
        elif key in _TEXTS:
            dotted = key not in _PATHS
            if not isinstance(value, str) or not value or (dotted and not all(map(str.isidentifier, value.split(".")))):
                raise Fault(f"{path}: {key} must be a {'dotted name' if dotted else 'path'}; it is {value!r}")
            value = value if dotted else os.path.normpath(os.path.join(folder, value))
        else:
            raise Fault(f"{path}: unknown key {key!r} for privmigrate{_nearest(key)}; known are {', '.join(KEYS)}")
        setattr(config, key, value)
        config.given.append(key)
    return config


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, KEYS, n=1)
    return f", did you mean {near[0]!r}?" if near else ""

"""The filters of rootwrap as data: what each class makes of the words of its definition."""

from __future__ import annotations

import os
from dataclasses import dataclass

CHAINING = frozenset({"ChainingFilter", "ChainingRegExpFilter", "IpNetnsExecFilter"})
_PLAIN = frozenset({"CommandFilter", "RegExpFilter", "PathFilter", "IpFilter", "EnvFilter"})


@dataclass(frozen=True, slots=True)
class Filter:
    """One line of a filters file.

    kind: oslo.rootwrap's class. executable: the path or name of what is run. run_as: the user it is run as. args: the
    rest, whose meaning is the class's (patterns, folders, variables, the signals of a KillFilter after its program).
    path: of the file that it stands in.
    """

    name: str
    kind: str
    executable: str
    run_as: str
    args: tuple[str, ...] = ()
    path: str = ""

    @property
    def chaining(self) -> bool:
        """Whether it runs another command, which a filter has to admit as well."""
        return self.kind in CHAINING

    @property
    def variables(self) -> frozenset[str]:
        """The names of the variables that an EnvFilter asks for."""
        return frozenset(leading_variables(self.args))


def defined(name: str, text: str, path: str = "") -> Filter | None:
    """The filter that `name: text` defines, None for a class that there is not, which rootwrap skips.

    Raises ValueError for one that rootwrap cannot load or use; it says what is missing.
    """
    kind, *words = (each.strip() for each in text.split(","))
    if kind == "KillFilter":
        if len(words) < 2:
            raise ValueError("KillFilter takes a user and a program")
        return Filter(name, kind, "/bin/kill", words[0], tuple(words[1:]), path)
    if kind == "ReadFileFilter":
        if not words:
            raise ValueError("ReadFileFilter takes a path")
        return Filter(name, kind, "/bin/cat", "root", (words[0],), path)
    if kind not in _PLAIN | CHAINING:
        return None
    if len(words) < 2:
        raise ValueError(f"{kind} takes a program and a user")
    executable, run_as, *args = words
    if kind == "EnvFilter" and "env" in executable:
        names = leading_variables(args)
        if len(set(names)) < len(args):
            executable = args[len(set(names))]
    return Filter(name, kind, executable, run_as, tuple(args), path)


def leading_variables(words: list[str] | tuple[str, ...]) -> list[str]:
    """The names of the NAME=VALUE words that come first."""
    found = []
    for word in words:
        if "=" not in word:
            break
        found.append(word.partition("=")[0])
    return found


def names_of(one: Filter) -> tuple[str, ...]:
    """How a command may spell the executable of a filter that compares it by its name."""
    return tuple(dict.fromkeys((one.executable, os.path.basename(one.executable))))

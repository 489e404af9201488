"""The closed usage string of a rule, `chown [-R|--recursive] OWNER PATH`, read into what it allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_PART = re.compile(r"\[([^\[\]()]*)\]|\(([^\[\]()]*)\)|\[\(([^\[\]()]*)\)\]|([^\s\[\]()]+)")
_OPERAND = re.compile(r"[A-Z][A-Z0-9_]*")
_OPTION = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9-]*")
_WORD = re.compile(r"[a-z][a-z0-9-]*")
_EITHER = re.compile(r"[a-z][a-z0-9_-]*(?:\|[a-z][a-z0-9_-]*)+")
_KEYWORD = re.compile(r"([a-z][a-z0-9_-]*(?:\|[a-z][a-z0-9_-]*)*) ([A-Z][A-Z0-9_]*|[a-z][a-z0-9_-]*)")
_DASHED = re.compile(r"-([A-Z][A-Z0-9_]+)")
_KEYED = re.compile(r"([a-z][a-z0-9_]*)=([^\s|]+)")
_SET = re.compile(r"\{([a-z][a-z0-9_]*(?:,[a-z][a-z0-9_]*)*)\}")


class GrammarError(ValueError):
    """A usage string that does not follow the few forms there are; says which part and why."""


@dataclass(frozen=True, slots=True)
class Switch:
    """An option of the program, under all its spellings.

    spellings: ("-R", "--recursive"), ("of=",) for a key that stands before its value in one word, or ("dev",) for a
    keyword before its value. value: the operand name it takes ("MODE"), a fixed word ("lv_name"), a set
    ("{fsync,notrunc}"), or "" for a flag. required: it has to be there. parameter: the function's parameter that it
    gives, "" when it gives none (a required flag, one that changes nothing, or one fixed value).
    """

    spellings: tuple[str, ...]
    value: str
    required: bool
    parameter: str

    @property
    def fixed(self) -> bool:
        """True when only one value will do."""
        return bool(self.value) and not _OPERAND.fullmatch(self.value) and not self.members

    @property
    def members(self) -> tuple[str, ...]:
        """The words of a set, any of which may stand in the value with commas between; () when it is none."""
        found = _SET.fullmatch(self.value)
        return tuple(found[1].split(",")) if found else ()


@dataclass(frozen=True, slots=True)
class Operand:
    """A word that is no option: a name in capitals gives a parameter, any other text stands for itself.

    text: "add|a" stands for either. optional: it may be left out; only for one that stands for itself.
    """

    text: str
    parameter: str
    repeated: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a usage string allows: the program, its switches, and its operands in order.

    only: (parameter, pattern that its word has to match as a whole). plain: the program knows no options, its words
    are read as they stand.
    """

    program: str
    switches: tuple[Switch, ...]
    operands: tuple[Operand, ...]
    only: tuple[tuple[str, str], ...] = ()
    plain: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that a match binds: operands first, then switches."""
        named = [operand.parameter for operand in self.operands] + [switch.parameter for switch in self.switches]
        return tuple(name for name in named if name)

    def key(self, parameter: str) -> str:
        """What stands before the parameter's value in the same word: "of=", or "" for a word of its own."""
        keys = [switch.spellings[0] for switch in self.switches if switch.parameter == parameter]
        return keys[0] if keys and keys[0].endswith("=") else ""


def parse(usage: str, only: Mapping[str, str] | None = None) -> Grammar:
    """Read a usage string, in the forms that _parsed() has; raises GrammarError on one that it does not know.

    One that has `--` after the program is that of a program without options: each word is an operand, also one that
    begins with a dash (`test -- OPERATOR PATH`). only: parameter -> regular expression, for words of which the function
    knows some forms (`stat -c FORMAT`).
    """
    program, dashes, words = usage.partition(" -- ")
    grammar = _plain(program, words) if dashes else _parsed(usage)
    for name, pattern in (only or {}).items():
        if name not in grammar.parameters:
            raise GrammarError(f"only names {name}, which is no parameter")
        try:
            re.compile(pattern)
        except re.error as error:
            raise GrammarError(f"the pattern of {name} is no regular expression: {error}") from error
    return replace(grammar, only=tuple((only or {}).items()))


def _plain(program: str, words: str) -> Grammar:
    if re.search(r"[\[\]()]", words):
        raise GrammarError(f"{words!r}: after -- there are no options, so nothing stands in brackets")
    grammar = Grammar(program, (), tuple(map(_operand, words.split())), plain=True)
    _check(grammar)
    return grammar


def _parsed(usage: str) -> Grammar:
    """Read a usage string; raises GrammarError on a form that it does not know.

    The forms: `-x`, `--long`, `--long=VALUE` must be there; `(-m MODE|--mode=MODE)` likewise, under several
    spellings; the same in `[...]` may be left out; a flag in `[(...)]` may be left out and changes nothing; `WORD` is
    an operand, `WORD...` one or more of them (last only); lower case stands for itself, and in `[...]` may be left
    out; `(delete|del)` is either of the two. `(dev NAME)` is a keyword and its value, which stand wherever they like,
    `[dev NAME]` may be left out. `-NAME`, a dash before two capitals or more, is a number or a word in capitals after a
    dash (kill -9, kill -HUP); it is the spelling "-" of its switch. `key=VALUE` is an operand that is known by its key,
    wherever it stands (dd if=X of=Y). As a value, `{one,two}` is any of these words with commas between, spelled out in
    the command. `--` is allowed everywhere, as getopt does.
    """
    if _PART.sub("", usage).strip():
        raise GrammarError(f"unbalanced or nested brackets in {usage!r}")
    program, *parts = _PART.finditer(usage)
    if program[4] is None or program[4].startswith("-"):
        raise GrammarError(f"{usage!r} has to start with the program's name")
    switches: list[Switch] = []
    operands: list[Operand] = []
    for part in parts:
        optional, group, idle, word = part.groups()
        text = next(each for each in (optional, group, idle, word) if each is not None)
        if text.startswith("-"):
            switches.append(_switch(text, required=optional is None and idle is None, idle=idle is not None))
        elif "=" in text:
            switches.append(_keyed(text, required=optional is None))
        elif word is None and _KEYWORD.fullmatch(text):
            switches.append(_keyword(text, required=optional is None))
        elif optional is None and idle is None and word is None and _EITHER.fullmatch(text):
            operands.append(Operand(text, ""))
        elif word is None and (optional is None or not _WORD.fullmatch(text)):
            raise GrammarError(f"{part[0]!r}: only options and fixed words may stand in brackets")
        elif word is None:
            operands.append(Operand(text, "", optional=True))
        else:
            operands.append(_operand(text))
    grammar = Grammar(program[4], tuple(switches), tuple(operands))
    _check(grammar)
    return grammar


def _switch(text: str, required: bool, idle: bool) -> Switch:
    spellings: list[str] = []
    values: set[str] = set()
    for alternative in text.split("|"):
        name, mark, value = alternative.partition("=" if alternative.startswith("--") and "=" in alternative else " ")
        name, value = name.strip(), value.strip()
        dashed = _DASHED.fullmatch(name)
        if dashed and not mark:
            spellings.append("-")
            values.add(dashed[1])
            continue
        if not _OPTION.fullmatch(name) or (mark and not value) or (len(name) > 2 and not name.startswith("--")):
            raise GrammarError(f"{alternative!r} is no option")
        spellings.append(name)
        values.add(value)
    if len(values) > 1:
        raise GrammarError(f"the spellings in {text!r} take different values")
    value = values.pop()
    if idle and value:
        raise GrammarError(f"[({text})] takes a value, so it changes something")
    if _OPERAND.fullmatch(value):
        parameter = value.lower()
    elif _SET.fullmatch(value):
        parameter = max(spellings, key=len).lstrip("-").replace("-", "_")
    elif value or required or idle:
        parameter = ""
    else:
        long = [name for name in spellings if name.startswith("--")]
        if not long:
            raise GrammarError(f"[{text}] needs a long spelling, which names the parameter")
        parameter = long[0].lstrip("-").replace("-", "_")
    return Switch(tuple(spellings), value, required, parameter)


def _keyed(text: str, required: bool) -> Switch:
    found = _KEYED.fullmatch(text)
    if not found:
        raise GrammarError(f"{text!r} is no key=VALUE")
    key, value = found.groups()
    parameter = value.lower() if _OPERAND.fullmatch(value) else key if _SET.fullmatch(value) else ""
    return Switch((f"{key}=",), value, required, parameter)


def _keyword(text: str, required: bool) -> Switch:
    names, _, value = text.partition(" ")
    parameter = value.lower() if _OPERAND.fullmatch(value) else ""
    return Switch(tuple(names.split("|")), value, required, parameter)


def _operand(text: str) -> Operand:
    repeated = text.endswith("...")
    name = text.removesuffix("...")
    if _OPERAND.fullmatch(name):
        return Operand(name, name.lower(), repeated)
    if repeated:
        raise GrammarError(f"{text!r}: only a name in capitals may be repeated")
    return Operand(name, "")


def _check(grammar: Grammar) -> None:
    spellings = [name for switch in grammar.switches for name in switch.spellings]
    for kind, names in (("option", spellings), ("name", list(grammar.parameters))):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise GrammarError(f"the {kind} {twice[0]} stands there twice")
    if any(operand.repeated for operand in grammar.operands[:-1]):
        raise GrammarError("only the last operand may be repeated")

"""Whether a command is one that a rule's grammar names, and which word stands for which parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrator.decide.grammar import Grammar, Switch
from migrator.decide.rule import Rule
from migrator.words import Choice, Command, Each, Literal, Rest, Value, Word


@dataclass(frozen=True, slots=True)
class Behind:
    """What a word holds behind the text that it surely starts with: the path of `'of=%s' % path`."""

    word: Value
    start: str


Given = Literal | Value | Behind | tuple[Literal | Value, ...] | bool


@dataclass(frozen=True, slots=True)
class Match:
    """A command that the rule covers; given: parameter name and what the command gives for it.

    A word or the end of one for an operand or an option's value, a tuple of words for a repeated operand, True for a
    flag that is there.
    """

    rule: Rule
    given: tuple[tuple[str, Given], ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A command that the rule does not cover; reason names the word that it stumbled over."""

    rule: Rule
    reason: str


class _Stumble(Exception):
    """Carries the reason of a Miss out of the reading."""


def match(command: Command, rule: Rule) -> Match | Miss:
    """Compare a command's words with a rule's grammar, word by word, as GNU getopt reads them.

    The program itself is not compared, the rulebook looked it up by name. Options and operands may be mixed, `--`
    ends the options, short flags may be joined. A word the grammar does not name is a Miss: so are long options cut
    short, and any part of the command whose length is not known.

    A Value stands for an operand when nothing known of it begins with a dash. The real program would take a value that
    turns out to start with a dash for an option, the function does not: each native rule declares this difference.
    """
    if command.prefix:
        return Miss(rule, f"it runs under {command.prefix!r}")
    try:
        return Match(rule, _read(rule.form, command.words[1:]))
    except _Stumble as stumble:
        return Miss(rule, str(stumble))


def _read(form: Grammar, words: tuple[Word, ...]) -> tuple[tuple[str, Given], ...]:
    known = {name: switch for switch in form.switches for name in switch.spellings if not name.endswith("=")}
    keys = {name: switch for switch in form.switches for name in switch.spellings if name not in known}
    seen: dict[Switch, Given] = {}
    rest = [_plain(word) for word in words]
    operands: list[Literal | Value] = rest if form.plain else []
    while rest and not form.plain:
        word = rest.pop(0)
        start = known_start(word)
        if start == "--" and isinstance(word, Literal):
            operands += rest
            break
        if start.startswith("--"):
            _long(word, start, known, seen, rest)
        elif start.startswith("-") and (start != "-" or isinstance(word, Value)):
            _short(word, start, known, seen, rest)
        elif isinstance(word, Literal) and start in known:
            _take(known[start], start, None, seen, rest)
        else:
            operands.append(word)
    operands = [word for word in operands if not _keyed(word, keys, seen)]
    for switch in form.switches:
        if switch.required and switch not in seen:
            raise _Stumble(f"{switch.spellings[0]} is not there")
    given = _operands(form, operands)
    given += [(switch.parameter, value) for switch, value in seen.items() if switch.parameter]
    for name, pattern in form.only:
        _admit(name, pattern, dict(given).get(name, ()))
    return tuple(given)


def _admit(name: str, pattern: str, given: Given) -> None:
    """Every word that is given for a parameter has to be known, and of a form that the function knows."""
    for word in given if isinstance(given, tuple) else (given,):
        if isinstance(word, bool):
            continue
        if not isinstance(word, Literal):
            raise _Stumble(f"its {name} is not known before it runs, and only some forms are covered")
        if not re.fullmatch(pattern, word.text):
            raise _Stumble(f"{word.text!r} is no form of {name} that is covered")


def _plain(word: Word) -> Literal | Value:
    if isinstance(word, (Literal, Value)):
        return word
    if isinstance(word, Rest):
        raise _Stumble(f"*{word.code} is any number of words")
    if isinstance(word, Each):
        raise _Stumble(f"the loop over {word.iterable} adds any number of words")
    assert isinstance(word, Choice)
    raise _Stumble(f"which words it has depends on {word.condition or 'the way taken'}")


def known_start(word: Literal | Value) -> str:
    """What is surely at the beginning of a word, "" for nothing."""
    if isinstance(word, Literal):
        return word.text
    return (word.pieces[0] or "") if word.pieces else ""


def _long(
    word: Literal | Value, start: str, known: dict[str, Switch], seen: dict[Switch, Given], rest: list[Literal | Value]
) -> None:
    name, equals, text = start.partition("=")
    switch = known.get(name)
    if switch is None or not isinstance(word, Literal):
        raise _Stumble(f"{start if isinstance(word, Literal) else start + '...'} is not named by the grammar")
    if not switch.value:
        if equals:
            raise _Stumble(f"{name} takes no value")
        seen[switch] = True
    else:
        _take(switch, name, Literal(text) if equals else None, seen, rest)


def _short(
    word: Literal | Value, start: str, known: dict[str, Switch], seen: dict[Switch, Given], rest: list[Literal | Value]
) -> None:
    if not isinstance(word, Literal):
        raise _Stumble(f"{start}... is not named by the grammar")
    letters = start[1:]
    dashed = known.get("-")
    if dashed is not None and re.fullmatch(r"[0-9]+|[A-Z][A-Z0-9]+", letters):
        _take(dashed, "-", Literal(letters), seen, rest)
        return
    while letters:
        name, letters = f"-{letters[0]}", letters[1:]
        switch = known.get(name)
        if switch is None:
            raise _Stumble(f"{name} is not named by the grammar")
        if switch.value:
            _take(switch, name, Literal(letters) if letters else None, seen, rest)
            return
        seen[switch] = True


def _keyed(word: Literal | Value, keys: dict[str, Switch], seen: dict[Switch, Given]) -> bool:
    """Take an operand that says by its key what it is; False for one without a key that the grammar names."""
    name, equals, text = known_start(word).partition("=")
    key = name + equals
    switch = keys.get(key)
    if switch is None:
        return False
    _take(switch, key, Literal(text) if isinstance(word, Literal) else Behind(word, key), seen, [])
    return True


def _take(
    switch: Switch,
    name: str,
    joined: Literal | Behind | None,
    seen: dict[Switch, Given],
    rest: list[Literal | Value],
) -> None:
    if switch in seen:
        raise _Stumble(f"{name} is given twice")
    if joined is None and not rest:
        raise _Stumble(f"{name} lacks its value")
    word = joined if joined is not None else rest.pop(0)
    if switch.fixed and word != Literal(switch.value):
        raise _Stumble(f"{name} has another value than {switch.value}")
    if switch.members:
        if not isinstance(word, Literal):
            raise _Stumble(f"{name} has a value that is not known")
        odd = sorted(set(word.text.split(",")) - set(switch.members))
        if odd:
            raise _Stumble(f"{name} has {odd[0] or 'nothing'}, which the grammar does not name")
    seen[switch] = word


def _operands(form: Grammar, words: list[Literal | Value]) -> list[tuple[str, Given]]:
    given: list[tuple[str, Given]] = []
    left = list(words)
    for operand in form.operands:
        if operand.optional:
            if left and left[0] == Literal(operand.text):
                left.pop(0)
            continue
        if not left:
            raise _Stumble(f"{operand.text} is not there")
        if operand.repeated:
            given.append((operand.parameter, tuple(left)))
            left = []
            break
        word = left.pop(0)
        if operand.parameter:
            given.append((operand.parameter, word))
        elif not isinstance(word, Literal) or word.text not in operand.text.split("|"):
            raise _Stumble(f"{_shown(word)} stands where {operand.text} has to")
    if left:
        raise _Stumble(f"{_shown(left[0])} is one operand more than the grammar names")
    return given


def _shown(word: Literal | Value) -> str:
    return word.text if isinstance(word, Literal) else f"{{{word.code}}}"

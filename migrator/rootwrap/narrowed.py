"""A command of the code as the words of a RegExpFilter: what is known is spelled out, and what varies is held short."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence

from migrator.rootwrap.asked import Form
from migrator.words import Literal, Value

ANY = "(?!-).*"  # a word of which nothing is known: anything but an option
_NUMBER = r"-?\d+"
_NAME = "[^/]+"  # between two slashes: one name
_BELOW = r"(?!(?:.*/)?\.\.(?:/|$)).*"  # behind a folder: anything that does not climb out of it
_TEXT = ".*"
_NUMBERS = frozenset("diu")
_CONVERSION = re.compile(r"%(?:\(\w+\))?[-#0 +]*(?:\d+|\*)?(?:\.\d+)?([diouxXeEfFgGcrsa%])")
# What stands for each in a proof. They come from what words may be, not from the patterns.
_SAMPLES = {
    ANY: ("x", "/var/lib/x/y", "a b=c,d"),
    _NUMBER: ("17", "0", "-1"),
    _NAME: ("tap0", "a.b-c_d", "x y"),
    _BELOW: ("x", "a/b..c", ".x"),
    _TEXT: ("x", "/dev/x", "-1,a b"),
}
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


def patterns(form: Form) -> tuple[str, ...]:
    """A pattern for each word of a form, none of which has a comma: what a filters file is parted at."""
    return tuple("".join(text for _, text in _parts(word)) or "(?:)" for word in form)


def samples(form: Form) -> Iterator[tuple[str, ...]]:
    """A few command lines that a form can be, with each of its varying words in several ways."""
    for number in range(3):
        yield tuple(
            "".join(text if known else _SAMPLES[text][number] for known, text in _pieces(word)) for word in form
        )


def merged(some: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Each once, without those that another admits, and as one where they differ in one known word: `(?:640|660)`."""
    left = list(dict.fromkeys(some))
    left = [one for one in left if not any(one != other and _within(one, other) for other in left)]
    merging = True
    while merging:
        merging = False
        for first, second in itertools.combinations(range(len(left)), 2):
            both = _both(left[first], left[second])
            if both is not None:
                left[first] = both
                del left[second]
                merging = True
                break
    return tuple(left)


def assumed(form: Form) -> tuple[str, ...]:
    """What is taken for granted of words that are not known, in words."""
    found = dict.fromkeys(kind for word in form for known, kind in _pieces(word) if not known)
    told = {
        ANY: "a word of which nothing is known is no option",
        _NAME: "what stands between two slashes is one name",
        _BELOW: "what stands behind a folder has no `..` in it",
    }
    return tuple(told[kind] for kind in found if kind in told)


def _parts(word: Literal | Value) -> Iterator[tuple[bool, str]]:
    for known, text in _pieces(word):
        yield known, _escaped(text) if known else text


def _pieces(word: Literal | Value) -> Iterator[tuple[bool, str]]:
    """(whether it is known, its text or the pattern for it) of each stretch of a word."""
    if isinstance(word, Literal):
        yield True, word.text
        return
    if not any(word.pieces):
        number = _conversions(word.code) == ["d"]
        yield False, _NUMBER if number else ANY
        return
    holes = [place for place, piece in enumerate(word.pieces) if piece is None]
    kinds = _conversions(word.code)
    for place, piece in enumerate(word.pieces):
        if piece is not None:
            yield True, piece
        elif len(kinds) == len(holes) and kinds[holes.index(place)] == "d":
            yield False, _NUMBER
        else:
            yield False, _hole(word.pieces, place)


def _hole(pieces: Sequence[str | None], number: int) -> str:
    before = pieces[number - 1] if number else None
    after = pieces[number + 1] if number + 1 < len(pieces) else ""
    if number == 0:
        return ANY
    if before is not None and before.endswith("/"):
        return _NAME if after is not None and after.startswith("/") else _BELOW
    return _TEXT


def _conversions(code: str) -> list[str]:
    """What a `%` format makes of each of its values: "d" for a whole number, "s" for others; [] where it is none."""
    try:
        tree = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError):
        return []
    if not (isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mod) and isinstance(tree.left, ast.Constant)):
        return []
    if not isinstance(tree.left.value, str):
        return []
    found = [each for each in _CONVERSION.findall(tree.left.value) if each != "%"]
    return ["d" if each in _NUMBERS else "s" for each in found]


def _escaped(text: str) -> str:
    """The text as a pattern that stands between commas: rootwrap parts at each, and takes blanks away around them."""
    made = _SPECIAL.sub(r"\\\g<0>", text).replace(",", r"\x2c")
    made = "".join(each if each.isprintable() else _numbered(each) for each in made)
    if made[:1].isspace():
        made = _numbered(made[0]) + made[1:]
    return made[:-1] + _numbered(made[-1]) if made[-1:].isspace() else made


def _numbered(letter: str) -> str:
    """A letter by its number, as a pattern has it."""
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\U{ord(letter):08x}"


def _within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the other admits all that one does, as far as that can be seen."""
    return len(one) == len(other) and all(
        mine == theirs or (theirs == ANY and _no_option(mine)) for mine, theirs in zip(one, other, strict=True)
    )


def _no_option(pattern: str) -> bool:
    """Whether a pattern is of one line that begins with no dash: it then takes no more than ANY."""
    begins = pattern.startswith("(?!-)") or pattern[:1].isalnum() or pattern[:1] in "/_:%+@"
    return begins and r"\x0a" not in pattern


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...] | None:
    if len(one) != len(other):
        return None
    apart = [number for number, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    if len(apart) != 1 or apart[0] == 0:
        return None
    (place,) = apart
    if any(text in each[place] for each in (one, other) for text in _SAMPLES):
        return None
    some = [_inside(each[place]) for each in (one, other)]
    return (*one[:place], f"(?:{'|'.join(some)})", *one[place + 1 :])


def _inside(pattern: str) -> str:
    """What stands in a group of alternatives, to go on with."""
    return pattern[3:-1] if pattern.startswith("(?:") and pattern.endswith(")") and pattern != "(?:)" else pattern

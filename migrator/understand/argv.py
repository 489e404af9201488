"""Argv values to commands: words, and the program that really runs behind sudo, env and their like."""

from __future__ import annotations

import ast
import itertools
import os
import os.path

from migrator.model import Choice, Command, Each, Literal, Rest, Word
from migrator.model import Value as Unsure
from migrator.understand.events import Event
from migrator.understand.facts import bare, truth
from migrator.understand.resolve import Resolver
from migrator.understand.symbols import Attr, Global, Invoke, Named, Param, Unknown
from migrator.understand.syntax import terminal
from migrator.understand.values import Beyond, Branch, Const, Either, Entry, Loop, Seq, Slice, Spread, Text, Value

_PURE = {"str", "int", "len", "repr", "join", "format", "text_type", "basename", "dirname", "abspath", "strip", "hex"}
_GIVE_TEXT = {
    *("join", "format", "strip", "lstrip", "rstrip", "lower", "upper", "replace", "decode", "str", "text_type"),
    *("abspath", "basename", "dirname", "expanduser", "normpath", "realpath", "mkdtemp", "gettempdir", "hexdigest"),
}
_MOST_OPTIONS = 6
_DEEPEST = 12
_MOST_WORDS = 20_000


class Reader:
    """Makes words of values, for one call: `event` is where they must hold."""

    def __init__(self, resolver: Resolver, event: Event, across: bool = False):
        self.resolver = resolver
        self.across = across  # look at the callers of the function around the call, too
        self.event = event
        self.left = _MOST_WORDS

    def words(self, argv: Seq, depth: int = 0) -> tuple[Word, ...]:
        found: list[Word] = []
        for one in argv.items:
            self._spend()
            found.extend(self._item(one, depth))
        return tuple(found)

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Beyond("its words have too many alternatives")

    def _item(self, one: Value, depth: int) -> tuple[Word, ...]:
        if isinstance(one, Spread):
            return self._spread(one.value, depth)
        if isinstance(one, Loop):
            words = self.words(Seq(one.items), depth + 1)
            return (Each(words, one.target, one.iterable, False),) if words else ()
        if isinstance(one, Branch):
            return self._branch(one, depth)
        return (self.word(one, depth),)

    def _branch(self, one: Branch, depth: int) -> tuple[Word, ...]:
        decided = truth(one.test)
        if decided is not None and len(one.options) == 2:
            return self.words(Seq(one.options[0 if decided else 1]), depth + 1)
        options = tuple(self.words(Seq(option), depth + 1) for option in one.options)
        if all(option == options[0] for option in options):
            return options[0]
        return (Choice(options, one.condition, False),)

    def _spread(self, value: Value, depth: int) -> tuple[Word, ...]:
        inner = bare(value)
        if depth <= _DEEPEST:
            if isinstance(inner, (Attr, Global, Invoke, Either, Slice)):
                found = self.resolver.concrete(inner)
                sequences = [one for one in found if isinstance(one, Seq)]
                nothing = [one for one in found if isinstance(one, Const) and one.value is None]
                if sequences and len(sequences) + len(nothing) == len(found) <= _MOST_OPTIONS:
                    options = tuple(self.words(one, depth + 1) for one in sequences)
                    if len(options) == 1:
                        return options[0]
                    condition = inner.condition if isinstance(inner, Either) else ""
                    return (Choice(tuple(dict.fromkeys(options)), condition, False),)
                if isinstance(inner, Either) and len(inner.options) <= _MOST_OPTIONS:
                    each = tuple(self._spread(option, depth + 1) for option in inner.options)
                    return (Choice(tuple(dict.fromkeys(each)), inner.condition, False),)
            if isinstance(inner, Seq):
                return self.words(inner, depth + 1)
            if isinstance(inner, Param) and inner.star == "":
                given = self._own_default(inner)
                if given is not None:
                    return self.words(given, depth + 1)
            if isinstance(inner, Text) and inner.known == "":
                return ()
        code, here = self.code(value)
        return (Rest(code, here, self.why(value)),)

    def _own_default(self, parameter: Param) -> Seq | None:
        """A list parameter that nobody fills, at its default."""
        return None

    def word(self, value: Value, depth: int = 0) -> Word:
        inner = bare(value)
        if isinstance(inner, Const):
            if isinstance(inner.value, bool) or not isinstance(inner.value, (int, float)):
                code, here = self.code(value)
                return Unsure(code or repr(inner.value), (), here, "not a word")
            return Literal(str(inner.value))
        if isinstance(inner, Text) and inner.known is not None:
            return Literal(inner.known)
        if depth <= _DEEPEST:
            texts = self.texts(inner, depth)
            if texts is not None:
                if len(texts) == 1:
                    return texts[0] if isinstance(texts[0], Literal) else self._named(value, texts[0])
                condition = inner.condition if isinstance(inner, Either) else ""
                return Choice(tuple((self._named(value, one),) for one in texts), condition, False)
        code, here = self.code(value)
        text = isinstance(inner, Invoke) and terminal(inner.node.func) in _GIVE_TEXT
        return Unsure(code, (), here, self.why(value), text)

    def _named(self, value: Value, word: Word) -> Word:
        """The word under the name that it has in the scanned code."""
        if isinstance(word, Unsure) and isinstance(value, (Named, Unknown)) and not isinstance(bare(value), Either):
            code, here = self.code(value)
            return Unsure(code, word.pieces, here, word.why, word.text)
        return word

    def texts(self, value: Value, depth: int = 0) -> list[Word] | None:
        """The few words that a value may be, known ones and ones with known pieces; None when nothing is known."""
        self._spend()
        if depth > _DEEPEST:
            return None
        inner = bare(value)
        if isinstance(inner, Text):
            return self._pieces(value, inner, depth)
        if isinstance(inner, Either):
            if truth(inner.test) is not None and len(inner.options) == 2:
                return self.texts(inner.options[0 if truth(inner.test) else 1], depth + 1)
            found: list[Word] = []
            for option in inner.options[:_MOST_OPTIONS]:
                one = self.texts(option, depth + 1)
                if one is None:
                    code, here = self.code(option)
                    one = [Unsure(code, (), here, self.why(option))]
                found.extend(word for word in one if word not in found)
            return found if any(isinstance(word, Literal) for word in found) else None
        if isinstance(inner, Param) and self.across:
            return (
                list(dict.fromkeys(Literal(one.known or "") for one in self.resolver.callers.constants(inner))) or None
            )
        if isinstance(inner, (Attr, Global, Invoke)):
            concrete = self.resolver.concrete(inner)
            known = [one for one in concrete if isinstance(one, Text) and one.known is not None]
            if known and len(known) == len(concrete) <= _MOST_OPTIONS:
                return list(dict.fromkeys(Literal(one.known or "") for one in known))
            numbers = [one for one in concrete if isinstance(one, Const) and type(one.value) in (int, float)]
            if len(numbers) == len(concrete) == 1:
                return [Literal(str(numbers[0].value))]
        return None

    def _pieces(self, value: Value, inner: Text, depth: int) -> list[Word]:
        """The words of a text whose unknown stretches may come down to a few known ones."""
        choices: list[list[str | None]] = []
        for piece in inner.pieces:
            if isinstance(piece, str):
                choices.append([piece])
                continue
            found = self.texts(piece, depth + 1)
            if found is not None and all(isinstance(word, Literal) for word in found):
                choices.append([word.text for word in found if isinstance(word, Literal)])
            elif found is not None and len(found) == 1 and isinstance(found[0], Unsure) and found[0].pieces:
                choices.append([None])
            else:
                choices.append([None])
        if any(None in options for options in choices):
            # Not known as a whole: alternatives of a part would only repeat the same expression.
            choices = [options if len(options) == 1 else [None] for options in choices]
        words: list[Word] = []
        for run in itertools.islice(itertools.product(*choices), _MOST_OPTIONS):
            if None not in run:
                words.append(Literal("".join(part for part in run if part is not None)))
                continue
            joined: list[str | None] = []
            for part in run:
                if isinstance(part, str) and joined and isinstance(joined[-1], str):
                    joined[-1] += part
                elif part is not None or not joined or joined[-1] is not None:
                    joined.append(part)
            code, here = self.code(value)
            pieces = () if joined == [None] else tuple(joined)
            words.append(Unsure(code, pieces, here, self.why(value), text=True))
        return list(dict.fromkeys(words))

    # --- source ----------------------------------------------------------------------------------------

    def code(self, value: Value) -> tuple[str, bool]:
        """A value's source, and whether that source means the same at the call itself."""
        if isinstance(value, (Named, Unknown, Invoke)):
            return value.frame.code(value.node), self._holds(value)
        if isinstance(value, Param):
            mine = self.event.frame.function
            return value.name, mine is not None and mine.key == value.function.key and self.event.env.get(
                value.name
            ) is value
        if isinstance(value, Entry):
            code, here = self.code(value.mapping)
            return f"{code}[{value.key!r}]", here
        if isinstance(value, Attr):
            code, here = self.code(value.base)
            return f"{code}.{value.name}", here
        if isinstance(value, Global):
            return value.name, value.source is self.event.frame.source
        if isinstance(value, Text):
            known = value.known
            if known is not None:
                return repr(known), True
            parts = [piece if isinstance(piece, str) else "{" + self.code(piece)[0] + "}" for piece in value.pieces]
            if len(value.pieces) == 1 and isinstance(value.pieces[0], Value):
                code, here = self.code(value.pieces[0])
                return f"str({code})", here
            return "f" + repr("".join(parts)), False
        if isinstance(value, Const):
            return repr(value.value), True
        if isinstance(value, Either):
            return " or ".join(dict.fromkeys(self.code(option)[0] for option in value.options)), False
        if isinstance(value, Seq):
            return "[" + ", ".join(self._item_code(one) for one in value.items) + "]", False
        if isinstance(value, Spread):
            code, here = self.code(value.value)
            return f"*{code}", here
        return "...", False

    def _item_code(self, value: Value) -> str:
        return "..." if isinstance(value, (Loop, Branch)) else self.code(value)[0]

    def _holds(self, value: Named | Unknown | Invoke) -> bool:
        event = self.event
        if value.frame.source is not event.frame.source or value.frame.qualname != event.frame.qualname:
            return False
        if value.env is event.env:
            return True
        for node in ast.walk(value.node):
            if isinstance(node, ast.Name) and value.env.get(node.id) is not event.env.get(node.id):
                return False
            if isinstance(node, ast.Call) and terminal(node.func) not in _PURE:
                return False  # it would be called at another moment
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                place = f"{node.value.id}.{node.attr}"
                if value.env.get(place) is not event.env.get(place):
                    return False
        return True

    def why(self, value: Value) -> str:
        """What stopped the reading of a value, in words."""
        inner = bare(value)
        if isinstance(inner, Param):
            return f"{inner.star}{inner.name} is a parameter of {inner.function.name}"
        if isinstance(inner, Entry):
            return f"{inner.key!r} of a mapping that the caller gives"
        if isinstance(inner, Invoke):
            return f"the result of {_short(inner.frame.code(inner.node.func))}() is not known"
        if isinstance(inner, Unknown):
            code = _short(inner.frame.code(inner.node)) if isinstance(inner.node, ast.expr) else "..."
            return f"`{code}` is not followed"
        if isinstance(inner, (Attr, Global)):
            name = inner.name
            return f"what `{name}` holds is not known"
        if isinstance(inner, Text):
            for piece in inner.pieces:
                if isinstance(piece, Value):
                    return self.why(piece)
        if isinstance(inner, Either):
            return "it depends on the path taken"
        return ""


def _short(code: str) -> str:
    return code if len(code) <= 60 else code[:57] + "..."


# --- the effective program --------------------------------------------------------------------------------

_SUDO_TAKES_VALUE = {"-u", "-g", "-p", "-C", "-h", "-r", "-t", "-T", "-U", "--user", "--group", "--prompt"}
_NICE_TAKES_VALUE = {"-n", "--adjustment"}
_IONICE_TAKES_VALUE = {"-c", "-n", "--class", "--classdata"}
_TIMEOUT_TAKES_VALUE = {"-k", "-s", "--kill-after", "--signal"}
_PREFIXES: dict[str, tuple[set[str], int]] = {
    # prefix -> its options that take a value of their own, and how many operands stand before the command
    "sudo": (_SUDO_TAKES_VALUE, 0),
    "nice": (_NICE_TAKES_VALUE, 0),
    "ionice": (_IONICE_TAKES_VALUE, 0),
    "timeout": (_TIMEOUT_TAKES_VALUE, 1),
    "stdbuf": ({"-i", "-o", "-e"}, 0),
    "nohup": (set(), 0),
    "setsid": (set(), 0),
    "cgexec": ({"-g"}, 0),
    "systemd-run": ({"-p", "--property", "--unit", "--slice", "--uid", "--gid"}, 0),
    "prlimit": (set(), 0),
    "taskset": (set(), 1),
}
_DEEPEST_PREFIX = 5


def command(words: tuple[Word, ...]) -> Command:
    """The Command of an argv: prefixes told apart from the program that runs in the end."""
    found: dict[str, str] = {}
    unknown = False
    for run in _openings(words):
        program, prefix = _effective(run)
        if program is None:
            unknown = True
        else:
            found.setdefault(program, prefix)
    programs = tuple(found)
    names = {os.path.basename(program) for program in programs}
    if len(programs) > 1 and len(names) == 1:
        # One program in several places: the driver runs it here or there.
        shortest = min(programs, key=len)
        return Command(words, found[shortest], shortest, programs)
    if len(programs) == 1 and not unknown:
        return Command(words, found[programs[0]], programs[0], programs)
    if len(programs) == 1:
        return Command(words, found[programs[0]], programs[0], programs)
    return Command(words, "", None, programs)


def _openings(words: tuple[Word, ...], depth: int = 0) -> list[tuple[Word, ...]]:
    """The argv with the choices near its beginning taken in turn."""
    for index, word in enumerate(words[:8]):
        if isinstance(word, Choice) and depth < 3:
            runs: list[tuple[Word, ...]] = []
            for option in word.options[:_MOST_OPTIONS]:
                runs.extend(_openings((*words[:index], *option, *words[index + 1 :]), depth + 1))
            return runs[:24]
    return [words]


def _effective(words: tuple[Word, ...]) -> tuple[str | None, str]:
    """The program of an argv without choices, and the prefix before it as text."""
    position = 0
    for _ in range(_DEEPEST_PREFIX):
        if position >= len(words):
            return None, ""
        word = words[position]
        if isinstance(word, (Rest, Each)):
            # Words that come first and are not known, with a known program behind them: a prefix of its own.
            following = words[position + 1] if position + 1 < len(words) else None
            if isinstance(following, Literal) and not following.text.startswith("-"):
                position += 1
                continue
            return None, ""
        if not isinstance(word, Literal):
            return None, ""
        after = _after_prefix(words, position)
        if after is None:
            return word.text, " ".join(_spelled(one) for one in words[:position])
        position = after
    return None, ""


def _after_prefix(words: tuple[Word, ...], position: int) -> int | None:
    """Where the command behind a prefix starts; None when the word at `position` is no prefix."""
    first = words[position]
    assert isinstance(first, Literal)
    name = os.path.basename(first.text)
    rest = words[position + 1 :]
    if name == "env":
        index = 0
        while index < len(rest):
            word = rest[index]
            assigned = isinstance(word, Literal) and "=" in word.text and not word.text.startswith("/")
            built = isinstance(word, Unsure) and any(piece and "=" in piece for piece in word.pieces)
            option = isinstance(word, Literal) and word.text.startswith("-")
            if not (assigned or built or option):
                break
            index += 2 if isinstance(word, Literal) and word.text in ("-u", "--unset", "-C", "--chdir") else 1
        return position + 1 + index if index < len(rest) else None
    if name == "ip":
        texts = [word.text if isinstance(word, Literal) else None for word in rest[:2]]
        if texts == ["netns", "exec"] and len(rest) > 3:
            return position + 4
        return None
    known = _PREFIXES.get(name)
    if known is None:
        if name.endswith("-rootwrap") and len(rest) > 1:
            return position + 2
        return None
    takes_value, operands = known
    index = 0
    while index < len(rest):
        word = rest[index]
        if isinstance(word, Literal) and word.text == "--":
            index += 1
            break
        if isinstance(word, Literal) and word.text.startswith("-") and len(word.text) > 1:
            index += 2 if word.text in takes_value else 1
        elif name == "sudo" and isinstance(word, Literal) and "=" in word.text:
            index += 1
        elif name == "ionice" and isinstance(word, Unsure) and index == 0 and not word.pieces:
            index += 1  # `ionice '-c3'` built elsewhere
        else:
            break
    index += operands
    return position + 1 + index if index < len(rest) else None


def _spelled(word: Word) -> str:
    if isinstance(word, Literal):
        return word.text
    if isinstance(word, Unsure):
        return "{" + word.code + "}"
    return "*{" + word.code + "}" if isinstance(word, Rest) else "..."

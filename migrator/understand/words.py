"""The value of an argv to words: known ones, unknown ones, and the choices and loops between them."""

from __future__ import annotations

import itertools

from migrator.understand.events import Event
from migrator.understand.facts import bare, truth
from migrator.understand.resolve import Resolver
from migrator.understand.spelling import code_of, why
from migrator.understand.symbols import Attr, Global, Invoke, Named, Param, Unknown
from migrator.understand.syntax import terminal
from migrator.understand.values import Beyond, Branch, Const, Either, Loop, Seq, Slice, Spread, Text, Value
from migrator.words import Choice, Each, Literal, Rest, Word
from migrator.words import Value as Unsure

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
        """The words of an argv."""
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
        return _branched(options, one.condition)

    def _spread(self, value: Value, depth: int) -> tuple[Word, ...]:
        inner = bare(value)
        if depth <= _DEEPEST:
            if isinstance(inner, (Attr, Global, Invoke, Either, Slice)):
                found = self.resolver.concrete(inner)
                sequences = [one for one in found if isinstance(one, Seq)]
                nothing = [one for one in found if isinstance(one, Const) and one.value is None]
                if sequences and len(sequences) + len(nothing) == len(found) <= _MOST_OPTIONS:
                    options = tuple(self.words(one, depth + 1) for one in sequences)
                    condition = inner.condition if isinstance(inner, Either) else ""
                    return _branched(tuple(dict.fromkeys(options)), condition)
                if isinstance(inner, Either) and len(inner.options) <= _MOST_OPTIONS:
                    each = tuple(self._spread(option, depth + 1) for option in inner.options)
                    return _branched(tuple(dict.fromkeys(each)), inner.condition)
            if isinstance(inner, Seq):
                return self.words(inner, depth + 1)
            if isinstance(inner, Text) and inner.known == "":
                return ()
        code, here = code_of(value, self.event)
        return (Rest(code, here, why(value)),)

    def word(self, value: Value, depth: int = 0) -> Word:
        """The one word that a value makes."""
        inner = bare(value)
        if isinstance(inner, Const):
            if isinstance(inner.value, bool) or not isinstance(inner.value, (int, float)):
                code, here = code_of(value, self.event)
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
        code, here = code_of(value, self.event)
        text = isinstance(inner, Invoke) and terminal(inner.node.func) in _GIVE_TEXT
        return Unsure(code, (), here, why(value), text)

    def _named(self, value: Value, word: Word) -> Word:
        """The word under the name that it has in the scanned code."""
        if isinstance(word, Unsure) and isinstance(value, (Named, Unknown)) and not isinstance(bare(value), Either):
            code, here = code_of(value, self.event)
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
                    code, here = code_of(option, self.event)
                    one = [Unsure(code, (), here, why(option))]
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
            code, here = code_of(value, self.event)
            pieces = () if joined == [None] else tuple(joined)
            words.append(Unsure(code, pieces, here, why(value), text=True))
        return list(dict.fromkeys(words))


def _branched(options: tuple[tuple[Word, ...], ...], condition: str) -> tuple[Word, ...]:
    """Runs of words of which one is taken: what they begin and end with alike stands outside of the choice."""
    first, shortest = options[0], min(map(len, options))
    head = 0
    while head < shortest and all(option[head] == first[head] for option in options):
        head += 1
    tail = 0
    while tail < shortest - head and all(option[-1 - tail] == first[-1 - tail] for option in options):
        tail += 1
    runs = tuple(option[head : len(option) - tail] for option in options)
    ending = first[len(first) - tail :] if tail else ()
    return (*first[:head], *((Choice(runs, condition, False),) if any(runs) else ()), *ending)

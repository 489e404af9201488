"""A function for one command: its constant words inside, the varying ones as parameters."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrator.decide import expressions, naming
from migrator.decide.options import Carried
from migrator.model import Argument, Literal, Privileged, Rung, Site, Value, Word

COMMAND = "from {privsep} import command"
_WIDTH = 79


@dataclass(frozen=True, slots=True)
class Slot:
    """A word with something varying in it: parameter number, and the `%`-format around it ("" for the whole word)."""

    parameter: int
    template: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that decides what a synthesised function does; sites of one shape share the function.

    words: the whole argv, constant text or a slot. program: the effective one. verb_words: the model words that the
    name is made from. fixed, imports: as in options.Carried. stdin: process_input is a parameter.
    """

    program: str
    words: tuple[str | Slot, ...]
    fixed: tuple[tuple[str, str], ...]
    stdin: bool
    imports: tuple[str, ...]

    @property
    def area(self) -> str:
        return naming.area(self.program)

    @property
    def parameters(self) -> int:
        return len({word.parameter for word in self.words if isinstance(word, Slot)})


@dataclass(frozen=True, slots=True)
class Draft:
    """A site's part in a narrow function: the shape, and for each parameter its argument and the names it suggests."""

    site: Site
    shape: Shape
    tail: tuple[Word, ...]
    arguments: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    stdin: str


def draft(site: Site, program: str, keywords: Carried) -> Draft:
    """Split a straight command into what is fixed and what varies."""
    words: list[str | Slot] = []
    arguments: list[str] = []
    names: list[tuple[str, ...]] = []
    for word in site.command.words:
        if isinstance(word, Literal):
            words.append(word.text)
            continue
        assert isinstance(word, Value)
        part = expressions.part(word.code)
        code = part.code if part else word.code
        text = part.text if part else word.text
        argument = code if part and part.number else expressions.crossing(code, text=text)
        if argument in arguments and expressions.is_plain(code):
            number = arguments.index(argument)
        else:
            number = len(arguments)
            arguments.append(argument)
            names.append(_hinted(words, code) or expressions.names(code))
        words.append(Slot(number, part.template if part else ""))
    shape = Shape(program, tuple(words), keywords.fixed, bool(keywords.stdin), keywords.imports)
    tail = _after_program(site.command.words, program)
    return Draft(site, shape, tail, tuple(arguments), tuple(names), keywords.stdin)


def _hinted(before: Sequence[str | Slot], code: str) -> tuple[str, ...]:
    """`--size {..}` and `-o {..}` name a word that several things make; () for any other."""
    last = before[-1] if before else ""
    if not isinstance(last, str) or not last.startswith("-") or expressions.one_name(code):
        return ()
    name = expressions.identifier("options" if last == "-o" else last)
    return (name,) if len(name) > 1 else ()


def _after_program(words: tuple[Word, ...], program: str) -> tuple[Word, ...]:
    for index, word in enumerate(words):
        if word == Literal(program):
            return words[index + 1 :]
    return words[1:]


def parameter_names(drafts: Sequence[Draft]) -> tuple[str, ...]:
    """One name for each parameter of a shape: what most of its sites call it, longer where two would be the same."""
    chosen: list[str] = []
    for number in range(drafts[0].shape.parameters):
        for level in range(2):
            name = _most_common(each.names[number][min(level, len(each.names[number]) - 1)] for each in drafts)
            if name not in chosen and name != "process_input":
                break
        suffix = 2
        unique = name
        while unique in chosen or unique == "process_input":
            unique, suffix = f"{name.rstrip('_')}_{suffix}", suffix + 1
        chosen.append(unique)
    return tuple(chosen)


def _most_common(names: Iterable[str]) -> str:
    """The one that occurs most often, the shortest of several, the first of those."""
    counted = Counter(names)
    return max(counted, key=lambda name: (counted[name], -len(name)))


def arguments(each: Draft, parameters: Sequence[str]) -> tuple[Argument, ...]:
    given = [Argument(name, code) for name, code in zip(parameters, each.arguments, strict=True)]
    if each.stdin:
        given.append(Argument("process_input", each.stdin))
    return tuple(given)


def function(shape: Shape, name: str, parameters: Sequence[str]) -> Privileged:
    """The function's text: `def`, a docstring with the command line, and command.run()."""
    signature = [*parameters, *(["process_input"] if shape.stdin else [])]
    words = [repr(word) if isinstance(word, str) else _filled(word, parameters) for word in shape.words]
    keywords = [f"{keyword}={code}" for keyword, code in shape.fixed]
    if shape.stdin:
        keywords.append("process_input=process_input")
    lines = [
        *_wrapped(f"def {name}(", signature, "):", ""),
        *_docstring(shape, parameters),
        *_wrapped("    return command.run(", [*words, *keywords], ")", "    "),
    ]
    imports = tuple(sorted({COMMAND, *shape.imports}))
    return Privileged(name, shape.area, "\n".join(lines) + "\n", imports, frozenset(), Rung.NARROW)


def _filled(slot: Slot, parameters: Sequence[str]) -> str:
    name = parameters[slot.parameter]
    return f"{slot.template!r} % {name}" if slot.template else name


def _wrapped(start: str, items: list[str], end: str, indent: str) -> list[str]:
    line = start + ", ".join(items) + end
    if len(line) <= _WIDTH:
        return [line]
    lines = [start]
    for number, item in enumerate(items):
        text = item + (end if number == len(items) - 1 else ",")
        if lines[-1] != start and len(lines[-1]) + 1 + len(text) <= _WIDTH:
            lines[-1] += f" {text}"
        else:
            lines.append(f"{indent}    {'    ' if start.startswith('def') else ''}{text}")
    return lines


def _docstring(shape: Shape, parameters: Sequence[str]) -> list[str]:
    shown = []
    for word in shape.words:
        if isinstance(word, str):
            shown.append(shlex.quote(word))
        else:
            name = parameters[word.parameter].upper()
            shown.append(word.template.replace("%d", "%s") % name if word.template else name)
    line = " ".join(shown).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    whole = f'    """Run {line}."""'
    if len(whole) <= _WIDTH and not line.endswith('"'):
        return [whole]
    body = textwrap.wrap(line, _WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return [f'    """Run {shape.program} with these words:', "", *(f"    {each}" for each in body), '    """']

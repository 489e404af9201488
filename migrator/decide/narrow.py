"""A function for one command: its constant words inside, the varying ones as parameters."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from migrator.decide import expressions, guarded, naming
from migrator.decide.options import Carried
from migrator.model import Argument, Privileged, Rung, Runner, Site
from migrator.words import Literal, Value, Word

COMMAND = "from {privsep} import command"
WORDS = "words"  # the parameter of a guarded function
_WIDTH = 79


@dataclass(frozen=True, slots=True)
class Slot:
    """A word with something varying in it: parameter number, and the `%`-format around it ("" for the whole word)."""

    parameter: int
    template: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that decides what a synthesised function does; sites of one shape share the function.

    words: the whole argv, constant text or a slot; empty for a guarded function, whose `pattern` is source. program:
    the effective one. fixed, imports: as in options.Carried. settings: keywords that are parameters. stdin:
    process_input is a parameter. runner: what runs it, None for command.run().
    """

    program: str
    words: tuple[str | Slot, ...]
    fixed: tuple[tuple[str, str], ...]
    stdin: bool
    imports: tuple[str, ...]
    settings: tuple[str, ...] = ()
    pattern: tuple[str, ...] = ()
    runner: Runner | None = None

    @property
    def area(self) -> str:
        return naming.area(self.program)

    @property
    def parameters(self) -> int:
        if self.pattern:
            return 1
        return len({word.parameter for word in self.words if isinstance(word, Slot)})


@dataclass(frozen=True, slots=True)
class Draft:
    """A site's part in a narrow function: the shape, and for each parameter its argument and the names it suggests.

    said: keywords that change nothing, which its tests may ask for all the same.
    """

    site: Site
    shape: Shape
    tail: tuple[Word, ...]
    arguments: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    stdin: str
    settings: tuple[tuple[str, str], ...] = ()
    pattern: tuple[str, ...] = ()
    said: tuple[tuple[str, str], ...] = ()


def draft(site: Site, program: str, keywords: Carried, *, handed: bool = False) -> Draft:
    """Split a straight command into what is fixed and what varies.

    handed: an executor hands the words on, so that each varying stretch is words[N], and pattern tells which there are.
    """
    words: list[str | Slot] = []
    arguments: list[str] = []
    codes: list[str] = []
    names: list[tuple[str, ...]] = []
    pattern: list[str] = []
    stretches = 0
    for word in site.command.words:
        if isinstance(word, Literal):
            words.append(word.text)
            pattern.append(expressions.escape(word.text))
            continue
        assert isinstance(word, Value)
        template, code, argument = _handed(word, stretches) if handed else _given(word)
        pattern.append(template or "%s")
        stretches += 1
        if code in codes and expressions.is_plain(code):
            number = codes.index(code)
        else:
            number = len(arguments)
            arguments.append(argument)
            codes.append(code)
            names.append(_hinted(words, code) or expressions.names(code))
        words.append(Slot(number, template))
    shape = _shape(site, program, tuple(words), keywords)
    tail = _after_program(site.command.words, program)
    return Draft(
        site,
        shape,
        tail,
        tuple(arguments),
        tuple(names),
        keywords.stdin,
        keywords.settings,
        tuple(pattern) if handed else (),
        keywords.said,
    )


def _given(word: Value) -> tuple[str, str, str]:
    """Template, source of the stretch, and the argument that hands it over."""
    part = expressions.part(word.code)
    code = part.code if part else word.code
    text = part.text if part else word.text
    argument = code if part and part.number else expressions.crossing(code, text=text)
    return part.template if part else "", code, argument


def _handed(word: Value, number: int) -> tuple[str, str, str]:
    part = expressions.part(word.code)
    template = guarded.template(word) if sum(piece is None for piece in word.pieces) == 1 else ""
    code = part.code if part and template else word.code
    return "" if template == "%s" else template, code, f"words[{number}]"


def _shape(site: Site, program: str, words: tuple[str | Slot, ...], keywords: Carried) -> Shape:
    settings = tuple(name for name, _ in keywords.settings)
    return Shape(program, words, keywords.fixed, bool(keywords.stdin), keywords.imports, settings, runner=site.runner)


def guarded_draft(site: Site, program: str, keywords: Carried, commands: Sequence[tuple[Word, ...]]) -> Draft:
    """A draft of a function that takes the words as they are; commands: all that may be handed to it."""
    pattern = tuple(guarded.source(guarded.either(commands)))
    shape = replace(_shape(site, program, (), keywords), pattern=pattern)
    shared = commands[0][: guarded.alike(commands)]
    tail = _after_program(shared, program)
    return Draft(site, shape, tail, (WORDS,), ((WORDS,),), keywords.stdin, keywords.settings, said=keywords.said)


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
    given += [Argument(name, code) for name, code in each.settings]
    if each.stdin:
        given.append(Argument("process_input", each.stdin))
    return tuple(given)


def said(drafts: Iterable[Draft]) -> tuple[tuple[str, str], ...]:
    """What some site of a shape says though it changes nothing, where no other says it in another way."""
    told = sorted({keyword for each in drafts for keyword in each.said})
    ways = Counter(name for name, _ in told)
    return tuple((name, code) for name, code in told if ways[name] == 1)


def function(shape: Shape, name: str, parameters: Sequence[str], said: Sequence[tuple[str, str]] = ()) -> Privileged:
    """The function's text: `def`, a docstring with the command line, and the call that runs it."""
    signature = [*parameters, *shape.settings, *(["process_input"] if shape.stdin else [])]
    words = [repr(word) if isinstance(word, str) else _filled(word, parameters) for word in shape.words]
    keywords = [f"{keyword}={code}" for keyword, code in sorted((*shape.fixed, *said))]
    keywords += [f"{keyword}={keyword}" for keyword in shape.settings]
    if shape.stdin:
        keywords.append("process_input=process_input")
    run, imported, always = _run(shape.runner)
    imports = {imported, *shape.imports}
    body: list[str] = []
    if shape.pattern:
        imports.add(COMMAND)
        body = _wrapped(f"    {WORDS} = command.admitted(", [WORDS, *shape.pattern], ")", "    ")
        words = [f"*{WORDS}"]
    lines = [
        *_wrapped(f"def {name}(", signature, "):", ""),
        *_docstring(shape, parameters),
        *body,
        *_wrapped(f"    return {run}(", [*words, *keywords, *always], ")", "    "),
    ]
    rung = Rung.GUARDED if shape.pattern else Rung.NARROW
    context = shape.runner.context.rpartition(".")[2] if shape.runner else ""
    text = "\n".join(lines) + "\n"
    return Privileged(name, shape.area, text, tuple(sorted(imports)), frozenset(), rung, context=context)


def _run(runner: Runner | None) -> tuple[str, str, list[str]]:
    """What runs a command, the import that it needs, and the keywords that it is always given."""
    if runner is None:
        return "command.run", COMMAND, []
    module, _, name = runner.name.rpartition(".")
    package, _, leaf = module.rpartition(".")
    return f"{leaf}.{name}", f"from {package} import {leaf}", [f"{keyword}={code}" for keyword, code in runner.fixed]


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
    if shape.pattern:
        return [f'    """Run {shape.program} with words that are put together as they may be."""']
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

"""Weave into a privileged function what a rootwrap filter asked of its words: checks before anything is done."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.model import Privileged
from migrator.rootwrap.admission import Way
from migrator.rootwrap.conditions import Condition, Matches, NoExec, OneOf, Runs, Unclear, Within, object_fixed
from migrator.words import Literal, Value

_USED = ("os", "re", "processutils")
_LOCALS = ("program", "started", "folder", "folders", "lines")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A word inside a function: the source that gives its text, and what is known of it.

    source: an expression over the parameters. parameter: the parameter that is the whole word, "" when more is around
    it. template, inner: `template % inner` is the word; "" and "" when it is not made so. word: as a filter sees it.
    """

    source: str
    word: Literal | Value
    parameter: str = ""
    template: str = ""
    inner: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One spelling of the command that a function stands for, and the ways in which it is admitted.

    words: all of them. settled: (expression over the parameters, source of its value) of what the spelling settles.
    """

    words: tuple[Spelled, ...]
    ways: tuple[Way, ...]
    settled: tuple[tuple[str, str], ...] = ()


class Unfit(Exception):
    """The constraint cannot be checked in this function; the text says which and why."""


@dataclass(frozen=True, slots=True)
class _Among:
    """The expression has one of these values, as source."""

    expression: str
    values: tuple[str, ...]


# What has to hold in one way to be admitted.
_Atoms = tuple[_Among | str, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """A way of a form, and those of its conditions that depend on the parameters."""

    form: Form
    way: Way
    conditions: tuple[Condition, ...]


def constrained(
    function: Privileged, forms: Sequence[Form], *, returns: bool = False, check: bool = False
) -> Privileged:
    """The function with the checks of its forms at its beginning; itself when one of them is admitted in any case.

    A command that no form's way admits ends as it did under rootwrap: exit code 99 and the text of an unauthorized
    command. returns: a failure is no exception, its text is returned. check: so it is when the parameter check is
    false. Raises Unfit.
    """
    forms = list(dict.fromkeys(forms))
    told = [_Told(form, way, _conditions(form, way)) for form in forms for way in form.ways if _possible(form, way)]
    if not told or any(not each.conditions for each in told):
        return function
    tree = ast.parse(function.source).body[0]
    assert isinstance(tree, ast.FunctionDef)
    parameters = [each.arg for each in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)]
    hidden = [name for name in _USED if name in parameters]
    if hidden:
        raise Unfit(f"a parameter is called {hidden[0]}, as a module that the check needs")
    names = {name: _free(name, parameters) for name in ("cmd", *_LOCALS)}
    alternatives = _merged([_atoms(each, names["program"], names["folders"]) for each in told])
    if not all(alternatives):
        return function
    lines = [f"# Only what {_filters(told)} admitted."]
    pids = {each.form.words[one.word].source for each in told for one in each.conditions if isinstance(one, Runs)}
    if len(pids) > 1:
        raise Unfit("its filters look at different processes")
    for source in pids:
        lines += _lookup(source, names)
    lines += [f"if {_refused(alternatives)}:", *_refusal(forms, parameters, names["cmd"], returns, check)]
    lines += [f"{name} = os.path.realpath({name})" for name in _canonical(told)]
    source = _put_before(function.source, tree, lines)
    capabilities = set(function.capabilities)
    if pids:
        capabilities.add("CAP_SYS_PTRACE")  # /proc/PID/exe of another user's process
    if any(isinstance(one, Within) for each in told for one in each.conditions):
        capabilities.add("CAP_DAC_READ_SEARCH")
    imports = {*function.imports, "from oslo_concurrency import processutils"}
    imports |= {"import re"} if re.search(r"\bre\.match\(", "\n".join(lines)) else set()
    imports |= {"import os"} if re.search(r"\bos\.", "\n".join(lines)) else set()
    return replace(function, source=source, imports=tuple(sorted(imports)), capabilities=frozenset(capabilities))


# --- the conditions ---------------------------------------------------------------------------------------


def _possible(form: Form, way: Way) -> bool:
    """False for a way that no parameter opens: a fixed path outside of a PathFilter's folder."""
    return all(
        os.path.normpath(word.text).startswith(each.folder)
        for each in way.conditions
        if isinstance(each, Within) and isinstance(word := form.words[each.word].word, Literal)
    )


def _conditions(form: Form, way: Way) -> tuple[Condition, ...]:
    """Those that depend on the parameters. Raises Unfit for one that cannot be told of them."""
    found: list[Condition] = []
    for condition in way.conditions:
        if isinstance(condition, NoExec):
            if not object_fixed([each.word for each in form.words[condition.start + 1 :]]):
                raise Unfit(f"{way.filter.name} is for any ip command but `ip netns exec`, and this one may be one")
        elif isinstance(condition, Unclear):
            raise Unfit(f"{way.filter.name}: {condition.text}")
        elif not (isinstance(condition, Within) and isinstance(form.words[condition.word].word, Literal)):
            found.append(condition)
    return tuple(found)


def _atoms(told: _Told, program: str, folders: str) -> _Atoms:
    found: list[_Among | str] = [_Among(expression, (value,)) for expression, value in told.form.settled]
    for condition in told.conditions:
        assert not isinstance(condition, (NoExec, Unclear))
        spelled = told.form.words[condition.word]
        if isinstance(condition, OneOf):
            found.append(_among(spelled, condition.texts))
        elif isinstance(condition, Matches):
            found.append(f"re.match({_pattern(condition.pattern + '$')}, {spelled.source})")
        elif isinstance(condition, Within):
            found.append(f"os.path.isabs({spelled.source})")
            found.append(f"os.path.realpath({spelled.source}).startswith({condition.folder!r})")
        elif os.path.isabs(condition.program):
            found.append(_Among(program, (repr(condition.program),)))
        else:
            found.append(_Among(f"os.path.basename({program})", (repr(condition.program),)))
            found.append(f"os.path.dirname({program}) in {folders}")
    return tuple(found)


def _among(spelled: Spelled, texts: Sequence[str]) -> _Among:
    """The values that a word may have; of the part that varies, where the rest is the same in all of them."""
    before, percent, after = spelled.template.partition("%s")
    fixed = percent and "%" not in before + after
    if fixed and all(len(text) >= len(before + after) for text in texts):
        inner = [text[len(before) : len(text) - len(after)] for text in texts]
        if [before + text + after for text in inner] == list(texts):
            return _Among(spelled.inner, tuple(map(repr, inner)))
    return _Among(spelled.source, tuple(map(repr, texts)))


def _pattern(text: str) -> str:
    """A pattern as source, raw where that can be."""
    for quote in "'\"":
        if quote not in text and text.isprintable():
            return f"r{quote}{text}{quote}"
    return repr(text)


def _merged(alternatives: Sequence[_Atoms]) -> list[_Atoms]:
    """Without those that are there twice, and as one where two differ in the values of one expression only."""
    left = [_whole(each) for each in dict.fromkeys(alternatives)]
    merging = True
    while merging:
        merging = False
        for first in range(len(left)):
            for second in range(first + 1, len(left)):
                both = _both(left[first], left[second])
                if both is not None:
                    left[first : second + 1] = [both, *left[first + 1 : second]]
                    merging = True
                    break
            if merging:
                break
    return left


def _both(one: _Atoms, other: _Atoms) -> _Atoms | None:
    if one == other:
        return one
    apart = [number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]]
    if len(one) != len(other) or len(apart) != 1:
        return None
    first, second = one[apart[0]], other[apart[0]]
    if not (isinstance(first, _Among) and isinstance(second, _Among) and first.expression == second.expression):
        return None
    both = _Among(first.expression, tuple(dict.fromkeys((*first.values, *second.values))))
    return _whole((*one[: apart[0]], both, *one[apart[0] + 1 :]))


def _whole(atoms: _Atoms) -> _Atoms:
    """Without what holds in any case: a flag that may be there or not."""
    return tuple(each for each in atoms if not isinstance(each, _Among) or {"True", "False"} - {*each.values})


def _refused(alternatives: Sequence[_Atoms]) -> str:
    """The source of the condition under which none of them holds."""
    if len(alternatives) == 1 and len(alternatives[0]) == 1:
        (only,) = alternatives[0]
        text = _text(only)
        if isinstance(only, _Among) and text.startswith(f"{only.expression} "):
            operator, opposite = ("in", "not in") if len(only.values) > 1 else ("==", "!=")
            return text.replace(f"{only.expression} {operator} ", f"{only.expression} {opposite} ", 1)
        return f"not {text}"
    joined = [" and ".join(map(_text, atoms)) for atoms in alternatives]
    if len(joined) == 1:
        return f"not ({joined[0]})"
    return f"not ({' or '.join(f'({text})' if ' and ' in text else text for text in joined)})"


def _text(atom: _Among | str) -> str:
    if isinstance(atom, str):
        return atom
    if len(atom.values) > 1:
        return f"{atom.expression} in ({', '.join(atom.values)})"
    (value,) = atom.values
    if value in ("True", "False"):
        return atom.expression if value == "True" else f"not {atom.expression}"
    return f"{atom.expression} == {value}"


def _canonical(told: Sequence[_Told]) -> list[str]:
    """The parameters that are replaced by their canonical paths. Raises Unfit where that cannot be done."""
    found: list[set[str]] = []
    for each in told:
        mine = set()
        for spelled in (each.form.words[number] for number in each.way.canonical):
            if isinstance(spelled.word, Literal):
                continue
            if not spelled.parameter or sum(spelled.source in one.source for one in each.form.words) != 1:
                name = each.way.filter.name
                raise Unfit(f"{name} takes the canonical path of a word that is no parameter by itself")
            mine.add(spelled.parameter)
        found.append(mine)
    if any(names != found[0] for names in found):
        raise Unfit("of its filters some take the canonical path of a word and some the word as it is")
    return sorted(found[0])


# --- the text ----------------------------------------------------------------------------------------------


def _filters(told: Sequence[_Told]) -> str:
    names = list(dict.fromkeys(each.way.filter.name for each in told))
    word = "filter" if len(names) == 1 else "filters"
    shown = [name.encode("ascii", "replace").decode() for name in names]
    return f"rootwrap's {word} {', '.join(shown)}"


def _lookup(pid: str, names: Mapping[str, str]) -> list[str]:
    """What oslo.rootwrap's KillFilter takes for a process' program: also one that was replaced since it was started."""
    program, started, folder, folders, lines = (names[each] for each in _LOCALS)
    return f"""\
{folders} = os.environ.get('PATH', '').split(':')
try:
    {program} = os.readlink('/proc/%d/exe' % int({pid})).partition('\\0')[0]
    if {program}.endswith(' (deleted)'):
        {program} = {program}[:-len(' (deleted)')]
    if not os.path.isfile({program}):
        with open('/proc/%d/cmdline' % int({pid})) as {lines}:
            {started} = {lines}.read().partition('\\0')[0]
        for {folder} in {folders}:
            if os.path.isfile(os.path.join({folder}, {started})):
                {program} = os.path.join({folder}, {started})
                break
except (ValueError, EnvironmentError):
    {program} = ''""".splitlines()


def _refusal(forms: Sequence[Form], parameters: Sequence[str], cmd: str, returns: bool, check: bool) -> list[str]:
    spellings = list(dict.fromkeys(tuple(each.source for each in form.words) for form in forms))
    if len(spellings) == 1:
        shown = list(spellings[0])
    else:  # one function for several spellings of a command: the program, and what varies
        sources = [each.source for form in forms for each in form.words if not isinstance(each.word, Literal)]
        inner = [each.inner or each.source for form in forms for each in form.words if each.source in sources]
        shown = [spellings[0][0], *(name for name in parameters if name in inner)]
    text = "'Unauthorized command: %s (no filter matched)\\n'"
    lines = [f"    {cmd} = ' '.join([{', '.join(shown)}])"]
    told = [f"    return '', {text} % {cmd}"]
    raised = [
        "    raise processutils.ProcessExecutionError(",
        f"        stdout='', exit_code=99, cmd={cmd},",
        f"        stderr={text} % {cmd})",
    ]
    if returns:
        return [*lines, *told]
    if check:
        return [*lines, "    if not check:", *(f"    {line}" for line in told), *raised]
    return [*lines, *raised]


def _put_before(source: str, tree: ast.FunctionDef, lines: Sequence[str]) -> str:
    """The function's text with lines before its first statement, behind the docstring."""
    documented = ast.get_docstring(tree, clean=False) is not None
    after = tree.body[0].end_lineno if documented else tree.body[0].lineno - 1
    old = source.splitlines()
    return "\n".join([*old[:after], *(f"    {line}" for line in lines), *old[after:]]) + "\n"


def _free(name: str, parameters: Sequence[str]) -> str:
    while name in parameters:
        name += "_"
    return name

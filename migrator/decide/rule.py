"""The words that rules are written in; a rule checks itself when it is made."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import re
import symtable
import textwrap
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

from migrator.decide.fixture_names import ASPECTS, FIXTURES, NEEDS, SHAPES
from migrator.decide.grammar import Grammar, GrammarError, parse
from migrator.fault import Fault
from migrator.model import Helper, Rung, Use
from migrator.model import Sample as Sample

NATIVE = Rung.NATIVE
EXEC = Rung.NARROW

# Parameters of a rule's function that the grammar does not name: they take what the executor took beside the argv.
# check=False: a failure is returned as stderr text, not raised (check_exit_code=False, or one that admits all codes
# that the function fails with). check_exit_code: the same for those codes that are in the list.
BESIDE = ("process_input", "check", "check_exit_code")


class RuleError(Fault):
    """A rule, a rule file or a rules folder that cannot be used; names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Becomes:
    """A call, and the privileged call that this rule makes of it; `privsep` stands for the target's package."""

    call: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Stays:
    """A call that this rule leaves alone; because: text that the reason has to contain."""

    call: str
    because: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A command line to compare command and function on, with {fixture} or {fixture:shape,shape} names in it.

    stdin: what the command reads. apart: "stdout" where that is left out of the comparison, for a difference that
    another trial shows. needs: names of NEEDS; where the kernel lacks one, the trial cannot be verified. alone: its
    words are for no other trial, because the command's answer to them differs from world to world on what is made anew.
    """

    line: str
    stdin: str = ""
    apart: str = ""
    needs: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A known difference between function and command.

    when: a site with this use is not given to the rule. trial: the difference has to show there, or `verify rules`
    fails. on: shapes and fixtures (of SHAPES and FIXTURES) on which generated trials may differ for this reason, and
    on one of which they have to; aspects: in what, of ASPECTS. With none of the three it is prose for the manual.
    """

    text: str
    when: Use | None = None
    trial: Trial | None = None
    on: frozenset[str] | set[str] = frozenset()
    aspects: tuple[str, ...] = ASPECTS


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known of one form of a program: which command lines it covers, and the function that does the same.

    grammar: see migrator.decide.grammar.parse. function: the code that lands in the target, as it stands, with the
    functions that it calls of its file, or of one beside it (`from ._shared import _name`): their names begin with _.
    only: parameter -> regular expression that its word has to match as a whole, where not every text will do.
    module: the area of the target's privsep package it goes to. kind: NATIVE (no process is started) or EXEC.
    capabilities: CAP_ names that the function needs. near: more of them for paths known to begin in a certain way.
    failures: the exit codes of the exceptions that it raises.
    review: why it cannot be proven on the kernels that we test on; a call that it takes then waits for a person.
    samples: what the unit tests try that a target gets with the function.
    Raises RuleError with the file's name when the parts do not fit together.
    """

    grammar: str
    function: Callable[..., Any]
    module: str
    kind: Rung
    capabilities: frozenset[str] | set[str] = frozenset()
    near: tuple[tuple[str, frozenset[str] | set[str]], ...] = ()
    failures: frozenset[int] | set[int] = frozenset({1})
    examples: tuple[Becomes | Stays, ...] = ()
    trials: tuple[Trial, ...] = ()
    differences: tuple[Difference, ...] = ()
    review: str = ""
    only: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    form: Grammar = field(init=False)
    source: str = field(init=False)
    imports: tuple[str, ...] = field(init=False)
    helpers: tuple[Helper, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.function, types.FunctionType):
            raise RuleError(f"{self.grammar}: function has to be a plain function of the rule file")
        try:
            form = parse(self.grammar, self.only)
        except GrammarError as error:
            raise self._fault(f"grammar: {error}") from error
        object.__setattr__(self, "form", form)
        object.__setattr__(self, "capabilities", frozenset(self.capabilities))
        object.__setattr__(self, "failures", frozenset(self.failures))
        if not isinstance(self.kind, Rung) or self.kind not in (NATIVE, EXEC):
            raise self._fault("kind is neither NATIVE nor EXEC")
        self._check_parameters()
        object.__setattr__(self, "source", _source(self.function))
        imports: set[str] = set()
        helpers: dict[str, Helper] = {}
        self._collect(self.function, imports, helpers)
        object.__setattr__(self, "imports", tuple(sorted(imports)))
        object.__setattr__(self, "helpers", tuple(helpers.values()))
        self._check_claims()

    @property
    def name(self) -> str:
        """The rule's name, "chown.chown": program and function."""
        return f"{self.form.program}.{self.function.__name__}"

    @property
    def text(self) -> str:
        """The function with its helpers, as they go into the target."""
        return "\n\n".join([*(helper.source for helper in self.helpers), self.source])

    @property
    def signature(self) -> inspect.Signature:
        return _signature(self.function)

    def _fault(self, text: str) -> RuleError:
        return RuleError(f"{Path(self.function.__code__.co_filename).name}: {self.function.__name__}: {text}")

    def _check_parameters(self) -> None:
        parameters = self.signature.parameters.values()
        odd = [each.name for each in parameters if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
        if odd:
            raise self._fault(f"parameter {odd[0]} takes any number; every parameter needs its name in the grammar")
        taken = {each.name for each in parameters} - set(BESIDE)
        named = set(self.form.parameters)
        if taken != named:
            raise self._fault(
                f"the grammar names {_listed(named)} and the function takes {_listed(taken)}; they have to be the same"
            )
        if {"check", "check_exit_code"} <= {each.name for each in parameters}:
            raise self._fault("it takes check or check_exit_code, not both")
        optional = {switch.parameter for switch in self.form.switches if not switch.required}
        for each in parameters:
            if each.default is each.empty and (each.name in optional or each.name in BESIDE):
                raise self._fault(f"parameter {each.name} may be absent, so it needs a default")

    def _collect(self, function: types.FunctionType, imports: set[str], helpers: dict[str, Helper]) -> None:
        """Add the import lines and helpers that a function needs; raises RuleError when it reads any other global."""
        if function.__closure__:
            raise self._fault("it closes over " + ", ".join(function.__code__.co_freevars))
        lines = _import_lines(Path(function.__code__.co_filename).read_bytes())
        for name in sorted(_globals_read(_source(function))):
            value = function.__globals__.get(name)
            if name in lines and isinstance(value, types.ModuleType):
                imports.add(lines[name])
            elif name.startswith("_") and isinstance(value, types.FunctionType) and value.__name__ == name:
                if name not in helpers:
                    self._collect(value, imports, helpers)
                    helpers[name] = Helper(name, _source(value))
            elif name in lines or not hasattr(builtins, name):
                raise self._fault(
                    f"it reads the global {name}, which is neither a module that the file imports nor a function of it "
                    "that begins with _; it could not do so in the target"
                )

    def _check_claims(self) -> None:
        unknown = sorted(name for name in self.capabilities if not re.fullmatch(r"CAP_[A-Z_]+", name))
        if unknown:
            raise self._fault(f"{unknown[0]!r} is no name of a capability (CAP_CHOWN ...)")
        for code in sorted(self.failures):
            if code not in range(1, 256):
                raise self._fault(f"{code!r} is no exit code that a failure has")
        if not self.examples:
            raise self._fault("it has no examples")
        for example in self.examples:
            try:
                ast.parse(example.call)
            except SyntaxError as error:
                raise self._fault(f"example {example.call!r} is no call") from error
        for sample in self.samples:
            if not _is_sample(sample, self.function.__name__):
                raise self._fault(
                    f"sample {sample.call!r}: it is a call of the function, and what it comes to, in Python"
                )
        shown = [difference.trial for difference in self.differences if difference.trial]
        for trial in (*self.trials, *shown):
            self.check_trial(trial)
        for difference in self.differences:
            odd = sorted(set(difference.on) - set(SHAPES) - set(FIXTURES)) + sorted(
                set(difference.aspects) - set(ASPECTS)
            )
            if odd:
                raise self._fault(f"difference {difference.text!r}: there is no shape, fixture or aspect {odd[0]}")

    def check_trial(self, trial: Trial) -> None:
        """Raise RuleError when a trial is no trial of this rule's program, or names what there is not."""
        fields = [(name, spec or "") for _, name, spec, _ in Formatter().parse(trial.line) if name is not None]
        for name, spec in fields:
            if name not in FIXTURES:
                raise self._fault(f"trial {trial.line!r}: there is no fixture {{{name}}}")
            missing = sorted(set(filter(None, spec.split(","))) - set(SHAPES))
            if missing:
                raise self._fault(f"trial {trial.line!r}: there is no shape {missing[0]!r}")
        if trial.line.split()[:1] != [self.form.program]:
            raise self._fault(f"trial {trial.line!r} runs another program")
        if set(trial.needs) - set(NEEDS):
            raise self._fault(f"trial {trial.line!r}: there is no need {sorted(set(trial.needs) - set(NEEDS))[0]!r}")


def _is_sample(sample: Sample, function: str) -> bool:
    try:
        call = ast.parse(sample.call, mode="eval").body
        for text in (sample.seen, *([sample.expected] if sample.expected else [])):
            ast.parse(text, mode="eval")
        ast.parse("\n".join(sample.given))
        asserted = [ast.parse(text, mode="eval").body for text in sample.asserted]
    except SyntaxError:
        return False
    if not (sample.expected or asserted or sample.code) or not all(isinstance(node, ast.Call) for node in asserted):
        return False
    if not all(re.fullmatch(r"\w+(\.\w+)+", name) for name in sample.patched):
        return False
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == function


@functools.cache
def _source(function: Callable[..., Any]) -> str:
    """The text of a function; what inspect reads token by token is found in the tree, which is read anyway."""
    code = function.__code__
    data = Path(code.co_filename).read_bytes()
    for node in _tree(data).body:
        if isinstance(node, ast.FunctionDef) and (node.name, node.lineno) == (code.co_name, code.co_firstlineno):
            lines = data.decode("utf-8-sig").splitlines(keepends=True)[node.lineno - 1 : node.end_lineno]
            return textwrap.dedent("".join(lines))
    return textwrap.dedent(inspect.getsource(function))


@functools.cache
def _tree(data: bytes) -> ast.Module:
    return ast.parse(data)


@functools.cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


@functools.cache
def _import_lines(data: bytes) -> Mapping[str, str]:
    """Name bound -> import line, for the imports at the top of a rule file."""
    lines: dict[str, str] = {}
    for node in _tree(data).body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                lines[bound] = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                written = alias.name + (f" as {alias.asname}" if alias.asname else "")
                lines[alias.asname or alias.name] = f"from {node.module} import {written}"
    return lines


@functools.cache
def _globals_read(source: str) -> frozenset[str]:
    """Every global name that a function's text reads, in it and in the functions within it."""
    names: set[str] = set()
    # Annotations count as well: the target evaluates them, the rule file with its future import does not.
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation is not None:
            names |= {each.id for each in ast.walk(node.annotation) if isinstance(each, ast.Name)}
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            names |= {each.id for each in ast.walk(node.returns) if isinstance(each, ast.Name)}
    tables = [symtable.symtable(source, "<rule>", "exec")]
    own = {child.get_name() for child in tables[0].get_children()}
    while tables:
        table = tables.pop()
        tables += table.get_children()
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module")
        }
    return frozenset(names - own)

"""What a rule has to keep beyond loading: its examples hold, and there are enough of them, and of trials."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.decide.expressions import is_literal, part
from migrator.decide.load import Rulebook
from migrator.decide.plan import plan
from migrator.decide.rule import NATIVE, Becomes, Rule, Stays
from migrator.decide.usable import libraries
from migrator.fault import Fault
from migrator.model import Kind, Option, Outcome, Result, Site, Status, Use
from migrator.words import Command, Literal, Rest, Value, Word

FEWEST_TRIALS = 8  # of a native rule, beside those that `verify rules` generates
FEWEST_STAYS, MOST_BECOMES = 2, 4
_USES = {
    "process_input": Use.STDIN,
    "check_exit_code": Use.EXIT_CODES,
    "env_variables": Use.ENVIRONMENT,
    "cwd": Use.DIRECTORY,
    "attempts": Use.RETRY,
    "shell": Use.SHELL,
    "timeout": Use.TIMEOUT,
}


def faults(rule: Rule, book: Rulebook) -> Iterator[str]:
    """What is wrong with a rule, a sentence each; nothing when all is well. book: the rulebook that it is in."""
    for example in rule.examples:
        fault = example_fault(rule, example, book)
        if fault:
            yield fault
    yield from counts(rule)


def counts(rule: Rule) -> Iterator[str]:
    """What there is too little or too much of."""
    becomes = sum(isinstance(each, Becomes) for each in rule.examples)
    stays = len(rule.examples) - becomes
    if not 0 < becomes <= MOST_BECOMES:
        yield f"it has {becomes} examples of calls that it takes; show 1 to {MOST_BECOMES}, as real projects spell them"
    if stays < FEWEST_STAYS:
        yield f"it has {stays} examples of calls that it leaves alone (Stays); show at least {FEWEST_STAYS}"
    # what takes no words (sync) can be tried in one way only
    if rule.kind is NATIVE and rule.form.parameters and len(rule.trials) < FEWEST_TRIALS:
        yield f"it has {len(rule.trials)} trials; a native rule has at least {FEWEST_TRIALS}"


def example_fault(rule: Rule, example: Becomes | Stays, book: Rulebook) -> str:
    """Why an example does not hold; "" when it does."""
    try:
        found = plan(site(example.call), book, frozenset(libraries(rule)), unproven=True)
    except Fault as fault:
        return f"example {example.call}: {fault}"
    taken = found.function is not None and found.function.rule == rule.name
    reasons = "; ".join(reason.text for reason in found.reasons)
    if isinstance(example, Stays):
        if taken:
            return f"example {example.call}: it takes this call, which is to stay because of {example.because}"
        if not any(example.because in reason.text for reason in found.reasons):
            return f"example {example.call}: it stays, but not because of {example.because}: {reasons or 'no reason'}"
        return ""
    if not taken:
        other = f"{found.function.rule or 'a function that runs it'} takes it" if found.function else "it stays"
        return f"example {example.call}: {other}: {reasons}" if reasons else f"example {example.call}: {other}"
    if found.status is not (Status.REVIEW if rule.review else Status.READY):
        return f"example {example.call}: it is {found.status.value}: {reasons}"
    became = written(found, rule)
    return "" if became == example.becomes else f"example {example.call}: becomes {became}, not {example.becomes}"


def written(outcome: Outcome, rule: Rule) -> str:
    """The privileged call: parameters without a default by position, the others by keyword."""
    assert outcome.function is not None
    parameters = rule.signature.parameters
    words = [
        argument.code
        if parameters[argument.name].default is parameters[argument.name].empty
        else f"{argument.name}={argument.code}"
        for argument in outcome.arguments
    ]
    return f"privsep.{outcome.function.module}.{outcome.function.name}({', '.join(words)})"


def site(text: str) -> Site:
    """The site of `execute('chown', owner, run_as_root=True)`; an assignment around it counts as result used."""
    body = ast.parse(text).body
    statement = body[0] if len(body) == 1 else None
    call = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    if not isinstance(call, ast.Call):
        raise Fault("write one call, or an assignment of its result")
    words = tuple(_word(argument) for argument in call.args)
    options = tuple(_option(keyword) for keyword in call.keywords)
    result: Result = "unpacked" if isinstance(statement, ast.Assign) else "ignored"
    uses = {_USES[option.name] for option in options if option.name in _USES}
    if result == "unpacked":
        uses.add(Use.RESULT)
    first = words[0] if words else None
    program = first.text if isinstance(first, Literal) else None
    return Site(
        id=text,
        path="service/driver.py",
        line=1,
        end_line=1,
        column=1,
        span=(0, len(text)),
        kind=Kind.DIRECT,
        enclosing="Driver.run",
        callee=ast.unparse(call.func),
        via=(),
        executor="oslo_concurrency.processutils.execute",
        command=Command(words, program=program, programs=(program,) if program else ()),
        flag=next((option.code for option in options if option.name == "run_as_root"), ""),
        root="run_as_root=True",
        takes_argv=False,
        options=tuple(option for option in options if option.name != "run_as_root"),
        result=result,
        uses=frozenset(uses),
        handlers=(),
        decorators=(),
    )


def _word(node: ast.expr) -> Word:
    if isinstance(node, ast.Starred):
        return Rest(ast.unparse(node.value))
    if isinstance(node, ast.Constant):
        return Literal(str(node.value))
    code = ast.unparse(node)
    found = part(code)
    pieces: tuple[str | None, ...] = ()
    if found:
        before, _, after = found.template.replace("%d", "%s").partition("%s")
        pieces = ((before, None) if before else (None,)) + ((after,) if after else ())
    return Value(code, pieces)


def _option(keyword: ast.keyword) -> Option:
    code = ast.unparse(keyword.value)
    return Option(keyword.arg or "**", code, is_literal(code))

"""Sites made from the text of one call, for tests that ask nothing of the scanner."""

from __future__ import annotations

import ast

from migrator.decide.expressions import part
from migrator.model import Command, Kind, Literal, Option, Rest, Result, Site, Use, Value, Word

_USES = {
    "process_input": Use.STDIN,
    "check_exit_code": Use.EXIT_CODES,
    "env_variables": Use.ENVIRONMENT,
    "cwd": Use.DIRECTORY,
    "attempts": Use.RETRY,
    "shell": Use.SHELL,
    "timeout": Use.TIMEOUT,
}


def site(text: str) -> Site:
    """The site of `execute('chown', owner, run_as_root=True)`; an assignment around it counts as result used."""
    statement = ast.parse(text).body[0]
    assert isinstance(statement, (ast.Expr, ast.Assign))
    call = statement.value
    assert isinstance(call, ast.Call)
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
    try:
        ast.literal_eval(keyword.value)
        literal = True
    except ValueError:
        literal = False
    return Option(keyword.arg or "**", code, literal)

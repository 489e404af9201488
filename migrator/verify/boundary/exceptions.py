"""PRV211-213: exceptions that leave an entrypoint and do not come out as they were raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrator.verify.boundary import codes
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.names import Scope, own, scope_of
from migrator.verify.boundary.project import Module, Project
from migrator.verify.boundary.reach import Reach, Reached, handled

# Their `args` are the arguments of their constructor, all of them. OSError and others keep their own account.
_SIMPLE = frozenset(
    f"builtins.{name}"
    for name in (
        *(
            "BaseException",
            "Exception",
            "ArithmeticError",
            "AssertionError",
            "AttributeError",
            "EOFError",
            "IndexError",
        ),
        *("KeyError", "LookupError", "NotImplementedError", "RuntimeError", "TypeError", "ValueError", "Warning"),
    )
)
_EXITS = ("builtins.SystemExit", "builtins.KeyboardInterrupt")
_EXIT_CALLS = ("sys.exit", "builtins.exit", "builtins.quit")
_DEEP = 10


def check(entrypoint: Entrypoint, reach: Reach) -> Iterator[Finding]:
    """What the functions behind an entrypoint raise and nothing catches before it leaves the daemon."""
    for reached, handlers in reach.raising(entrypoint.name):
        around = handled(reached.node)
        for node in own(reached.node):
            caught = handlers | around.get(id(node), frozenset())
            if isinstance(node, ast.Raise) and node.exc is not None:
                yield from _raised(node, node.exc, caught, reached, entrypoint, reach.project)
            elif isinstance(node, ast.Call) and not caught & {"*", "?", "BaseException", "SystemExit"}:
                dotted = reach.project.one(node.func, reached.module, reached.scope)
                if dotted in _EXIT_CALLS:
                    yield _exit(node, f"{ast.unparse(node.func)}()", reached, entrypoint)


def _exit(node: ast.expr | ast.stmt, what: str, reached: Reached, entrypoint: Entrypoint) -> Finding:
    behind = _behind(reached, entrypoint)
    text = f"`{what}` {behind} ends a thread of the daemon: the caller waits for ever, or for its timeout"
    return reached.module.finding(codes.EXIT, node, text, entrypoint.name)


def _behind(reached: Reached, entrypoint: Entrypoint) -> str:
    own_name = reached.name == entrypoint.name
    return f"in entrypoint `{entrypoint.name}`" if own_name else f"behind entrypoint `{entrypoint.name}`"


def _raised(
    node: ast.Raise, value: ast.expr, caught: frozenset[str], reached: Reached, entrypoint: Entrypoint, project: Project
) -> Iterator[Finding]:
    callee = value.func if isinstance(value, ast.Call) else value
    dotted = project.one(callee, reached.module, reached.scope)
    if dotted in _EXITS:
        if not caught & {"*", "?", "BaseException", dotted.rpartition(".")[2]}:
            yield _exit(node, f"raise {dotted.rpartition('.')[2]}", reached, entrypoint)
        return
    if caught & {"*", "?", "BaseException", "Exception"}:
        return
    behind = _behind(reached, entrypoint)
    local = _nested(callee, reached, project)
    if local and local.rpartition(".")[2] not in caught:
        text = f"`{local}` is raised {behind} and is no class at module level: the client raises ImportError instead"
        yield reached.module.finding(codes.EXCEPTION_NESTED, node, text, f"{entrypoint.name}:{local}")
        return
    found = project.klass(dotted)
    if found is None or _family(dotted, project) & caught:
        return
    why = _not_rebuilt(dotted, value if isinstance(value, ast.Call) else None, project)
    if why:
        text = f"`{found[1].name}` is raised {behind} and {why}: the client raises TypeError instead"
        yield reached.module.finding(codes.EXCEPTION_CONSTRUCTOR, node, text, f"{entrypoint.name}:{dotted}")


def _nested(callee: ast.expr, reached: Reached, project: Project) -> str:
    """The name of a class inside a class or function, "" for others."""
    if isinstance(callee, ast.Name):
        bindings, owner = reached.scope.find(callee.id)
        inside = owner is not None and owner.parent is not None and len(bindings) == 1
        return f"{reached.node.name}.{callee.id}" if inside and bindings[0].kind == "class" else ""
    dotted = project.one(callee, reached.module, reached.scope)
    outer, _, name = dotted.rpartition(".")
    found = project.klass(outer)
    if found is None:
        return ""
    inner = [one for one in found[1].body if isinstance(one, ast.ClassDef) and one.name == name]
    return f"{found[1].name}.{name}" if inner else ""


def _family(dotted: str, project: Project, depth: int = 0) -> set[str]:
    """The last names of an exception and what it derives from; "?" among them when a base cannot be told."""
    names = {dotted.rpartition(".")[2]}
    found = project.klass(dotted)
    if found is None or depth > _DEEP:
        return names
    for base in found[1].bases:
        names |= _family(project.one(base, found[0], found[0].scope) or "?", project, depth + 1)
    return names


def _not_rebuilt(dotted: str, call: ast.Call | None, project: Project) -> str:
    """Why `cls(*args)` fails for an exception, "" when it does not or that cannot be told."""
    held = _constructor(dotted, project)
    if held is None:
        return ""
    module, node, scope = held
    count = _kept(node, scope, module, call, project)
    if count is None:
        return ""
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args][1:]
    needed = len(plain) - min(len(arguments.defaults), len(plain))
    keywords = [
        one.arg for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    kept = f"keeps {count} argument{'' if count == 1 else 's'}"
    if keywords:
        return f"cannot be built without keyword `{keywords[0]}`, which does not cross"
    if needed > count:
        missing = ", ".join(f"`{one.arg}`" for one in plain[count:needed])
        return f"{kept} of the {needed} that its constructor needs ({missing} missing)"
    if count > len(plain) and arguments.vararg is None:
        return f"{kept} where its constructor takes {len(plain)}"
    return ""


def _constructor(dotted: str, project: Project, depth: int = 0) -> tuple[Module, ast.FunctionDef, Scope] | None:
    """The `__init__` that a class of the project has or inherits, the scope of its body; None when none of ours."""
    found = project.klass(dotted)
    if found is None or depth > _DEEP:
        return None
    module, node = found
    names = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
    if "__new__" in names or "__reduce__" in names or node.decorator_list:
        return None
    if "__init__" in names:
        init = names["__init__"]
        return None if init.decorator_list else (module, init, scope_of(init, scope_of(node, module.scope)))
    return _constructor(project.one(node.bases[0], module, module.scope), project, depth + 1) if node.bases else None


def _kept(
    node: ast.FunctionDef, scope: Scope, module: Module, call: ast.Call | None, project: Project, depth: int = 0
) -> int | None:
    """How many `args` an exception has after its constructor ran; None when it cannot be told."""
    calls = [one for one in own(node) if isinstance(one, ast.Call) and _is_super_init(one)]
    stored = [one for one in own(node) if isinstance(one, ast.Attribute) and one.attr == "args" and _stores(one)]
    owner = scope.parent.node if scope.parent is not None else None
    if stored or len(calls) > 1 or not isinstance(owner, ast.ClassDef) or len(owner.bases) != 1 or depth > _DEEP:
        return None
    base = project.one(owner.bases[0], module, module.scope)
    above = None if base in _SIMPLE else _constructor(base, project)
    if base not in _SIMPLE and above is None and not _simple_below(base, project):
        return None
    if not calls:  # then they are what the class was called with
        if above is not None or call is None:
            return None if above is not None else 0
        return None if any(isinstance(one, ast.Starred) for one in call.args) else len(call.args)
    (passed,) = calls
    if any(isinstance(one, ast.Starred) for one in passed.args):
        return None
    if above is None:
        return len(passed.args) if not passed.keywords else None
    return _kept(above[1], above[2], above[0], passed, project, depth + 1)


def _simple_below(dotted: str, project: Project, depth: int = 0) -> bool:
    """Whether a class without a constructor of its own ends in an exception whose args are its arguments."""
    if dotted in _SIMPLE:
        return True
    found = project.klass(dotted)
    if found is None or len(found[1].bases) != 1 or depth > _DEEP:
        return False
    return _simple_below(project.one(found[1].bases[0], found[0], found[0].scope), project, depth + 1)


def _is_super_init(node: ast.Call) -> bool:
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "__init__":
        return False
    held = node.func.value
    return isinstance(held, ast.Call) and isinstance(held.func, ast.Name) and held.func.id == "super"


def _stores(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self"

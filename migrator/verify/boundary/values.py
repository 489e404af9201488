"""Which values cannot be sent over the privsep channel, as far as their expression tells."""

from __future__ import annotations

import ast

from migrator.verify.boundary.names import Scope, own, scope_of
from migrator.verify.boundary.project import Module, Project

_DEEP = 4  # names, containers and helpers followed
_SETS = frozenset({"builtins.set", "builtins.frozenset"})
# Results of these are no text, number, list or dictionary (oslo.privsep packs with msgpack, which takes no others).
_MADE = {
    **dict.fromkeys(_SETS, "a set"),
    **dict.fromkeys(("map", "filter", "zip", "reversed", "enumerate", "iter"), "an iterator"),
    "range": "a range",
    "complex": "a complex number",
    "object": "an object",
    "open": "a file object",
}
_MADE.update({f"builtins.{name}": what for name, what in list(_MADE.items()) if "." not in name})
_MADE.update(
    {
        **dict.fromkeys(("io.open", "os.fdopen", "codecs.open", "os.popen"), "a file object"),
        **dict.fromkeys(("io.BytesIO", "io.StringIO"), "a file object"),
        **dict.fromkeys(("tempfile.NamedTemporaryFile", "tempfile.TemporaryFile"), "a file object"),
        **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"), "a Path"),
        **dict.fromkeys(("pathlib.Path.cwd", "pathlib.Path.home"), "a Path"),
        **dict.fromkeys(("datetime.datetime", "datetime.date", "datetime.timedelta"), "a datetime object"),
        **dict.fromkeys(("datetime.datetime.now", "datetime.datetime.utcnow"), "a datetime object"),
        **dict.fromkeys(("uuid.UUID", "uuid.uuid1", "uuid.uuid3", "uuid.uuid4", "uuid.uuid5"), "a UUID object"),
        **dict.fromkeys(("threading.Lock", "threading.RLock", "threading.Event"), "a lock"),
        **dict.fromkeys(("ipaddress.ip_address", "ipaddress.ip_network"), "an address object"),
        **dict.fromkeys(("netaddr.IPNetwork", "netaddr.IPAddress"), "an address object"),
        "collections.deque": "a deque",
        "decimal.Decimal": "a Decimal",
        "functools.partial": "a function",
        "re.compile": "a pattern",
        "subprocess.Popen": "a process object",
        "socket.socket": "a socket",
        "os.scandir": "an iterator",
    }
)
_PLAIN_BASES = frozenset({"builtins.object", "threading.Thread"})


def uncrossable(node: ast.expr, module: Module, scope: Scope, project: Project, depth: int = 0) -> str:
    """What an expression gives that cannot be sent ("a set"), "" when it can or that cannot be told."""
    if depth > _DEEP:
        return ""
    if isinstance(node, (ast.Set, ast.SetComp)):
        return "a set"
    if isinstance(node, ast.GeneratorExp):
        return "a generator"
    if isinstance(node, ast.Lambda):
        return "a function"
    if isinstance(node, (ast.List, ast.Tuple, ast.Dict, ast.IfExp, ast.BoolOp)):
        for part in _parts(node):
            why = uncrossable(part, module, scope, project, depth + 1)
            if why:
                return why
        return ""
    if isinstance(node, ast.ListComp):
        return _collected(node, module, scope, project, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)):
        return "a set" if uncrossable(node.left, module, scope, project, depth + 1) == "a set" else ""
    if isinstance(node, ast.Call):
        return _called(node, module, scope, project, depth)
    if isinstance(node, ast.Name):
        return _named(node, module, scope, project, depth)
    if isinstance(node, ast.Attribute):
        return _attribute(node, module, scope, project)
    return ""


def _parts(node: ast.List | ast.Tuple | ast.Dict | ast.IfExp | ast.BoolOp) -> list[ast.expr]:
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return (
            node.values[-1:] if isinstance(node.op, ast.And) else node.values
        )  # of `a and b`, a only when it is empty
    elements = [*(key for key in node.keys if key), *node.values] if isinstance(node, ast.Dict) else node.elts
    return [one for one in elements if not isinstance(one, ast.Starred)]


def _collected(node: ast.ListComp, module: Module, scope: Scope, project: Project, depth: int) -> str:
    """What a list that is made of another holds: what is made for each item, or the class that all items are of."""
    for test in (test for generator in node.generators for test in generator.ifs):
        if not (isinstance(test, ast.Call) and ast.unparse(test.func) == "isinstance" and len(test.args) == 2):
            continue
        same = isinstance(node.elt, ast.Name) and ast.dump(test.args[0]) == ast.dump(node.elt)
        found = project.klass(project.one(test.args[1], module, scope)) if same else None
        if found is not None and plain_class(found[1], found[0], project):
            return f"a list of {found[1].name} objects"
    why = uncrossable(node.elt, module, scope_of(node, scope), project, depth + 1)
    return f"a list with {why} in it" if why else ""


def _called(node: ast.Call, module: Module, scope: Scope, project: Project, depth: int) -> str:
    callee = node.func
    if isinstance(callee, ast.Attribute) and callee.attr in ("keys", "values", "items") and not node.args:
        holder = callee.value
        if isinstance(holder, ast.Name):
            bindings, _ = scope.find(holder.id)
            values = [one.node for one in bindings]
            if values and all(isinstance(one, (ast.Dict, ast.DictComp)) for one in values):
                return "a dictionary view"
        return "a dictionary view" if isinstance(holder, (ast.Dict, ast.DictComp)) else ""
    dotted = project.one(callee, module, scope)
    if not dotted:
        return ""
    if dotted in _MADE or dotted.startswith("itertools."):
        return _MADE.get(dotted, "an iterator")
    found = project.definition(dotted)
    if found is None:
        return ""
    home, made = found
    if isinstance(made, ast.ClassDef):
        return f"an instance of {made.name}" if plain_class(made, home, project) else ""
    return returned(made, home, project, depth + 1)


def returned(node: ast.stmt, module: Module, project: Project, depth: int = 0) -> str:
    """What a function of the project returns everywhere and cannot be sent, "" when one result can."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return ""
    nodes = list(own(node))
    if any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in nodes):
        return "a generator"
    scope = scope_of(node, module.scope)
    results = [one.value for one in nodes if isinstance(one, ast.Return)]
    whys = [uncrossable(one, module, scope, project, depth + 1) if one is not None else "" for one in results]
    return whys[0] if whys and all(whys) else ""


def _named(node: ast.Name, module: Module, scope: Scope, project: Project, depth: int) -> str:
    bindings, owner = scope.find(node.id)
    if owner is None:
        return ""
    function = scope.function
    if function is not None and owner is function and function.method_of is not None and len(bindings) == 1:
        return _receiver(node.id, function, function.method_of, module, project)
    if owner.parent is None and scope.function is not None:
        return _definition(project.one(node, module, scope), project)
    whys = []
    for binding in bindings:
        if binding.kind == "function" and owner.parent is not None:
            whys.append("a function")
        elif binding.kind == "entered" and isinstance(binding.node, ast.expr):
            why = uncrossable(binding.node, module, owner, project, depth + 1)
            whys.append(why if why == "a file object" else "")
        elif binding.kind == "value" and isinstance(binding.node, ast.expr):
            same = isinstance(binding.node, ast.Name) and binding.node.id == node.id
            whys.append("" if same else uncrossable(binding.node, module, owner, project, depth + 1))
        else:
            return ""
    return whys[0] if whys and all(whys) else ""


def _receiver(name: str, function: Scope, owner: ast.ClassDef, module: Module, project: Project) -> str:
    """`self` or `cls`, when it is the method's first parameter and the class no kind of text or number."""
    node = function.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    first = next((one.arg for one in (*node.args.posonlyargs, *node.args.args)), "")
    kinds = [getattr(one, "id", "") for one in node.decorator_list]
    if name != first or "staticmethod" in kinds:
        bindings = function.names[name]
        value = bindings[0].node
        if bindings[0].kind == "value" and isinstance(value, ast.expr):
            return uncrossable(value, module, function, project, 1)
        if bindings[0].kind == "entered" and isinstance(value, ast.expr):
            why = uncrossable(value, module, function, project, 1)
            return why if why == "a file object" else ""
        return "a function" if bindings[0].kind == "function" else ""
    if "classmethod" in kinds:
        return "a class"
    return f"an instance of {owner.name}" if plain_class(owner, module, project) else ""


def _attribute(node: ast.Attribute, module: Module, scope: Scope, project: Project) -> str:
    function = scope.function
    owner = function.method_of if function is not None else None
    if owner is not None and isinstance(node.value, ast.Name) and function is not None:
        made = function.node
        assert isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef))
        first = next((one.arg for one in (*made.args.posonlyargs, *made.args.args)), "")
        methods = [one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == node.attr]
        if node.value.id == first and methods and not any(one.decorator_list for one in methods):
            return f"the method `{node.attr}`"
        if node.value.id == first:
            return ""
    return _definition(project.one(node, module, scope), project)


def _definition(dotted: str, project: Project) -> str:
    found = project.definition(dotted) if dotted else None
    if found is None:
        return ""
    return f"the class `{dotted}`" if isinstance(found[1], ast.ClassDef) else f"the function `{dotted}`"


def plain_class(node: ast.ClassDef, module: Module, project: Project, depth: int = 0) -> bool:
    """Whether all bases of a class are known and none is a kind of text, number, list or dictionary."""
    if depth > _DEEP or node.keywords:
        return False
    for base in node.bases:
        dotted = project.one(base, module, module.scope)
        if dotted in _PLAIN_BASES:
            continue
        found = project.definition(dotted) if dotted else None
        if found is None or not isinstance(found[1], ast.ClassDef):
            return False
        if not plain_class(found[1], found[0], project, depth + 1):
            return False
    return True

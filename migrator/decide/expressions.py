"""Source expressions of arguments: what to call them, whether they are text, and what is fixed around them."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from dataclasses import dataclass

_TEXT_FUNCTIONS = {"str", "hex", "oct", "repr", "text_type", "_"}
_TEXT_METHODS = {"strip", "lstrip", "rstrip", "lower", "upper", "format"}
_PATH_FUNCTIONS = {"join", "dirname", "basename", "abspath", "realpath", "normpath", "expanduser"}
_LISTS_OF_TEXT = {"split", "rsplit", "splitlines"}
_CALLS_SEEN_THROUGH = {"str", "int", "repr", "text_type", "b", "abs", "hex", "oct"}
_SAYS_NOTHING = {"name", "id", "value", "text", "key"}  # alone; `network.id` is network_id
_CONVERSION = re.compile(r"%(.)")


@dataclass(frozen=True, slots=True)
class Part:
    """The one unknown stretch of a word and what stands around it.

    template: `%`-format with one %s or %d ("if=%s"). code: source of the stretch. number: it is a %d, so what it
    holds is a number. text: it is joined with `+`, so what it holds is a str.
    """

    template: str
    code: str
    number: bool
    text: bool = False


def parse(code: str) -> ast.expr | None:
    """The expression's tree; None when the source is no expression that Python 3 reads."""
    try:
        return ast.parse(f"({code}\n)", mode="eval").body
    except SyntaxError:
        return None


def crossing(code: str, *, text: bool = False) -> str:
    """The source that hands an argv word to a privileged function. text: it is known to be a str.

    An executor calls str() on every word, so `str(x)` at the call gives the same word; anything that is not evidently a
    string gets one, since an IPNetwork, a Path or a lazily translated text does not cross the privsep boundary.
    """
    node = parse(code)
    return code if text or (node is not None and is_text(node)) else f"str({code})"


def is_text(node: ast.expr) -> bool:
    """True when the expression's form says that it gives a string."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Mod):
            return is_text(node.left)
        return isinstance(node.op, ast.Add) and (is_text(node.left) or is_text(node.right))
    if isinstance(node, ast.IfExp):
        return is_text(node.body) and is_text(node.orelse)
    if isinstance(node, ast.Subscript):
        made = node.value
        return isinstance(made, ast.Call) and _method(made) in _LISTS_OF_TEXT and not isinstance(node.slice, ast.Slice)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in _TEXT_FUNCTIONS
    assert isinstance(node.func, ast.expr)
    name, owner = _method(node), node.func.value if isinstance(node.func, ast.Attribute) else None
    if owner is not None and ast.unparse(owner) in ("os.path", "path", "posixpath"):
        return name in _PATH_FUNCTIONS
    return name in _TEXT_METHODS or name == "text_type" or (name == "join" and owner is not None and is_text(owner))


def _method(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def is_plain(code: str) -> bool:
    """True for a name, an attribute or str() of one: read twice, it gives the same; so one parameter will do."""
    node = parse(code)
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Call):
            if not (isinstance(node.func, ast.Name) and node.func.id == "str" and len(node.args) == 1):
                return False
            node = node.args[0]
        else:
            node = node.value
    return isinstance(node, ast.Name)


def part(code: str) -> Part | None:
    """What is fixed in `'if=%s' % path`, `f'if={path}'`, `'if=' + path`, `'if={}'.format(path)`; None when the form
    is another one or has more than one unknown stretch."""
    node = parse(code)
    if isinstance(node, ast.JoinedStr):
        return _joined(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _added(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _percent(node)
    if isinstance(node, ast.Call) and _method(node) == "format" and isinstance(node.func, ast.Attribute):
        text = _constant(node.func.value)
        if text is not None and len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
            found = re.fullmatch(r"([^{}]*)\{0?\}([^{}]*)", text)
            if found:
                return _made(escape(found[1]) + "%s" + escape(found[2]), node.args[0])
    return None


def _joined(node: ast.JoinedStr) -> Part | None:
    template, inner = "", []
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            if value.conversion not in (-1, 115) or value.format_spec is not None:
                return None
            inner.append(value.value)
            template += "%s"
        else:
            template += escape(_constant(value) or "")
    return _made(template, inner[0]) if len(inner) == 1 else None


def _added(node: ast.BinOp) -> Part | None:
    pieces: list[ast.expr] = []

    def flatten(each: ast.expr) -> None:
        if isinstance(each, ast.BinOp) and isinstance(each.op, ast.Add):
            flatten(each.left)
            flatten(each.right)
        else:
            pieces.append(each)

    flatten(node)
    unknown = [each for each in pieces if _constant(each) is None]
    if len(unknown) != 1:
        return None
    texts = [_constant(each) for each in pieces]
    return _made("".join("%s" if text is None else escape(text) for text in texts), unknown[0], text=True)


def _percent(node: ast.BinOp) -> Part | None:
    template, right = _constant(node.left), node.right
    if template is not None and isinstance(right, ast.Dict) and len(right.keys) == 1 and right.keys[0] is not None:
        # '%(path)s' % {'path': path}
        template = template.replace(f"%({_constant(right.keys[0])})", "%")
        right = right.values[0]
    elif isinstance(right, ast.Tuple):
        if len(right.elts) != 1:
            return None
        right = right.elts[0]
    if template is None or isinstance(right, (ast.Dict, ast.List)):
        return None
    kinds = [kind for kind in _CONVERSION.findall(template) if kind != "%"]
    if len(kinds) != 1 or kinds[0] not in "sd":
        return None
    return _made(template, right, number=kinds[0] == "d")


def _made(template: str, inner: ast.expr, *, number: bool = False, text: bool = False) -> Part | None:
    if isinstance(inner, ast.Starred) or template in ("%s", "%d"):
        return None
    return Part(template, ast.unparse(inner), number, text)


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def is_literal(code: str) -> bool:
    """Whether ast.literal_eval() takes the source of an expression."""
    try:
        ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return False
    return True


def escape(text: str) -> str:
    """A text as a part of a `%`-format."""
    return text.replace("%", "%%")


def behind(code: str, start: str) -> str:
    """The source of what stands behind `start`, for a word that surely begins with it: `str(path)` for
    `'of=%s' % path` and "of="; a slice where the source does not spell the beginning out."""
    found = part(code)
    if found and found.template == f"{escape(start)}%s":
        return crossing(found.code, text=found.text)
    node = parse(code)
    rest = _without(node, start) if node is not None else None
    return f"str({code})[{len(start)}:]" if rest is None else crossing(ast.unparse(rest))


def _without(node: ast.expr, start: str) -> ast.expr | None:
    """The expression without the text that it begins with; None when it does not spell that text out."""
    if isinstance(node, ast.Constant):
        text = _constant(node)
        return ast.Constant(text[len(start) :]) if text is not None and text.startswith(start) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        adds = isinstance(node.op, ast.Add)
        left = _without(node.left, start if adds else escape(start))
        if left is None:
            return None
        return node.right if adds and _constant(left) == "" else ast.BinOp(left, node.op, node.right)
    if isinstance(node, ast.JoinedStr) and node.values:
        first = _without(node.values[0], start)
        if first is None:
            return None
        return ast.JoinedStr([first, *node.values[1:]] if _constant(first) else node.values[1:])
    if isinstance(node, ast.Call) and _method(node) == "format" and isinstance(node.func, ast.Attribute):
        template = _without(node.func.value, start.replace("{", "{{").replace("}", "}}"))
        if template is not None:
            return ast.Call(ast.Attribute(template, "format", ast.Load()), node.args, node.keywords)
    return None


# --- names ---------------------------------------------------------------------------------------------


def names(code: str) -> tuple[str, ...]:
    """Parameter names for an expression, the plain one first, then one that says whose it is."""
    node = parse(code)
    short = identifier(_short(node)) if node is not None else ""
    long = identifier(_long(node)) if node is not None else ""
    return tuple(dict.fromkeys(name for name in (short, long) if name)) or ("value",)


def one_name(code: str) -> bool:
    """False for a text made of several things, which has no one name; a path has."""
    node = parse(code)
    return (
        (node is not None and _slashed(node))
        or not isinstance(node, (ast.BinOp, ast.JoinedStr))
        or len(_inside(node)) == 1
    )


def _short(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return _long(node) if node.attr in _SAYS_NOTHING else node.attr
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            key = node.slice.value
            return _long(node) if key in _SAYS_NOTHING else key
        name = _short(node.value)
        return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
    if isinstance(node, ast.Call):
        return _of_call(node)
    if isinstance(node, (ast.BinOp, ast.JoinedStr)):
        some = _inside(node)
        return "path" if len(some) > 1 and _slashed(node) else "_".join(dict.fromkeys(map(_short, some[:2])))
    if isinstance(node, ast.IfExp):
        return _short(node.body)
    if isinstance(node, (ast.BoolOp, ast.Starred, ast.Await)):
        return _short(node.values[0] if isinstance(node, ast.BoolOp) else node.value)
    return ""


def _long(node: ast.expr) -> str:
    owner = node.value if isinstance(node, (ast.Attribute, ast.Subscript)) else None
    if isinstance(node, ast.Attribute) and owner is not None:
        whose = "" if isinstance(owner, ast.Name) and owner.id in ("self", "cls") else _short(owner)
        return f"{whose}_{node.attr}" if whose else node.attr
    if isinstance(node, ast.Subscript) and owner is not None:
        key = str(ast.literal_eval(node.slice)) if isinstance(node.slice, ast.Constant) else _short(node.slice)
        return f"{_short(owner)}_{key}"
    if isinstance(node, ast.Call) and _method(node) in _CALLS_SEEN_THROUGH and node.args:
        return _long(node.args[0])
    return _short(node)


def _of_call(node: ast.Call) -> str:
    method = _method(node)
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if method in _CALLS_SEEN_THROUGH and node.args:
        return _short(node.args[0])
    if owner is not None and ast.unparse(owner) == "os.path":
        return "name" if method == "basename" else "path"
    if owner is not None and method == "join" and node.args:
        return _short(node.args[0])
    if owner is not None and method == "format":
        return "_".join(dict.fromkeys(_short(each) for each in node.args[:2]))
    if owner is not None and (method in _TEXT_METHODS or method in _LISTS_OF_TEXT or method == "get"):
        constant = _constant(node.args[0]) if node.args and method == "get" else None
        return constant or _short(owner)
    return re.sub(r"^_*(get|make|build|find|read|to)_", "", method)


def _slashed(node: ast.expr) -> bool:
    """True for `'%s/%s' % (vg, name)`, `f'/dev/{vg}/{name}'` and the like."""
    return any("/" in (_constant(each) or "") for each in ast.walk(node) if isinstance(each, ast.Constant))


def _inside(node: ast.BinOp | ast.JoinedStr) -> list[ast.expr]:
    if isinstance(node, ast.JoinedStr):
        return [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
    found: list[ast.expr] = []
    if isinstance(node.op, ast.Mod):
        right = node.right
        found += (
            right.elts if isinstance(right, ast.Tuple) else right.values if isinstance(right, ast.Dict) else [right]
        )
    else:
        for side in (node.left, node.right):
            found += _inside(side) if isinstance(side, ast.BinOp) else [side]
    unknown = [each for each in found if not isinstance(each, ast.Constant)]
    return [each for each in unknown if not _short(each).isupper()] or unknown


def identifier(text: str) -> str:
    """text as a lower-case name that hides no keyword and no builtin; "" when nothing of it is left."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^0-9a-zA-Z]+", "_", name).strip("_").lower()
    if not name or not re.match(r"[a-z]", name):
        return ""
    if (
        keyword.iskeyword(name)
        or hasattr(builtins, name)
        or name in ("self", "cls", "command", "print", "processutils", "logging")
    ):
        return {
            "dir": "directory",
            "file": "path",
            "id": "ident",
            "command": "cmd",
            "type": "kind",
            "format": "form",
        }.get(name, f"{name}_")
    return name

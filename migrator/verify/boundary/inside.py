"""PRV245, 275-277: what a function does in the daemon that was meant for the service."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from migrator.decide.requirements import minimum_version
from migrator.understand.facts import bare
from migrator.understand.symbols import Param
from migrator.understand.values import NONE, Const, Text, Value
from migrator.verify.boundary import codes, operations
from migrator.verify.boundary.behind import Made, argument, flags
from migrator.verify.boundary.effects import Effects
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.project import Module, Project
from migrator.verify.boundary.uses import Use

_ROOT = ("run_as_root", "root_helper")
_EXECUTORS = ("oslo_concurrency.processutils.execute", "oslo_concurrency.processutils.trycmd")
_TAKES_NONE = (7, 3)  # oslo.concurrency release whose execute() takes check_exit_code=None (its commit 792922c)
# Position and keyword of the mode with which something is created. Sources: reference of os; oslo_utils/fileutils.py.
_MODES = {
    "os.mkdir": (1, "mode"),
    "os.makedirs": (1, "mode"),
    "os.mkfifo": (1, "mode"),
    "os.mknod": (1, "mode"),
    "oslo_utils.fileutils.ensure_tree": (1, "mode"),
}
_FOLDERS = frozenset({"os.mkdir", "os.makedirs", "oslo_utils.fileutils.ensure_tree"})
_LOCKS = ("oslo_concurrency.lockutils.synchronized", "oslo_concurrency.lockutils.lock")


def check(entrypoint: Entrypoint, does: Effects, project: Project, used: Sequence[Use]) -> Iterator[Finding]:
    """The calls behind one entrypoint that do there what they did not do in the service. used: where it is called."""
    umask = any(one.name == "os.umask" for one in does.made)
    for one in does.made:
        placed = placed_in(one, project)
        if placed is None:
            continue
        module, node = placed
        if one.name in _EXECUTORS:
            yield from _as_root(one, module, node, entrypoint)
            yield from _exit_codes(one, module, node, entrypoint, project)
        if not umask:
            yield from _modes(one, does, module, node, entrypoint, used)
        if one.name in _LOCKS:
            text = (
                f"`{one.name.rpartition('.')[2]}` is held behind `{entrypoint.node.name}`: who waits takes up a thread"
            )
            yield module.finding(codes.LOCK, node, f"{text} of the daemon, of which it has few", entrypoint.name)
    yield from _locked(entrypoint, project)


def placed_in(made: Made, project: Project) -> tuple[Module, ast.Call] | None:
    """The module of the project that a call stands in, and the call in its tree."""
    name = project.tree.module_name(made.path)
    module = project.module(name) if name in project.names else None
    node = module.calls.get((made.line, made.node.col_offset)) if module is not None else None
    return (module, node) if module is not None and node is not None else None


def _as_root(made: Made, module: Module, node: ast.Call, entrypoint: Entrypoint) -> Iterator[Finding]:
    for name in _ROOT:
        value = made.keywords.entries.get(name)
        inner = bare(value) if value is not None else None
        off = inner is None or (isinstance(inner, Const) and not inner.value)
        written = any(word.arg == name for word in made.node.keywords)
        if written and not off and not isinstance(inner, Param):
            text = f"`{name}` behind the entrypoint `{entrypoint.node.name}`: it does nothing where the daemon is root,"
            text += " and raises NoRootWrapSpecified where its context's user is another"
            yield module.finding(codes.AS_ROOT, node, text, f"{module.name}.{made.enclosing}:{name}")


def _exit_codes(
    made: Made, module: Module, node: ast.Call, entrypoint: Entrypoint, project: Project
) -> Iterator[Finding]:
    value = argument(made, 99, "check_exit_code")
    inner = bare(value) if value is not None else None
    handed = isinstance(inner, Param) and inner.default is not None and bare(inner.default) is NONE
    if not (inner is NONE or handed):
        return
    lowest = minimum_version(project.root(module.name), "oslo.concurrency")
    if lowest is None or lowest >= _TAKES_NONE:
        return
    text = f"`{entrypoint.node.name}` gives check_exit_code=None{' unless it is told another' if handed else ''}:"
    text += " TypeError with oslo.concurrency below 7.3.0, which the requirements admit"
    yield module.finding(codes.EXIT_CODE, node, text, entrypoint.name)


def _modes(
    made: Made, does: Effects, module: Module, node: ast.Call, entrypoint: Entrypoint, used: Sequence[Use]
) -> Iterator[Finding]:
    """Files and folders that get no mode, or that of a service whose umask takes bits away."""
    what, mode = "", ""
    if made.name in _MODES and argument(made, *_MODES[made.name]) is None:
        folder = made.name in _FOLDERS
        what, mode = ("folder", "0777") if folder else ("file", "0666")
    elif made.name == "os.open" and argument(made, 2, "mode") is None and "O_CREAT" in flags(made):
        what, mode = "file", "0777"
    elif made.name in operations.OPENS and made.name != "os.open" and argument(made, 7, "opener") is None:
        given = argument(made, 1, "mode")
        known = bare(given) if given is not None else None
        texts = [known.known] if isinstance(known, Text) else _given(known, entrypoint, used)
        if any(text and set(text) & set("wxa") for text in texts):
            what, mode = "file", "0666"
    if not what or _mode_follows(made, does) or _is_descriptor(made) or _of_kernel(made):
        return
    text = f"`{_short(made)}` behind `{entrypoint.node.name}` gives a {what} that it creates mode {mode}:"
    text += " the daemon has umask 0"
    yield module.finding(codes.NO_MODE, node, text, f"{module.name}.{made.enclosing}:{made.name}")


def _given(value: Value | None, entrypoint: Entrypoint, used: Sequence[Use]) -> list[str | None]:
    """The texts that the callers of an entrypoint give for the parameter that a value is."""
    if not isinstance(value, Param) or value.function.name != entrypoint.node.name:
        return []
    place = entrypoint.parameters.index(value.name) if value.name in entrypoint.parameters else -1
    found: list[str | None] = []
    for call in (use.call for use in used if use.call is not None):
        given = next((word.value for word in call.keywords if word.arg == value.name), None)
        if given is None and 0 <= place < len(call.args):
            given = call.args[place]
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            found.append(given.value)
    return found


def _short(made: Made) -> str:
    return f"{made.name.removeprefix('builtins.').rpartition('oslo_utils.')[2]}()"


def _mode_follows(made: Made, does: Effects) -> bool:
    """Whether the same function changes a mode: the file is open to all for a moment only, if that."""
    return any(
        one.name in ("os.chmod", "os.fchmod", "pathlib.Path.chmod") and one.enclosing == made.enclosing
        for one in does.made
    )


def _is_descriptor(made: Made) -> bool:
    """Whether open() is given a descriptor, which os.open() or tempfile made."""
    given = argument(made, 0, "file")
    inner = bare(given) if given is not None else None
    node = getattr(inner, "node", None)
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.open", "os.dup", "tempfile.mkstemp")


def _of_kernel(made: Made) -> bool:
    """Whether a file lies below /proc or /sys, where nothing is created, or below /dev, where nothing should be."""
    return made.begins.startswith(("/proc", "/sys", "/dev"))


def _locked(entrypoint: Entrypoint, project: Project) -> Iterator[Finding]:
    """A lock as a decorator below the entrypoint's."""
    module = project.module(entrypoint.name.rpartition(".")[0])
    if module is None:
        return
    for one in entrypoint.node.decorator_list:
        callee = one.func if isinstance(one, ast.Call) else one
        dotted = project.one(callee, module, module.scope)
        if dotted in _LOCKS or dotted.rpartition(".")[2] == "synchronized":
            text = f"`@{dotted.rpartition('.')[2]}` on the entrypoint `{entrypoint.node.name}`: who waits takes up a"
            yield module.finding(codes.LOCK, one, f"{text} thread of the daemon, of which it has few", entrypoint.name)

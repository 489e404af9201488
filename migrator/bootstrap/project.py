"""What a project's code says of its daemons: its contexts, and whether a root helper is set for them."""

from __future__ import annotations

import ast
import configparser
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.decide.requirements import read_text
from migrator.fault import Fault
from migrator.rewrite.conventions import project_table
from migrator.rewrite.target import Context
from migrator.rootwrap import lines
from migrator.rootwrap import project as shipped
from migrator.rootwrap.daemons import is_daemon_line, named
from migrator.rootwrap.lines import FiltersFile
from migrator.understand.walk import relative
from migrator.verify.boundary.entrypoints import contexts as found_in
from migrator.verify.boundary.project import Project

_ROOTWRAP = "oslo_rootwrap.cmd:main"


@dataclass(frozen=True, slots=True)
class Code:
    """A tree of code.

    root: the folder that holds the top package of the first path. name: of the project, "nova". contexts: by dotted
    name, in the order of the code. root_helpers: PATH:LINE of the calls of priv_context.init() that set one. rootwrap:
    name of its console script for rootwrap. filters: the files of them that it ships. strangers: the contexts that
    those files name and the code does not define.
    """

    root: str
    name: str
    contexts: Mapping[str, Context]
    root_helpers: tuple[str, ...]
    rootwrap: str
    filters: tuple[FiltersFile, ...]
    strangers: tuple[str, ...]


def read(paths: Sequence[str], exclude: Sequence[str] = (), *, before: bool = False) -> Code:
    """Read the code below some paths, with the packages that they lie in.

    before: a tree from before a migration, which need not define a context. Raises Fault where another does not, for a
    file that cannot be read, and for filters that rootwrap cannot load.
    """
    project = Project(paths, exclude)
    contexts = dict(found_in(project))
    unread = next(iter(project.problems.values()), None)
    if unread is not None:
        raise Fault(f"{unread.path}: {unread.reason}; mend it, or leave it out with `exclude` in the configuration")
    if not contexts and not before:
        text = "no PrivContext is defined there; `privmigrate rewrite` writes one, or name the project's folder"
        raise Fault(f"{', '.join(paths)}: {text}")
    first = os.path.abspath(paths[0])
    mine = [name for name in contexts if _below(project.names[name.rpartition(".")[0]], first)] or list(contexts)
    root, top = _home(mine[0].rpartition(".")[0] if mine else "", project, paths)
    filters = tuple(lines.read(path) for path in shipped.files(root))
    return Code(
        root=root,
        name=top,
        contexts=contexts,
        root_helpers=tuple(_root_helpers(project)),
        rootwrap=_rootwrap(root) or f"{top}-rootwrap",
        filters=filters,
        strangers=tuple(_strangers(filters, contexts)),
    )


def _home(module: str, project: Project, paths: Sequence[str]) -> tuple[str, str]:
    """The folder that holds the top package of a module, or of the files that were given, and that package's name."""
    if module:
        return project.root(module), module.partition(".")[0]
    tops = {top: folder for top, folder in project.tree.tops.items() if folder}
    if not tops:
        raise Fault(f"{', '.join(paths)}: no Python package is there; name a project's folder")
    top = next((top for top, folder in sorted(tops.items()) if shipped.files(folder)), min(tops))
    return tops[top], top


def _below(path: str, folder: str) -> bool:
    return os.path.commonpath([os.path.abspath(path), folder]) == folder


def _root_helpers(project: Project) -> Iterator[str]:
    """Where priv_context.init() is given a root helper."""
    for name in project.holding("priv_context", "init("):
        module = project.module(name)
        for call in module.calls.values() if module is not None else ():
            named = ast.unparse(call.func)
            if named.endswith("priv_context.init") and (call.args or call.keywords) and module is not None:
                yield f"{relative(module.path)}:{call.lineno}"


def _rootwrap(root: str) -> str:
    """The name of the console script that starts rootwrap, "" when the project has none."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_text(os.path.join(root, "setup.cfg")))
    except configparser.Error:
        parser.clear()
    named: dict[str, str] = {}
    for section in ("entry_points", "options.entry_points"):
        for line in parser.get(section, "console_scripts", fallback="").splitlines():
            name, _, where = line.partition("=")
            named[name.strip()] = where.strip()
    scripts = project_table(read_text(os.path.join(root, "pyproject.toml"))).get("scripts")
    if isinstance(scripts, dict):
        named |= {str(name): str(where) for name, where in scripts.items()}
    return next((name for name, where in named.items() if where.replace(" ", "") == _ROOTWRAP), "")


def _strangers(filters: Sequence[FiltersFile], contexts: Collection[str]) -> Iterator[str]:
    """The contexts, as the filters spell them, that lines for privsep-helper name and that the code lacks."""
    spelled = dict.fromkeys(named(one) for file in filters for one in file.filters if is_daemon_line(one))
    return (name for name in spelled if name and name not in contexts)

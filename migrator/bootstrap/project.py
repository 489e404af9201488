"""What a project's code says of its daemons: its contexts, and whether a root helper is set for them."""

from __future__ import annotations

import ast
import configparser
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrator.bootstrap.launch import HELPER
from migrator.decide.requirements import read_text
from migrator.fault import Fault
from migrator.rewrite.conventions import project_table
from migrator.rewrite.target import Context
from migrator.rootwrap import lines
from migrator.rootwrap import project as shipped
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


def read(paths: Sequence[str], exclude: Sequence[str] = ()) -> Code:
    """Read the code below some paths, with the packages that they lie in.

    Raises Fault where no context is defined, for a file that cannot be read, and for filters that rootwrap cannot load.
    """
    project = Project(paths, exclude)
    contexts = dict(found_in(project))
    unread = next(iter(project.problems.values()), None)
    if unread is not None:
        raise Fault(f"{unread.path}: {unread.reason}; mend it, or leave it out with `exclude` in the configuration")
    if not contexts:
        text = "no PrivContext is defined there; `privmigrate rewrite` writes one, or name the project's folder"
        raise Fault(f"{', '.join(paths)}: {text}")
    first = os.path.abspath(paths[0])
    mine = [name for name in contexts if _below(project.names[name.rpartition(".")[0]], first)] or list(contexts)
    module = mine[0].rpartition(".")[0]
    root, top = project.root(module), module.partition(".")[0]
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
    seen = set()
    for one in (each for file in filters for each in file.filters):
        if os.path.basename(one.executable) == HELPER and "--privsep_context" in one.args[:-1]:
            named = one.args[one.args.index("--privsep_context") + 1].replace("\\", "")
            if named.replace(".", "").isidentifier() and named not in contexts and named not in seen:
                seen.add(named)
                yield named

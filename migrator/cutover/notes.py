"""The release note of a cutover: what operators remove, how privsep's daemons are started, and what is closed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from migrator.cutover.code import Code
from migrator.cutover.ties import Kind, Start, Tie
from migrator.cutover.tree import Tree, in_tests
from migrator.rewrite import reno
from migrator.rewrite.pending import Pending

_SLUG = "rootwrap-removed"
_CONTEXT = re.compile(r"^(\w+)\s*=\s*(?:[\w.]+\.)?PrivContext\(", re.M)
_SECURITY = (
    "Nobody who has taken over the user of the service can have a command run any more that the filters of rootwrap "
    "admitted: what root does is what the privileged functions do. oslo.rootwrap 5.0.0 and later also admits every "
    "``privsep-helper`` command line, with any configuration file, whatever the filters say; this ends when rootwrap's "
    "line is taken out of sudoers."
)


def write(tree: Tree, ties: Sequence[Tie], code: Code, start: Start | None, pending: Pending) -> str:
    """Put the note among the pending files of a project that keeps some; its path, "" where it keeps none."""
    sections = {"upgrade": list(_upgrade(tree, ties, code, start)), "security": [_SECURITY]}
    path = reno.write(tree.root, _SLUG, sections, pending)
    return os.path.relpath(path, tree.root) if path else ""


def _upgrade(tree: Tree, ties: Sequence[Tie], code: Code, start: Start | None) -> Iterator[str]:
    scripts = sorted({_name(tie.text) for tie in ties if tie.kind is Kind.SCRIPT})
    files = [tie.path for tie in ties if tie.kind is Kind.FILE]
    folders = sorted({_installed(path) for path in files})
    text = "rootwrap is not used any more."
    if scripts:
        text += f" Take the lines that admit {reno.listed(scripts)}, not installed any more, out of sudoers."
    if folders:
        text += f" Remove its configuration and filters: {reno.listed(folders)}."
    yield text + " oslo.rootwrap can be uninstalled where nothing else needs it."
    if code.options:
        yield f"Nothing reads these options any more; take them out of configuration files: {_options(code)}."
    contexts = list(_contexts(tree))
    if contexts:
        yield _starting(contexts, start)


def _name(text: str) -> str:
    return text.partition("=")[0].strip().strip("\"'")


def _installed(path: str) -> str:
    """Where a file of the project's etc folder is installed; of filters the folder."""
    place = os.path.dirname(path) if path.endswith(".filters") else path
    return f"/{place}" if place.startswith("etc/") else place


def _options(code: Code) -> str:
    return reno.listed(sorted(code.options))


def _contexts(tree: Tree) -> Iterator[str]:
    for path in tree.data:
        if path.endswith(".py") and not in_tests(path):
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for found in _CONTEXT.finditer(tree.text(path)):
                yield f"{module}.{found[1]}"


def _starting(contexts: Sequence[str], start: Start | None) -> str:
    named = reno.listed(contexts)
    if start is Start.FORK:
        return f"The daemons of {named} are forked by the service, which has to be started as root."
    if start is Start.HELPER:
        return (
            f"The daemons of {named} are started by the ``helper_command`` of their sections of the configuration: set "
            "it to a command that starts ``privsep-helper`` as root with the configuration files of the service."
        )
    return (
        f"The daemons of {named} are started with ``sudo privsep-helper``: sudoers has to admit that, with the "
        "configuration files of the service and the name of the context written out."
    )

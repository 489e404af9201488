"""The two trees side by side: the sites of each file, and the uses of privileged functions that took their place."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from migrator.fault import Fault
from migrator.model import Site
from migrator.rewrite.target import files_below, module_name
from migrator.understand.executors import Executor
from migrator.understand.scan import scan
from migrator.understand.walk import walk
from migrator.verify.replay import pairing, reading
from migrator.verify.replay.entrypoints import Entrypoint, aliases, entrypoints, parse, usages
from migrator.verify.replay.pairing import Pair, Placed
from migrator.verify.replay.reading import File

_TESTS = frozenset({"tests", "test"})

# Path below the roots, the pair, and the file before and after.
Item = tuple[str, Pair, File, File]


def paired(
    before: str, after: str, paths: Sequence[str], executors: Mapping[str, Executor], exclude: Sequence[str]
) -> Iterator[Item]:
    """Every site below `paths` with what took its place, and every new privileged call that replaces none."""
    relative = [os.path.relpath(os.path.realpath(path), os.path.realpath(after)) for path in paths]
    old_paths = [
        path for path in (os.path.normpath(os.path.join(before, each)) for each in relative) if os.path.exists(path)
    ]
    if not old_paths:
        raise Fault(f"{paths[0]}: is not in the tree before the rewrite ({before})")
    walked = walk(old_paths, tests=False, exclude=exclude)
    found = scan(old_paths, files=walked, executors=executors, thorough=any(map(os.path.isfile, old_paths)))
    sites: dict[str, list[Site]] = {}
    for site in found.sites:
        path = os.path.relpath(os.path.abspath(site.path), before)
        sites.setdefault(path, []).append(replace(site, path=path))
    known = entrypoints(_tops(after, paths))
    present = entrypoints(_tops(before, old_paths))
    names = {name.rpartition(".")[2].encode() for name in known}
    for path in sorted({*sites, *_using(after, paths, names, known)}):
        yield from _of_file(path, before, after, sites.get(path, []), known, present)


def _tops(root: str, paths: Sequence[str]) -> list[str]:
    """The folders of the top-level packages that paths lie in, or that lie in them."""
    tops: set[str] = set()
    for path in paths:
        path = os.path.abspath(path)
        placed = module_name(path if os.path.isfile(path) else os.path.join(path, "__init__.py"))
        if os.path.isdir(path) and not os.path.isfile(os.path.join(path, "__init__.py")):
            tops |= {each.path for each in os.scandir(path) if os.path.isfile(os.path.join(each.path, "__init__.py"))}
        elif placed is not None:
            tops.add(os.path.join(placed[0], placed[1].split(".")[0]))
    return sorted(tops)


def _using(after: str, paths: Sequence[str], names: set[bytes], known: Mapping[str, Entrypoint]) -> set[str]:
    """The files that may use one of the privileged functions, but those that define them."""
    packages = {name.split(".")[-2].encode() for name in known}
    home = {each.path for each in known.values()}
    found = set()
    for path in paths:
        for file in files_below(path) if os.path.isdir(path) else [path]:
            file = os.path.abspath(file)
            relative = os.path.relpath(file, after)
            if file in home or _TESTS & set(relative.split(os.sep)):
                continue
            with open(file, "rb") as stream:
                data = stream.read()
            if any(package in data for package in packages) and any(name in data for name in names):
                found.add(relative)
    return found


def _of_file(
    path: str,
    before: str,
    after: str,
    sites: Sequence[Site],
    known: Mapping[str, Entrypoint],
    present: Mapping[str, Entrypoint],
) -> Iterator[Item]:
    first, second = (read_file(os.path.join(root, path)) for root in (before, after))
    old, new = (_file(data, os.path.join(root, path)) for data, root in ((first, before), (second, after)))
    empty = File(ast.Module([], []), {}, {})
    if first == second or old is None:
        for site in sites:
            kept = Placed(site, ast.Call(ast.Name("_"), [], []))
            yield path, Pair(kept, None, None, None, kept=True), empty, empty
        return
    placed = [each for each in (_placed(site, old.tree) for site in sites) if each is not None]
    was = list(usages(old.tree, old.imported, present))
    uses = list(usages(new.tree, new.imported, known)) if new is not None else []
    for pair in pairing.pairs(placed, old.tree, uses, was, new.tree if new is not None else ast.Module([], [])):
        yield path, pair, old, new or empty


def read_file(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _file(data: bytes | None, path: str) -> File | None:
    tree = parse(data) if data is not None else None
    if tree is None:
        return None
    placed = module_name(path)
    module, package = (placed[1], path.endswith("__init__.py")) if placed else ("", False)
    return File(tree, aliases(tree, module, package=package), reading.constants(tree))


def _placed(site: Site, tree: ast.Module) -> Placed | None:
    """The call of a site; by its lines, and by its column where there are several."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (node.lineno, node.end_lineno) == (site.line, site.end_line)
    ]
    named = [node for node in calls if ast.unparse(node.func) == site.callee] or calls
    return Placed(site, min(named, key=lambda node: abs(node.col_offset + 1 - site.column))) if named else None

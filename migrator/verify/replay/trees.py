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
from migrator.understand.walk import TESTS, walk
from migrator.verify.replay import pairing, reading
from migrator.verify.replay.entrypoints import Entrypoint, aliases, entrypoints, parse, usages
from migrator.verify.replay.pairing import Pair, Placed
from migrator.verify.replay.reading import File

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
    rooted = _rooted(after, paths, executors, exclude)
    wrappers = {f"{site.module}.{site.enclosing}" for site in found.sites if site.takes_argv}
    for path in sorted({*sites, *_using(after, paths, names, known)}):
        handing = any(site.via and site.via[0] in wrappers for site in sites.get(path, ()))
        yield from _of_file(
            path, before, after, sites.get(path, []), known, present, rooted.get(path, frozenset()), handing=handing
        )


def _rooted(
    after: str, paths: Sequence[str], executors: Mapping[str, Executor], exclude: Sequence[str]
) -> dict[str, frozenset[tuple[int, int]]]:
    """Line and column of each root call that is left, by path below the tree."""
    walked = walk(list(paths), tests=False, exclude=exclude)
    found: dict[str, set[tuple[int, int]]] = {}
    for site in scan(list(paths), files=walked, executors=executors).sites:
        path = os.path.relpath(os.path.realpath(site.path), os.path.realpath(after))
        found.setdefault(path, set()).add((site.line, site.column))
    return {path: frozenset(places) for path, places in found.items()}


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
            if file in home or TESTS & set(relative.split(os.sep)):
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
    rooted: frozenset[tuple[int, int]],
    *,
    handing: bool,
) -> Iterator[Item]:
    """The items of one file; handing: it has calls that hand a command to a wrapper that is root by itself."""
    first, second = (read_file(os.path.join(root, path)) for root in (before, after))
    empty = File(ast.Module([], []), {}, {})
    if first == second and not handing:
        yield from ((path, Pair(_nowhere(site), None, None, None, kept=True), empty, empty) for site in sites)
        return
    old, new = (_file(data, os.path.join(root, path)) for data, root in ((first, before), (second, after)))
    new = replace(new, rooted=rooted) if new is not None else None
    odd = "before" if old is None else "now" if new is None and second is not None else ""
    if old is None or odd:
        why = f"this Python cannot parse the file as it is {odd}"
        yield from ((path, Pair(_nowhere(site), None, None, None, why=why), empty, empty) for site in sites)
        return
    found = _placed(sites, old.tree)
    why = "the call cannot be found in the file"
    lost = [site for site in sites if site not in [each.site for each in found]]
    yield from ((path, Pair(_nowhere(site), None, None, None, why=why), empty, empty) for site in lost)
    was = list(usages(old.tree, old.imported, present))
    uses = list(usages(new.tree, new.imported, known)) if new is not None else []
    for pair in pairing.pairs(found, old.tree, uses, was, new.tree if new is not None else ast.Module([], [])):
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


def _nowhere(site: Site) -> Placed:
    """A site whose call is not looked for."""
    return Placed(site, ast.Call(ast.Name("_"), [], []))


def _placed(sites: Sequence[Site], tree: ast.Module) -> list[Placed]:
    """The calls of sites; by their lines, and by name and column where there are several."""
    calls: dict[tuple[int, int | None], list[ast.Call]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            calls.setdefault((node.lineno, node.end_lineno), []).append(node)
    found = []
    for site in sites:
        there = calls.get((site.line, site.end_line), [])
        named = [node for node in there if ast.unparse(node.func) == site.callee] or there
        if named:
            found.append(Placed(site, _nearest(named, site.column)))
    return found


def _nearest(calls: Sequence[ast.Call], column: int) -> ast.Call:
    return min(calls, key=lambda node: abs(node.col_offset + 1 - column))

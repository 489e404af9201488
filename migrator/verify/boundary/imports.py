"""PRV251: import every module of the privsep package in a fresh interpreter, each as the first one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.fault import Fault
from migrator.understand.walk import spelled
from migrator.verify import house, interpreter
from migrator.verify.boundary import codes, importer
from migrator.verify.boundary.finding import Finding, Unverifiable

_SECONDS = 60  # for one module
_CIRCULAR = ("circular import", "partially initialized module")
_CHECK = "import"
_SAME_CALL = frozenset(one.code for one in (codes.EXIT_CODE, codes.AS_ROOT, codes.NO_MODE, codes.LOCK))
_IMPORTS = ("ImportError", "ModuleNotFoundError")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a fresh interpreter says. imported: modules that it imported."""

    findings: tuple[Finding, ...]
    unverifiable: tuple[Unverifiable, ...]
    imported: tuple[str, ...]


def check(root: str, package: str, modules: Sequence[tuple[str, str]], python: str, python2: bool) -> Answers:
    """Import modules, given as (dotted name, path), with an interpreter. root: the folder of their top package.

    Where a parent package cannot be imported, as it needs what is not installed, modules are imported below bare
    parents. They are imported in a house. python2: the project is written for Python 2 as well; what this interpreter
    cannot read of it is no fault.
    Raises Fault for an interpreter that cannot be run, and HouseError where no house can be built.
    """
    paths = dict(modules)
    answers = _ask(root, list(paths), [], python)
    failed = [one["module"] for one in answers if one["kind"]]
    parents = [".".join(package.split(".")[:count]) for count in range(1, package.count(".") + 1)]
    bare = {one["module"]: one for one in _ask(root, failed, parents, python)} if failed and parents else {}
    findings: list[Finding] = []
    unverifiable: list[Unverifiable] = []
    imported: list[str] = []
    for answer in (*answers, *bare.values()):
        answer["text"] = answer["text"].replace(os.path.abspath(root) + os.sep, "")
    for answer in answers:
        name = answer["module"]
        second = bare.get(name)
        if not answer["kind"]:
            imported.append(name)
            continue
        why = _excuse(answer, root, python2, bare=False)
        if not why:
            findings.append(_finding(answer, paths[name]))
            continue
        if second is None or second["kind"]:
            reason = _excuse(second, root, python2, bare=True) if second is not None else why
            if second is not None and not reason:
                findings.append(_finding(second, paths[name]))
                continue
            unverifiable.append(Unverifiable(name, _CHECK, reason))
            continue
        imported.append(name)
        unverifiable.append(Unverifiable(parents[0], _CHECK, f"{why}; what is below it was imported without it"))
    return Answers(tuple(findings), tuple(dict.fromkeys(unverifiable)), tuple(imported))


def _ask(root: str, modules: list[str], bare: list[str], python: str) -> list[dict[str, Any]]:
    asked = json.dumps({"root": os.path.abspath(root), "modules": modules, "bare": bare, "seconds": _SECONDS})
    script = Path(importer.__file__).read_text(encoding="utf-8")
    shown = [root, *interpreter.needed(python)]
    outside = os.geteuid() == 0 and not interpreter.open_to_all([*shown, sys.base_prefix])

    def work() -> Iterator[_Done | Fault]:
        try:
            yield _done([python, "-B", "-c", script], asked, _SECONDS * (len(modules) + 1))
        except OSError as error:
            yield Fault(f"{python}: cannot be run ({error.strerror}); --python names the target's Python")

    # Importing is running: what a module does when it is imported stays in the house.
    with contextlib.closing(house.stay(work, visible=shown, ids_as_outside=outside)) as results:
        done = next(results)
    if isinstance(done, Fault):
        raise done
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or len(lines) != len(modules):
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise Fault(f"{python}: is no Python 3 that can import the project: {last}")
    return [json.loads(line) for line in lines]


_Done = subprocess.CompletedProcess[str]


def _done(command: Sequence[str], asked: str, seconds: float) -> _Done:
    return subprocess.run(
        command, input=asked, capture_output=True, text=True, cwd="/tmp", check=False, timeout=seconds
    )


def circular(answer: dict[str, Any]) -> bool:
    return any(word in answer["text"] for word in _CIRCULAR)


def _excuse(answer: dict[str, Any], root: str, python2: bool, bare: bool) -> str:
    """Why a failed import says nothing about the project, "" when it does."""
    top = answer["missing"].partition(".")[0]
    ours = bool(top) and (os.path.isdir(os.path.join(root, top)) or os.path.isfile(os.path.join(root, f"{top}.py")))
    told = f"{answer['kind']}: {answer['text']}"
    if answer["kind"] == "ended":
        return f"the import {answer['text']}"
    if answer["kind"] in _IMPORTS and not ours and top:
        if top in sys.stdlib_module_names:
            return f"needs another Python ({answer['text']})"
        if answer["kind"] == "ModuleNotFoundError" or "No module named" in answer["text"]:
            return f"needs {top}"
        return f"needs another {top} ({answer['text']})"
    if circular(answer) or (answer["kind"] in _IMPORTS and ours):
        return ""
    if python2 and answer["kind"] in ("SyntaxError", "AttributeError", "TypeError", "NameError", "TabError"):
        return f"needs another Python ({told})"
    if not answer["path"] or not answer.get("deepest", True):
        return f"fails in a library ({told})"
    return f"cannot be judged without its parent packages ({told})" if bare else ""


def _finding(answer: dict[str, Any], path: str) -> Finding:
    at = spelled(answer["path"], os.getcwd()) if answer["path"] else path
    line = answer["line"] if answer["path"] else 1
    code = codes.CYCLE if circular(answer) else codes.IMPORT
    told = f"{answer['kind']}: {answer['text']}"
    text = f"`{answer['module']}`, imported first in a fresh interpreter, fails: {told}"
    line = max(line, 1)
    return Finding(at, line, 1, code.code, text, code.help, line, "<module>", answer["module"])


def merged(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Findings without those that tell the same again: several modules fail to import at one line, or several
    entrypoints come to one call.
    """
    seen: set[tuple[str, int, int, str, str]] = set()
    for one in findings:
        importing = one.code in (codes.IMPORT.code, codes.CYCLE.code)
        column = 0 if importing else one.column
        key = (one.path, one.line, column, one.code, "" if importing or one.code in _SAME_CALL else one.text)
        if key not in seen:
            seen.add(key)
            yield one

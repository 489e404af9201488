"""The coverage report as JSON, schema `privmigrate.report/1`, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from migrator.coverage import ladder
from migrator.coverage.ladder import RUNGS, Tally
from migrator.coverage.operations import Actor, Coverage, Link, Operation
from migrator.fault import Fault
from migrator.model import Reason, Rung, Unreadable

SCHEMA = "privmigrate.report/1"


def dumps(projects: Sequence[Coverage], **more: object) -> str:
    """The report of some projects as JSON text; more: further keys, such as a comparison."""
    operations = [operation for project in projects for operation in project.operations]
    document = {
        "schema": SCHEMA,
        "projects": [_project(one) for one in projects],
        "summary": _summary(operations),
        **more,
    }
    return json.dumps(document, indent=2) + "\n"


def loads(text: str, name: str) -> tuple[Coverage, ...]:
    """The projects of a report; name: of the file. Raises Fault, naming it, where it is no report of this schema."""
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise Fault(f"{name}: schema {document['schema']!r}, this privmigrate reads {SCHEMA}")
        return tuple(map(_read, document["projects"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        about = " ".join(f"{type(error).__name__}: {error}".split())
        raise Fault(f"{name}: not what `privmigrate report --format json` writes ({about})") from None


def _project(found: Coverage) -> dict[str, Any]:
    return {
        "name": found.name,
        "files": found.files,
        "operations": [_operation(one) for one in found.operations],
        "unreadable": [
            {"path": one.path, "line": one.line, "code": one.code, "reason": one.reason} for one in found.unreadable
        ],
        "summary": _summary(found.operations),
    }


def _operation(one: Operation) -> dict[str, Any]:
    return {
        "path": one.path,
        "line": one.line,
        "end_line": one.end_line,
        "column": one.column,
        "module": one.module,
        "scope": one.scope,
        "rung": one.rung.value,
        "actor": one.actor.value,
        "program": one.program,
        "argv": list(one.argv),
        "shape": list(one.shape),
        "root": one.root,
        "function": one.function,
        "becomes": one.becomes.value if one.becomes else None,
        "target": one.target,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in one.reasons],
        "chain": [{"name": link.name, "path": link.path, "line": link.line} for link in one.chain],
    }


def _summary(operations: Sequence[Operation]) -> dict[str, Any]:
    whole = ladder.tally("", operations)
    native = whole.of(Rung.NATIVE)
    return {
        "operations": whole.total,
        "coverage": round(whole.covered / whole.total, 4) if whole.total else None,
        "native": round(native / whole.total, 4) if whole.total else None,
        "by_rung": _counts(whole),
        "by_actor": {one.name: one.total for one in ladder.by("actor", operations)},
        "by_reason": {
            actor.value: {code: count for code, _, count in ladder.reasons(operations, actor)}
            for actor in Actor
            if actor not in (Actor.DONE, Actor.READY)
        },
        **{f"by_{key}": {one.name: _counts(one) for one in ladder.by(key, operations)} for key in ladder.GROUPS},
    }


def _counts(tally: Tally) -> dict[str, int]:
    return {rung.value: count for rung, count in zip(RUNGS, tally.counts, strict=True)}


def _read(project: dict[str, Any]) -> Coverage:
    return Coverage(
        project["name"],
        tuple(_read_operation(one) for one in project["operations"]),
        tuple(Unreadable(one["path"], one["line"], one["reason"], one["code"]) for one in project["unreadable"]),
        project["files"],
    )


def _read_operation(one: dict[str, Any]) -> Operation:
    return Operation(
        **{name: one[name] for name in ("path", "line", "end_line", "column", "module", "scope", "program", "root")},
        rung=Rung(one["rung"]),
        actor=Actor(one["actor"]),
        argv=tuple(one["argv"]),
        shape=tuple(one["shape"]),
        function=one["function"],
        becomes=Rung(one["becomes"]) if one["becomes"] else None,
        target=one["target"],
        reasons=tuple(Reason(reason["code"], reason["text"]) for reason in one["reasons"]),
        chain=tuple(Link(link["name"], link["path"], link["line"]) for link in one["chain"]),
    )

"""What was tightened, what that changes, and why the rest stays; as text and as JSON (privmigrate.tighten/1)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from migrator.report import text
from migrator.rootwrap.join import Asking
from migrator.rootwrap.programs.gain import Level
from migrator.rootwrap.tighten import Tightened

SCHEMA = "privmigrate.tighten/1"


def told(some: Sequence[Tightened], unknown: Sequence[Asking], *, applied: bool) -> str:
    """The sums, what each new filter still grants, what is taken for granted, and why others stay."""
    return "\n".join(text.clean(line) for line in _told(some, unknown, applied))


def _told(some: Sequence[Tightened], unknown: Sequence[Asking], applied: bool) -> Iterator[str]:
    new = [one for one in some if one.definitions]
    lines = sum(len(one.definitions) for one in new)
    verb = "tightened" if applied else "to tighten"
    yield f"{text.counted(len(new), 'filter')} {verb}, to {text.counted(lines, 'line')}; {len(some) - len(new)} stay"
    for level in Level:
        after = [one for one in new if one.verdict.level is level]
        for now in Level:
            names = [one.filter.name for one in after if one.after is not None and one.after.level is now]
            if names:
                how = f"{level.word}, now {now.word}" if now is not level else f"still {level.word}"
                yield f"  {len(names)} {how}: {', '.join(names)}"
    assumed = dict.fromkeys(text for one in new for text in one.assumed)
    for each in assumed:
        count = sum(each in one.assumed for one in new)
        yield f"  taken for granted in {count}: {each}"
    for why in dict.fromkeys(one.kept for one in some if one.kept):
        names = [one.filter.name for one in some if one.kept == why]
        yield f"  {len(names)} stay ({why}): {', '.join(names)}"
    if unknown:
        yield f"{text.counted(len(unknown), 'call')} whose program is not known may need what is no more admitted:"
    for one in unknown:
        yield f"  {one.site.path}:{one.site.line}: say it with --runs {one.site.qualname}=PROGRAM"


def dumps(some: Sequence[Tightened], unknown: Sequence[Asking]) -> str:
    """The same as JSON text."""
    document = {
        "schema": SCHEMA,
        "filters": [_entry(one) for one in some],
        "open": [{"path": one.site.path, "line": one.site.line, "function": one.site.qualname} for one in unknown],
    }
    return json.dumps(document, indent=2) + "\n"


def _entry(one: Tightened) -> dict[str, Any]:
    return {
        "path": one.filter.path,
        "name": one.filter.name,
        "before": one.verdict.level.word,
        "after": one.after.level.word if one.after is not None else None,
        "calls": one.calls,
        "definitions": list(one.definitions),
        "kept": one.kept or None,
        "assumed": list(one.assumed),
        "denied": [list(argv) for argv in one.denied],
    }

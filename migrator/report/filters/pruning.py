"""What was pruned, and why the rest stays."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.report import text
from migrator.report.filters.coverage import folded
from migrator.rootwrap.join import Join, Line, Need, unneeded
from migrator.rootwrap.tighten import Tightened

_LOOKED_AT = 40  # lines
_KEPT = {
    Need.TESTS: "needed by tests only",
    Need.OTHERS: "for other projects",
    Need.UNKNOWN: "of a class that there is not: mend or remove them by hand",
}


def told(join: Join, *, applied: bool, width: int) -> str:
    """How many filters go, how many stay, and for those that no known call needs why. width: in columns."""
    gone = sum(map(unneeded, join.lines))
    verb = "removed" if applied else "to remove"
    lines = [f"{text.counted(gone, 'filter')} {verb}, {len(join.lines) - gone} kept"]
    for need, why in _KEPT.items():
        some = [line for line in join.lines if line.need is need]
        if some:
            lines += folded(f"{len(some)} {why}: {_names(some)}", width, 4, "  ")
    perhaps = [line for line in join.lines if line.need is Need.PERHAPS]
    for why in dict.fromkeys(line.why for line in perhaps):
        some = [line for line in perhaps if line.why == why]
        said = f"{len(some)} of which it can't be excluded that they are needed ({text.clean(why)}): {_names(some)}"
        lines += folded(said, width, 4, "  ")
        for site in some[0].sites:
            lines += folded(
                f"{text.clean(site.path)}:{site.line}: --runs {site.qualname}=PROGRAM says what", width, 6, "    "
            )
    return "\n".join(lines)


def suggested(some: Sequence[Tightened], width: int) -> str:
    """The tightest filters for the calls that stay, "" where there are none or too many to be looked at."""
    lines = [line for one in some for line in one.definitions]
    tool = "`privmigrate filters tighten`"
    if len(lines) > _LOOKED_AT:
        said = f"those that stay can be narrowed to {text.counted(len(lines), 'line')}: {tool}"
        return "\n".join(folded(said, width, 2, ""))
    head = f"those that stay can be narrower, {tool} writes it:"
    return "\n".join([head, *(f"  {line}" for line in lines)] if lines else [])


def _names(some: Sequence[Line]) -> str:
    return ", ".join(text.clean(line.definition.name) for line in some)

"""What was pruned, and why the rest stays."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.report import text
from migrator.report.filters.coverage import folded
from migrator.rootwrap.join import Join, Line, Need, unneeded

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


def _names(some: Sequence[Line]) -> str:
    return ", ".join(text.clean(line.definition.name) for line in some)

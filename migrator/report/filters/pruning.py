"""What was pruned, and why the rest stays."""

from __future__ import annotations

from migrator.report import text
from migrator.rootwrap.join import Join, Need, unneeded

_KEPT = {
    Need.TESTS: "needed by tests only",
    Need.OTHERS: "for other projects",
    Need.UNKNOWN: "of a class that there is not: mend or remove them by hand",
}


def told(join: Join, *, applied: bool) -> str:
    """How many filters go, how many stay, and for those that no known call needs why."""
    gone = sum(map(unneeded, join.lines))
    kept = len(join.lines) - gone
    verb = "removed" if applied else "to remove"
    lines = [f"{text.counted(gone, 'filter')} {verb}, {kept} kept"]
    for need, why in _KEPT.items():
        names = [line.definition.name for line in join.lines if line.need is need]
        if names:
            lines.append(f"  {len(names)} {why}: {', '.join(names)}")
    perhaps = [line for line in join.lines if line.need is Need.PERHAPS]
    for why in dict.fromkeys(line.why for line in perhaps):
        some = [line for line in perhaps if line.why == why]
        lines.append(f"  {len(some)} as it can't be excluded that they are needed ({why}):")
        lines.append(f"    {', '.join(line.definition.name for line in some)}")
        lines += [f"    {site.path}:{site.line}: say it with --runs {site.qualname}=PROGRAM" for site in some[0].sites]
    return "\n".join(text.clean(line) for line in lines)

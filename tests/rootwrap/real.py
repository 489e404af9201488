"""The real classes of oslo.rootwrap: what they make of a command."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_rootwrap import wrapper

from migrator.rootwrap.filters import Filter


def defining(one: Filter) -> list[str]:
    """The words of the definition that a filter comes from, but for the name."""
    if one.kind == "KillFilter":
        return [one.kind, one.run_as, *one.args]
    if one.kind == "ReadFileFilter":
        return [one.kind, *one.args]
    return [one.kind, one.executable, one.run_as, *one.args]


def runs(filters: Sequence[Filter], argv: Sequence[str]) -> list[str] | None:
    """The words that rootwrap would run, None when no filter matches. Programs count as installed."""
    made = []
    for one in filters:
        built = wrapper.build_filter(*defining(one))
        assert built is not None
        built.real_exec = built.exec_path
        made.append(built)
    words = list(argv)
    try:
        found = wrapper.match_filter(made, words)
    except wrapper.NoFilterMatched:
        return None
    return found.get_command(words)

"""PRV270-274: what an entrypoint lets whoever took over the service do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migrator.model import Rung
from migrator.verify.boundary import codes, operations
from migrator.verify.boundary.codes import Code
from migrator.verify.boundary.effects import Effects, Touch
from migrator.verify.boundary.finding import Entrypoint, Finding
from migrator.verify.boundary.project import Project

_CONTENT = frozenset({operations.READ, operations.WRITE, f"{operations.READ} or {operations.WRITE}"})
_PLACE = frozenset({operations.CREATE, operations.REMOVE, operations.MOVE, operations.LINK})
_ACCESS = frozenset({operations.OWNER, operations.MODE, operations.LABEL})
_GRADES: tuple[tuple[Code, frozenset[str]], ...] = (
    (codes.CONTENT, _CONTENT),
    (codes.PLACE, _PLACE),
    (codes.ACCESS, _ACCESS),
)


def check(entrypoint: Entrypoint, does: Effects, project: Project) -> Iterator[Finding]:
    """What one entrypoint grants: one finding for each code, at its definition."""
    module = project.module(entrypoint.name.rpartition(".")[0])
    if module is None:
        return
    node, name = entrypoint.node, entrypoint.node.name
    end = node.body[0].lineno
    if does.rung is Rung.LAUNDERED:
        given = ", ".join(f"`{one}`" for one in does.opens)
        if does.whole:
            text = f"`{name}` runs any command that it is given ({given}): whoever takes over the service is root"
            yield module.finding(codes.ANY_COMMAND, node, text, entrypoint.name, end)
        else:
            program = " or ".join(does.programs)
            text = (
                f"`{name}` runs {program} with any words that it is given ({given}): whatever {program} can do as root"
            )
            yield module.finding(codes.ANY_WORDS, node, text, entrypoint.name, end)
    for code, words in _GRADES:
        touched = [one for one in does.paths if one.does in words]
        if touched:
            text = f"`{name}` {_told(touched)}: whoever takes over the service chooses that"
            yield module.finding(code, node, text, entrypoint.name, end)


def _told(touched: list[Touch]) -> str:
    """Each thing that is done, with the parameters that say to what and the functions and programs that do it."""
    by_word: Mapping[str, list[Touch]] = {one.does: [] for one in touched}
    for one in touched:
        by_word[one.does].append(one)
    parts = []
    for word, ones in by_word.items():
        names = " or ".join(dict.fromkeys(f"`{one.parameter}`" for one in ones))
        how = ", ".join(dict.fromkeys(f"{one.by}()" if one.native else f"the command {one.by}" for one in ones))
        parts.append(f"{word} whatever {names} names (by {how})")
    return ", ".join(parts)

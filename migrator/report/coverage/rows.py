"""The table of operations in the HTML report: a row for each, and below it what can be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migrator.coverage import ladder
from migrator.coverage.excerpts import Excerpt
from migrator.coverage.ladder import RUNGS
from migrator.coverage.operations import Actor, Coverage, Operation
from migrator.report.coverage import said
from migrator.report.coverage.said import escaped as _e

Excerpts = Mapping[tuple[str, int], Excerpt]


def section(projects: Sequence[Coverage], excerpts: Excerpts) -> str:
    """The filters and the table."""
    several = len(projects) > 1
    operations = [one for project in projects for one in project.operations]
    columns = [*(["project"] if several else []), "rung", "runs", "where", "who can act"]
    heads = "".join(
        f'<th scope="col" class="c-{name.split()[0]}" aria-sort="none"><button type="button">{name}</button></th>'
        for name in columns
    )
    bodies: list[str] = []
    for project in projects:
        for operation in project.operations:
            bodies.append(_row(len(bodies) + 1, project.name if several else "", operation, excerpts, len(columns)))
    return f"""<section id="operations" aria-labelledby="h-operations">
<h2 id="h-operations">Operations</h2>
<form id="filters" class="filters" role="search" aria-label="Filter the operations" hidden>
<label class="search">search<input type="search" name="text" autocomplete="off" spellcheck="false"></label>
{_select("project", [(one.name, one.name) for one in projects]) if several else ""}
{_select("rung", [(rung.value, f"{said.number(rung)} {rung.value}") for rung in RUNGS])}
{_select("actor", [(actor.value, actor.value) for actor in Actor], "who can act")}
{"".join(_select(key, [(one.name, one.name) for one in _named(key, operations)]) for key in ladder.GROUPS)}
<button type="reset">Clear</button>
</form>
<p class="shown" id="shown" role="status"></p>
<table id="operations-table" class="operations">
<caption class="hidden-label">Privileged operations; a row opens</caption>
<thead><tr>{heads}</tr></thead>
{"".join(bodies)}</table>
<p class="none" id="none" hidden>No operation is like that.</p>
</section>"""


def _named(key: str, operations: Sequence[Operation]) -> list[ladder.Tally]:
    return sorted(ladder.by(key, operations), key=lambda one: one.name)


def _select(name: str, options: Sequence[tuple[str, str]], label: str = "") -> str:
    items = "".join(f'<option value="{_e(value)}">{_e(text)}</option>' for value, text in options)
    return f'<label>{label or name}<select name="{name}"><option value="">all</option>{items}</select></label>'


def _row(number: int, project: str, one: Operation, excerpts: Excerpts, columns: int) -> str:
    rung = said.number(one.rung)
    data = {"rung": one.rung.value, "actor": one.actor.value, "project": project}
    data.update((key, ladder.KEYS[key](one)) for key in ladder.GROUPS)
    attributes = " ".join(f'data-{name}="{_e(value)}"' for name, value in data.items() if value)
    who = [_e(one.actor.value)]
    if one.becomes is not None:
        who.append(f'<span class="why">to {said.number(one.becomes)} {one.becomes.value}</span>')
    elif one.reason:
        who.append(f'<span class="why">{_e(one.reason)}</span>')
    first = f"<td>{_e(project)}</td>" if project else ""
    return f"""<tbody class="op" id="op-{number}" {attributes}>
<tr>{first}<td data-sort="{rung}"><span class="rung t{rung}">{rung} {one.rung.value}</span></td>
<th scope="row"><button type="button" class="open" aria-expanded="false" aria-controls="more-{number}">\
<code>{_e(said.what(one))}</code></button></th>
<td><span class="path">{_e(one.path)}:{one.line}</span> <span class="scope">{_e(one.scope)}</span></td>
<td data-sort="{list(Actor).index(one.actor)} {_e(one.reason)}">{"".join(who)}</td></tr>
<tr class="more" id="more-{number}" hidden><td colspan="{columns}">{"".join(_more(one, excerpts))}</td></tr>
</tbody>
"""


def _more(one: Operation, excerpts: Excerpts) -> Iterator[str]:
    yield source(excerpts.get((one.path, one.line)), f"{one.path}, line {one.line}")
    yield f"<h3>How it becomes root</h3><p><code>{_e(one.root or one.function)}</code></p>"
    if one.chain:
        links = "".join(f"<li>{_link(link.name, link.path, link.line, excerpts)}</li>" for link in one.chain)
        yield f'<ol class="chain">{links}</ol>'
    if one.reasons:
        items = "".join(f"<li><code>{_e(each.code)}</code> {_e(each.text)}</li>" for each in one.reasons)
        title = "To be known" if one.becomes is not None else "Why the tool does not move it"
        yield f"<h3>{title}</h3><ul>{items}</ul>"
    if one.becomes is not None:
        yield (
            f"<h3>What becomes of it</h3><p>{said.number(one.becomes)} {one.becomes.value}: "
            f"<code>{_e(one.target)}</code>, by <code>privmigrate rewrite --only {_e(one.path)}:{one.line}</code></p>"
        )


def _link(name: str, path: str, line: int, excerpts: Excerpts) -> str:
    if not line:
        return f"<code>{_e(name)}</code>"
    place = f'<span class="path quiet">{_e(path)}:{line}</span>'
    shown = excerpts.get((path, line))
    if shown is None:
        return f"<code>{_e(name)}</code> {place}"
    return (
        f"<details><summary><code>{_e(name)}</code> {place}</summary>{source(shown, f'{path}, line {line}')}</details>"
    )


def source(excerpt: Excerpt | None, label: str) -> str:
    """Source lines with their numbers, the call's own marked; it can be scrolled with the keyboard."""
    if excerpt is None:
        return ""
    first, last = excerpt.hit
    lines = "".join(
        f'<span class="l{" hit" if first <= number <= last else ""}" data-n="{number}">{_e(text) or " "}</span>'
        for number, text in enumerate(excerpt.lines, start=excerpt.first)
    )
    return f'<pre class="source" tabindex="0" role="region" aria-label="{_e(label)}"><code>{lines}</code></pre>'

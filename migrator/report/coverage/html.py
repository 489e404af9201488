"""The coverage report as one HTML page: no network, no fonts, no scripts but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from migrator import __version__
from migrator.coverage import ladder
from migrator.coverage.excerpts import Excerpt
from migrator.coverage.ladder import RUNGS, Tally
from migrator.coverage.operations import Actor, Coverage, Operation
from migrator.model import Rung
from migrator.report.coverage import rows, said
from migrator.report.coverage.said import escaped as _e
from migrator.report.text import counted

_TOP = 12


def dumps(
    projects: Sequence[Coverage], excerpts: Mapping[tuple[str, int], Excerpt], sections: Sequence[str] = ()
) -> str:
    """The page. excerpts: (path, line) -> source lines. sections: further ones, as HTML, behind the summary."""
    name = projects[0].name if len(projects) == 1 else counted(len(projects), "project")
    return page(f"{name}: privileged operations", [*_summary(projects, name), *sections, *_details(projects, excerpts)])


def page(title: str, parts: Sequence[str]) -> str:
    """A whole page around a header and what is in `<main>`.

    A content security policy admits just this page's style and script, by their digests: text of the scanned code that
    were not escaped could still do nothing.
    """
    style, script = _asset("page.css"), _asset("page.js")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'"
    body = "\n".join(parts)
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_e(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
<footer>Made by privmigrate {_e(__version__)} from the source alone. A call that is put together in a way that the scan
does not follow is not counted.</footer>
<script>{script}</script>
</body>
</html>
"""


def over_time(name: str, last: Tally, section: str) -> str:
    """The page of a history: the last sample's figures, and its section."""
    about = "Privileged operations over the git history: how many are on the way from sudo and rootwrap to privsep."
    return page(f"{name}: privileged operations over time", [_header(name, about, last), "<main>", section, "</main>"])


def _asset(name: str) -> str:
    return resources.files("migrator.report.coverage").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _summary(projects: Sequence[Coverage], name: str) -> Iterator[str]:
    operations = [one for project in projects for one in project.operations]
    whole = ladder.tally("all", operations)
    files = sum(project.files for project in projects)
    about = (
        f"{counted(whole.total, 'privileged operation')} in {counted(files, 'file')}: where each stands on the way from"
        " sudo and rootwrap to a native privsep function."
    )
    yield _header(name, about, whole)
    yield f"""<main>
<section aria-labelledby="h-ladder">
<h2 id="h-ladder">The ladder</h2>
{_ladder(whole)}
</section>"""
    if len(projects) > 1:
        tallies = [ladder.tally(project.name, project.operations) for project in projects]
        yield f"""<section aria-labelledby="h-projects">
<h2 id="h-projects">Projects</h2>
<div class="scroll group">{_tallies("project", tallies, whole)}</div>
</section>"""
    unread = [(project, one) for project in projects for one in project.unreadable]
    if unread:
        items = "".join(
            f'<li><span class="path">{_e(one.path)}:{max(one.line, 1)}</span> {_e(one.reason)}</li>'
            for _, one in unread
        )
        yield f"""<section aria-labelledby="h-unread">
<h2 id="h-unread">Not understood: what is there is not counted</h2><ul>{items}</ul></section>"""


def _header(name: str, about: str, whole: Tally) -> str:
    return f"""<header>
<div class="top"><div><h1>{_e(name)}</h1>
<p>{_e(about)}</p></div>
<button type="button" id="theme" class="theme" hidden></button></div>
<dl class="figures">
{_figure("covered, rungs 3 and 4", ladder.shown(whole.covered, whole.total))}
{_figure("native, rung 4", ladder.shown(whole.of(Rung.NATIVE), whole.total))}
{_figure("still any command as root, rungs 0 and 1", str(whole.behind))}
</dl>
</header>"""


def _figure(name: str, value: str) -> str:
    return f"<div><dt>{name}</dt><dd>{value}</dd></div>"


def _ladder(whole: Tally) -> str:
    lines = []
    most = max(whole.counts) or 1
    for rung in reversed(RUNGS):
        number, count = said.number(rung), whole.of(rung)
        lines.append(
            f'<tr><th scope="row" class="t{number}">{number} {rung.value}</th>'
            f'<td class="number">{count}</td><td class="number quiet">{ladder.shown(count, whole.total)}</td>'
            f'<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="track" width="100" height="10"/>'
            f'<rect class="f{number}" width="{100 * count / most:.2f}" height="10"/></svg></td>'
            f'<td class="what">{_e(said.RUNGS[rung])}</td></tr>'
        )
    return f"""<table class="ladder"><caption class="hidden-label">Operations on each rung, the highest first</caption>
<colgroup><col class="name"><col class="n"><col class="n"><col><col class="text"></colgroup>
<thead class="hidden-label"><tr><th scope="col">rung</th><th scope="col">operations</th><th scope="col">share</th>
<th scope="col">chart</th><th scope="col">what it is</th></tr></thead>
<tbody>{"".join(lines)}</tbody></table>"""


def stacked(one: Tally, most: int) -> str:
    """A bar of all rungs beside each other, as long as the share of the longest row."""
    parts, at = [], 0.0
    for rung in reversed(RUNGS):
        width = 100 * one.of(rung) / most
        if width:
            parts.append(f'<rect class="f{said.number(rung)}" x="{at:.2f}" width="{width:.2f}" height="10"/>')
        at += width
    return f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'


def _tallies(key: str, tallies: Sequence[Tally], whole: Tally | None = None) -> str:
    most = max((one.total for one in tallies), default=1) or 1
    lines = []
    for one in tallies:
        name = _e(one.name) if one.name.endswith(" others") else _pick(key, one.name)
        lines.append(f'<tr><th scope="row">{name}</th><td class="extra">{stacked(one, most)}</td>{_numbers(one)}</tr>')
    foot = f'<tfoot><tr><th scope="row">all</th><td class="extra"></td>{_numbers(whole)}</tr></tfoot>' if whole else ""
    return f"""<table><caption class="hidden-label">Operations by {key}</caption>
<thead><tr><th scope="col">{key}</th><th scope="col" class="extra"><span class="hidden-label">chart</span></th>
<th scope="col" class="number">all</th><th scope="col" class="number">covered</th></tr></thead>
<tbody>{"".join(lines)}</tbody>{foot}</table>"""


def _numbers(one: Tally) -> str:
    return f'<td class="number">{one.total}</td><td class="number">{ladder.shown(one.covered, one.total)}</td>'


def _details(projects: Sequence[Coverage], excerpts: Mapping[tuple[str, int], Excerpt]) -> Iterator[str]:
    operations = [one for project in projects for one in project.operations]
    if operations:
        groups = "".join(
            f'<section class="group" aria-labelledby="h-{key}"><h2 id="h-{key}">By {key}</h2>'
            f"{_tallies(key, said.folded(ladder.by(key, operations), _TOP))}</section>"
            for key in ladder.GROUPS
        )
        yield f'<section class="groups" aria-label="Where the operations are">{_actors(operations)}{groups}</section>'
        yield rows.section(projects, excerpts)
    yield "</main>"


def _actors(operations: Sequence[Operation]) -> str:
    lines = []
    for one in ladder.by("actor", operations):
        actor = Actor(one.name)
        reasons = () if actor in (Actor.DONE, Actor.READY) else ladder.reasons(operations, actor)
        items = "".join(f'<li title="{_e(text)}"><code>{_e(code)}</code> {count}</li>' for code, text, count in reasons)
        lines.append(
            f'<tr><th scope="row">{_pick("actor", one.name)}</th><td class="number">{one.total}</td>'
            f"<td>{_said(actor)}{f'<ul>{items}</ul>' if items else ''}</td></tr>"
        )
    return f"""<section class="actors" aria-labelledby="h-actor"><h2 id="h-actor">Who can act</h2>
<table><caption class="hidden-label">Operations by who can move them up, with the reasons that come first</caption>
<thead><tr><th scope="col">who</th><th scope="col" class="number">all</th><th scope="col">what has to be done</th></tr>
</thead><tbody>{"".join(lines)}</tbody></table></section>"""


def _pick(key: str, value: str) -> str:
    """A name that filters the table of operations by itself."""
    text = _e(value)
    shown = text.replace("/", "/<wbr>").replace(".", "<wbr>.")  # a long one is cut where its parts meet
    about = 'title="Show these operations"'
    return f'<button type="button" class="pick" data-key="{key}" data-value="{text}" {about}>{shown}</button>'


def _said(actor: Actor) -> str:
    """The words for an actor; what stands between backticks there is code."""
    pieces = said.ACTORS[actor].split("`")
    return "".join(f"<code>{_e(one)}</code>" if number % 2 else _e(one) for number, one in enumerate(pieces))

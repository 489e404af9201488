"""A badge for a README: how much is covered, as an SVG picture that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from migrator.coverage import ladder
from migrator.coverage.operations import Coverage

_LABEL = "privsep"
# From what share on which colour; white text on each has a contrast of 4.5 to 1 at the least (WCAG 2.2, 1.4.3).
_COLOURS = ((90, "#1f7a3d"), (70, "#4f7400"), (40, "#8a6100"), (0, "#b3261e"))
_GREY = "#5f6670"
# Widths of Verdana at 11 px, as browsers draw it; what is not here is as wide as a digit.
_WIDTHS = {" ": 3.9, "%": 11.8, "-": 5.0, "i": 3.0, "r": 4.7, "s": 5.7, "v": 6.5, "p": 6.9, "e": 6.5}
_PAD, _HEIGHT = 6, 20


def dumps(projects: Sequence[Coverage]) -> str:
    """The badge of all projects taken together: "privsep 84 %"; "privsep none" when there is nothing privileged."""
    whole = ladder.tally("all", [one for project in projects for one in project.operations])
    share = ladder.percent(whole.covered, whole.total)
    value = "none" if share is None else f"{share} %"
    colour = _GREY if share is None else next(colour for least, colour in _COLOURS if share >= least)
    left, right = _width(_LABEL), _width(value)
    total = left + right
    title = escape(f"{_LABEL}: {value}")
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{_HEIGHT}" role="img" aria-labelledby="title">
<title id="title">{title}</title>
<clipPath id="round"><rect width="{total}" height="{_HEIGHT}" rx="3"/></clipPath>
<g clip-path="url(#round)">
<rect width="{left}" height="{_HEIGHT}" fill="#3b4048"/>
<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{colour}"/>
</g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle" aria-hidden="true">
<text x="{left / 2:g}" y="14" textLength="{left - 2 * _PAD}">{escape(_LABEL)}</text>
<text x="{left + right / 2:g}" y="14" textLength="{right - 2 * _PAD}">{escape(value)}</text>
</g>
</svg>
"""


def _width(text: str) -> int:
    return round(sum(_WIDTHS.get(one, 7.0) for one in text)) + 2 * _PAD

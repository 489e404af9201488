"""Charts of the benchmark as SVG: ratios over the history, scan time against size, history mode against commits."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING

from benching.dataset import Entry, Growth, Walked
from benching.fit import exponent

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def svg(figure: Figure) -> str:
    """The chart as text; the same for the same figures, and its words are words, not outlines of letters."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "privmigrate"}):
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return "".join(line.rstrip() + "\n" for line in stream.getvalue().splitlines())


def over_time(entries: Sequence[Entry]) -> Figure:
    """CPU time as a multiple of ripgrep's in the same run: a plot for each tree, a point for each run."""
    trees = list(dict.fromkeys(tree for one in entries for tree in one.ratios))
    tools = list(dict.fromkeys(tool for one in entries for of_tools in one.ratios.values() for tool in of_tools))
    figure = _figure(max(6, 5.2 * len(trees)), 4.8)
    plots = figure.subplots(1, len(trees), sharey=True, squeeze=False)[0]
    places = range(len(entries))
    for plot, tree in zip(plots, trees, strict=True):
        for number, tool in enumerate(tools):
            known = [(place, entries[place].ratios.get(tree, {}).get(tool)) for place in places]
            points = [(place, told["cpu"]) for place, told in known if told]
            mine = tool.startswith("privmigrate")
            plot.plot(
                [place for place, _ in points],
                [value for _, value in points],
                "-" if mine else "--",
                marker="o" if mine else "s",
                color=f"C{number}",
                label=tool,
            )
        plot.axhline(1, color="0.5", linewidth=1)
        plot.set_yscale("log")
        plot.set_title(tree)
        plot.set_xticks(list(places), [f"{one.commit[:7]}\n{one.when[:10]}" for one in entries], fontsize="small")
        plot.set_xlim(-0.5, len(entries) - 0.5)
        plot.grid(axis="y", alpha=0.3)
    plots[0].set_ylabel("CPU time, multiples of ripgrep's")
    handles, labels = plots[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=1 + len(trees), fontsize="small")
    return figure


def growth(found: Growth) -> Figure:
    """CPU time against the size of the tree, both logarithmic, with the exponent of each way in the legend."""
    figure = _figure(7.2, 5)
    plot = figure.subplots()
    sizes = [one.mib for one in found.sizes]
    for number, (way, times) in enumerate(found.cpu.items()):
        told = exponent(sizes, times)
        medians = [median(one) for one in times]
        spread = [
            [middle - min(one) for middle, one in zip(medians, times, strict=True)],
            [max(one) - middle for middle, one in zip(medians, times, strict=True)],
        ]
        label = f"{way}: size^{told.median:.2f} [{told.least:.2f}..{told.most:.2f}], last step {told.last:.2f}"
        plot.errorbar(sizes, medians, yerr=spread, marker="o", capsize=3, color=f"C{number}", label=label)
        linear = [medians[0] * size / sizes[0] for size in sizes]
        plot.plot(sizes, linear, ":", color=f"C{number}", alpha=0.6, label="linear" if not number else None)
    plot.set_xscale("log")
    plot.set_yscale("log")
    names = [f"{one.copies}x\n{one.mib:.0f} MiB\n{one.files:,} files" for one in found.sizes]
    plot.set_xticks(sizes, names)
    plot.minorticks_off()
    plot.set_ylabel("CPU ms of a scan (median, least and most)")
    plot.set_title(f"Copies of {found.project}")
    plot.grid(alpha=0.3)
    plot.legend(fontsize="small")
    return figure


def walk(found: Walked) -> Figure:
    """CPU time of history mode: summed up over the commits, and of each analysed commit against what it changes."""
    figure = _figure(10.4, 4.4)
    over, against = figure.subplots(1, 2)
    later = found.steps[1:]  # the first one is read as a whole
    analysed = [one for one in later if one.how == "analysed"]
    seconds = [value / 1000 for value in accumulate(one.cpu for one in later)]
    blobs = list(accumulate(one.blobs for one in later))
    over.plot(range(1, len(later) + 1), seconds, color="C0", label=f"CPU s, {len(analysed)} of {len(later)} analysed")
    other = over.twinx()
    other.plot(range(1, len(later) + 1), blobs, "--", color="C1", label="files changed")
    over.set_xlabel(f"commits after the first ({found.span})")
    over.set_ylabel("CPU s, summed up")
    other.set_ylabel("files changed, summed up")
    lines = [*over.get_lines(), *other.get_lines()]
    over.legend(lines, [str(one.get_label()) for one in lines], fontsize="small", loc="upper left")
    for how, colour in (("analysed", "C0"), ("the same", "C2")):
        points = [one for one in later if one.how == how]
        against.plot(
            [one.blobs for one in points], [one.cpu for one in points], "o", color=colour, alpha=0.6, label=how
        )
    against.set_yscale("log")
    against.set_xscale("symlog")
    against.set_xlabel("files that a commit changes")
    against.set_ylabel("CPU ms of the commit")
    against.grid(alpha=0.3)
    against.legend(fontsize="small")
    figure.suptitle(f"report --history: {found.project}")
    return figure

"""A run of the benchmark as tables in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from statistics import median

from benching.dataset import BASELINE, Growth, Samples, Walked
from benching.fit import exponent, line


def table(found: Mapping[str, Samples]) -> list[str]:
    """A Markdown table of medians: wall and CPU ms, their ratios to ripgrep's within the pairs, peak MB, findings."""
    rows = ["| tool | n | wall ms | cpu ms | wall x ripgrep [min..max] | cpu x ripgrep [min..max] | peak MB | found |"]
    rows.append("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, one in found.items():
        figures = (f"{median(one.wall):.0f}", f"{median(one.cpu):.0f}", _spread(name, one.wall_ratio))
        cells = (name, str(len(one.wall)), *figures, _spread(name, one.cpu_ratio), f"{one.peak:.0f}", str(one.found))
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _spread(name: str, ratios: tuple[float, ...]) -> str:
    if name == BASELINE:
        return "1"
    return f"{median(ratios):.1f} [{min(ratios):.1f}..{max(ratios):.1f}]" if ratios else "-"


def grown(found: Growth) -> list[str]:
    """A Markdown table of CPU ms by size, and the exponents."""
    heads = [f"{one.copies}x: {one.files} files, {one.mib:.0f} MiB" for one in found.sizes]
    rows = [f"| CPU ms (wall) | {' | '.join(heads)} | exponent [min..max] | last step |"]
    rows.append("|---" + "|---:" * (len(heads) + 2) + "|")
    for way, times in found.cpu.items():
        told = exponent([one.mib for one in found.sizes], times)
        pairs = zip(times, found.wall[way], strict=True)
        cells = [f"{median(cpu):,.0f} ({median(wall):,.0f})" for cpu, wall in pairs]
        fit = f"{told.median:.2f} [{told.least:.2f}..{told.most:.2f}] | {told.last:.2f}"
        rows.append(f"| {way} | {' | '.join(cells)} | {fit} |")
    return rows


def walked_over(found: Walked) -> list[str]:
    """A Markdown table of what commits cost, by how they were known."""
    later = found.steps[1:]
    rows = ["| commits | n | files changed | CPU ms each, median | CPU s in all |", "|---|---:|---:|---:|---:|"]
    if found.steps:
        rows.append(
            f"| the first | 1 | {found.steps[0].blobs} | {found.steps[0].cpu:.0f} | {found.steps[0].cpu / 1000:.1f} |"
        )
    for how in ("analysed", "the same"):
        ones = [one for one in later if one.how == how]
        if ones:
            cpu = [one.cpu for one in ones]
            blobs = sum(one.blobs for one in ones)
            rows.append(f"| {how} | {len(ones)} | {blobs} | {median(cpu):.0f} | {sum(cpu) / 1000:.1f} |")
    sums = [list(accumulate(values)) for values in ([one.blobs for one in later], [one.cpu for one in later])]
    if len(set(sums[0])) > 1:
        fitted = line(sums[0], sums[1])
        rows += ["", f"Summed up: {fitted.each:.0f} CPU ms for each changed file (R² {fitted.share:.2f})."]
    return rows

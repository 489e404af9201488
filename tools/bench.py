"""Measure `privmigrate scan` against ripgrep, ast-grep, semgrep and bandit, its growth, and `report --history`.

    python tools/bench.py [--folder corpus] [--quick] [--json NEW.json] [--compare OLD.json]
                          [--repository nova.git/nova --span 21.0.0..22.0.0]
                          [--record docs/bench-history.jsonl] [--charts docs]

Every run of a tool is paired with a run of ripgrep just before it, and all tools take turns within a round, so that a
drift of the machine falls on all of them; read the ratios rather than the times. Peak memory cannot be less than this
script's own. A tool that is not installed is named as not measured. `--from RUN.json` measures nothing: it tells,
compares, records or draws a run that --json wrote.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from benching import comparing, dataset, growing
from benching.contestants import ours, peers, ripgrep, versions
from benching.dataset import Dataset
from benching.running import measure
from benching.tables import grown, table, walked_over
from migrator import __version__
from migrator.bench.machine import machine
from migrator.fault import Fault

TREES = ("nova-15.1.5", "cinder-29.0.0")
GROWN = "cinder-29.0.0/cinder"


def main() -> int:
    options = _options()
    try:
        old = dataset.read(options.compare) if options.compare else None
        if options.record:
            dataset.history(options.record)  # one that is damaged is told before the work, not after it
        found = dataset.read(options.measured) if options.measured else _measured(options)
        print("\n".join(_told(found, old)))
        if options.json:
            dataset.write(options.json, dataset.dumps(found))
        entries = dataset.history(options.record) if options.record else ()
        if options.record and not options.redraw:
            entries = dataset.record(options.record, dataset.entry(found))
        if options.charts:
            _draw(options.charts, found, entries)
    except Fault as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("corpus"), help="the projects, from tools/corpus.py fetch")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slow-rounds", type=int, default=3, help="rounds of the peers, and of growth")
    parser.add_argument("--quick", action="store_true", help="about a minute: cinder alone, to 4x, without bandit")
    parser.add_argument("--repository", type=Path, help="a path in a git repository, for the cost of report --history")
    parser.add_argument("--span", default="HEAD", help="its commits, as git has them: 21.0.0..22.0.0")
    parser.add_argument("--every", default="commit", choices=("commit", "merge", "week", "tag"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the run there")
    parser.add_argument("--from", dest="measured", type=Path, metavar="FILE", help="take this run, measure nothing")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="ratios to a run that --json wrote")
    parser.add_argument("--record", type=Path, metavar="FILE", help="add the run to this history, one a line")
    parser.add_argument("--redraw", action="store_true", help="read the history of --record, but add nothing")
    parser.add_argument("--charts", type=Path, metavar="FOLDER", help="draw bench-*.svg there")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.slow_rounds = 3, 1
    if options.rounds < 1 or options.slow_rounds < 1:
        parser.error("--rounds and --slow-rounds are at least 1")
    return options


def _tell(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _measured(options: argparse.Namespace) -> Dataset:
    """Raises Fault where the projects are not there."""
    trees = [options.folder.resolve() / name for name in (TREES[1:] if options.quick else TREES)]
    for tree in trees:
        if not tree.is_dir():
            raise Fault(f"{tree} is not there; run `python tools/corpus.py fetch` first")
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    baseline, about, commit = ripgrep(), machine(), _commit()  # before somebody commits something else
    with tempfile.TemporaryDirectory(prefix="privmigrate-bench-") as name:
        scratch = Path(name)
        others, missing = peers(scratch)
        if options.quick:
            missing += [f"{one.name} (not in a quick run)" for one in others if one.name == "bandit"]
            others = [one for one in others if one.name != "bandit"]
        if not baseline:
            missing.insert(0, "ripgrep (Debian: ripgrep), and so no ratios")
        found = {}
        for tree in trees:
            _tell(f"{tree.name}: {options.rounds} rounds, of the peers {options.slow_rounds}")
            # Without one of its own, semgrep's default leaves out every folder named tests.
            (tree / ".semgrepignore").touch()
            tools = [*ours(scratch), *others]
            found[tree.name] = dataset.samples(measure(tools, baseline, tree, options.rounds, options.slow_rounds))
        numbers = (1, 2, 4) if options.quick else (1, 2, 4, 8)
        growth = growing.grow(options.folder.resolve() / GROWN, numbers, options.slow_rounds, scratch, _tell)
        programs = versions([*([baseline] if baseline else []), *others])
    walked = None
    if options.repository:
        from benching.walking import walked as walk

        walked = walk(options.repository, options.span, options.every, _tell)
    else:
        missing.append("report --history (--repository names a path in a git repository)")
    told = {"privmigrate": __version__, "python": sys.version.split()[0], **programs}
    settings = {"rounds": options.rounds, "slow_rounds": options.slow_rounds, "quick": options.quick}
    return Dataset(when, commit, about, told, settings, tuple(missing), found, growth, walked)


def _commit() -> str:
    """The commit that is measured, with a + where the work tree differs from it; "" outside of a repository."""
    here = Path(__file__).resolve().parent.parent
    git = ("git", "-C", str(here))
    done = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "migrator", "rules"], check=False).returncode
    return done.stdout.strip() + ("+" if changed and not done.returncode else "")


def _told(found: Dataset, old: Dataset | None) -> Iterator[str]:
    about = found.machine
    machine = f"{about.get('processors')} x {about.get('processor')}, load {about.get('load')}"
    yield f"{found.when}, commit {found.commit[:10]}, {machine}"
    for tree, of_tools in found.trees.items():
        yield from ("", f"## {tree}", "", *table(of_tools))
    if found.growth is not None:
        yield from ("", f"## Growth: copies of {found.growth.project}", "", *grown(found.growth))
    if found.walked is not None:
        yield from (
            "",
            f"## report --history: {found.walked.project}, {found.walked.span}",
            "",
            *walked_over(found.walked),
        )
    if found.missing:
        yield from ("", f"Not measured: {'; '.join(found.missing)}.")
    if old is not None:
        yield from ("", "## Compared", "", *comparing.lines(old, found))


def _draw(folder: Path, found: Dataset, entries: tuple[dataset.Entry, ...]) -> None:
    from benching import drawing

    if entries:
        dataset.write(folder / "bench-history.svg", drawing.svg(drawing.over_time(entries)))
    if found.growth is not None:
        dataset.write(folder / "bench-growth.svg", drawing.svg(drawing.growth(found.growth)))
    if found.walked is not None and len(found.walked.steps) > 1:
        dataset.write(folder / "bench-walk.svg", drawing.svg(drawing.walk(found.walked)))


if __name__ == "__main__":
    sys.exit(main())

"""Compare how many of a project's unit tests notice a changed command, before and after a rewrite moved it.

    python tools/strength.py --python v/os-brick/bin/python os_brick-7.1.1 os_brick-rewritten

A mutant of a call is one change of what it runs: a word dropped, changed or swapped with the next, or a keyword
(check_exit_code, process_input, attempts ...) dropped. Its words are those that tests have it run. Before the rewrite
the mutant is made at the call. After it, wherever the command is said:

- A call that stays, with a function in its root flag, still has all words: the mutant is made at the call, and once
  more in the body of the function for the words and keywords that stand there.
- A call that was replaced has the words that vary as arguments, and the function has the others: the mutant is made
  where the word is, at the call or in the body. Where root is conditional, also in the call that stays for the other
  case.
- A native function says the program and its options by what it is. For a word of these another function is called in
  its place, and inside of it nothing is done; for a word that varies its argument is changed or dropped.

A site is weaker when fewer tests notice a mutant than before, at the place where most do; or when nobody notices it in
the function, and somebody did before. With --strict as many have to notice in the function as before at the call,
where the words are at both. Tests that come to the function by other calls only do not count. Exit status: 0, 1 when a
site is weaker, 2 when it cannot be told.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import strength_places
import strength_runs
from strength_judging import Judged, judged, lines, mutants, places
from strength_places import Target, targets
from strength_runs import Kept, Project, Unusable


def main(argv: Sequence[str] | None = None) -> int:
    """0 when no site is weaker, 1 when one is, 2 when that cannot be told."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog=(__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--python", type=Path, required=True, help="of the environment with the project's requirements")
    parser.add_argument("--names", default="", metavar="REGEX", help="only tests whose names this matches")
    parser.add_argument("--sites", type=int, default=0, metavar="N", help="a sample of this many moved calls")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--results", type=Path, help="keep what ran in this file, and go on from there")
    parser.add_argument("--concurrency", type=int, default=1, metavar="N", help="processes for each of the two trees")
    parser.add_argument(
        "--limit", type=float, default=20, metavar="SECONDS", help="for one test; noticed when it is over"
    )
    parser.add_argument("--strict", action="store_true", help="as many tests at every place, not where most notice")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="what `privmigrate rewrite --format json` wrote")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there")
    parser.add_argument("before", type=Path, help="the unpacked project as it was")
    parser.add_argument("after", type=Path, help="a copy that privmigrate rewrote")
    options = parser.parse_args(argv)
    try:
        return _compare(options)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2


def _compare(options: argparse.Namespace) -> int:
    before, after = options.before.resolve(), options.after.resolve()
    entries = strength_runs.read_plan(options.plan) if options.plan else strength_runs.plan(before)
    found = list(targets(entries, before, after))
    lost = [one for one in found if isinstance(one, str)]
    every = some = [one for one in found if isinstance(one, Target)]
    if options.sites and options.sites < len(some):
        chosen = set(random.Random(options.seed).sample(sorted(one.id for one in some), options.sites))
        some = [one for one in some if one.id in chosen]
    kept = Kept.read(options.results, (before, after), options.names)
    told = (options.python.absolute(), options.names, options.limit, options.concurrency)
    with (
        ThreadPoolExecutor(2) as pool,
        strength_runs.project("before", before, [one.before for one in every], *told, kept) as old,
        strength_runs.project("after", after, [point for one in every for point in one.points], *told, kept) as new,
    ):
        seen, now = pool.map(Project.observed, (old, new))
        wanted = [(one, mutants(one, seen)) for one in some]
        jobs = [
            place
            for one, its in wanted
            for mutant in its
            for place in places(one, mutant, strength_places.mates(one, every), seen, now)
        ]
        both = pool.map(
            Project.run,
            (old, new),
            ([place.job for place in jobs if place.before], [place.job for place in jobs if not place.before]),
        )
        first, second = both
    results = [judged(one, its, jobs, first, second, now.passed, options.strict) for one, its in wanted]
    if options.json:
        options.json.write_text(json.dumps(_document(results, lost), indent=1) + "\n")
    print("\n".join(lines(results)))
    for text in lost:
        print(f"not compared: {text}")
    return 1 if lost or any(one.reasons for one in results) else 0


def _document(results: Sequence[Judged], lost: Sequence[str]) -> dict[str, object]:
    return {"schema": "privmigrate.strength/1", "sites": [asdict(one) for one in results], "not_compared": list(lost)}


if __name__ == "__main__":
    sys.exit(main())

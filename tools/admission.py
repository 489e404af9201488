"""Hold what privmigrate says of the filters that projects ship against oslo.rootwrap itself.

    python tools/admission.py [--argv 26000] PROJECT [PROJECT ...]

For each project: command lines made from its filters, most of them spoilt in a word or two; both have to admit or deny
alike, and to run the same words. hypothesis draws the seeds, so that a run can be repeated, and shows the smallest one
that fails. Programs count as installed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oslo_rootwrap import filters as theirs
from oslo_rootwrap import wrapper

from migrator.rootwrap import lines, project
from migrator.rootwrap.admission import admitted
from migrator.rootwrap.filters import Filter, names_of
from migrator.rootwrap.patterns import samples

_BATCH = 100  # command lines for one seed
_ODD = (
    *("env", "ip", "netns", "exec", "net", "e", "-n", "ns0", "kill", "-9", "cat", "LC_ALL=C", "A=1", "=x", "../x", "9"),
    *("/etc/passwd", "/dev/sda", "/tmp/../etc/shadow", "--", "-r", "privsep-helper", "--config-file", "/etc/x/../y"),
)


def real(files: Sequence[str]) -> list[theirs.CommandFilter]:
    """The filters as rootwrap loads them, but for its own; in the order of the files."""
    found = []
    for path in files:
        with mock.patch("os.listdir", return_value=[os.path.basename(path)]):
            found += wrapper.load_filters([os.path.dirname(path)])[:-1]
    return found


def admits(filters: list[theirs.CommandFilter], argv: list[str]) -> list[str] | None:
    """The words that rootwrap would run, None where it denies."""
    words = list(argv)
    try:
        found = wrapper.match_filter(filters, words)
    except wrapper.NoFilterMatched:
        return None
    return list(found.get_command(words))


def made(how: random.Random, filters: Sequence[Filter], depth: int = 0) -> list[str]:
    """A command line that one of the filters may admit."""
    one = how.choice(filters)
    name = how.choice(names_of(one))
    if one.kind == "RegExpFilter":
        return [how.choice(samples(pattern) or ("x",)) for pattern in one.args]
    if one.kind == "PathFilter":
        return [name, *(f"{arg}/x" if os.path.isabs(arg) and how.random() < 0.5 else arg for arg in one.args)]
    if one.kind == "KillFilter":
        return ["kill", *([how.choice(one.args[1:])] if one.args[1:] else []), str(how.choice((os.getpid(), 1, 2**22)))]
    if one.kind == "ReadFileFilter":
        return ["cat", one.args[0]]
    if one.kind == "EnvFilter":
        given = [word if word.partition("=")[2] else f"{word}x" for word in one.args if "=" in word]
        return [*how.choice((["env"], [])), *given, name, *how.sample(_ODD, how.randrange(3))]
    if one.kind == "IpFilter":
        return ["ip", *how.choice((["-n", "ns0"], [])), *how.sample(("link", "netns", "net", "exec", "add", "x"), 3)]
    rest = made(how, filters, depth + 1) if one.chaining and depth < 2 else how.sample(_ODD, how.randrange(4))
    if one.kind == "IpNetnsExecFilter":
        return ["ip", how.choice(("netns", "net", "n")), how.choice(("exec", "e", "add")), "ns0", *rest]
    if one.kind == "ChainingRegExpFilter":
        return [*(how.choice(samples(pattern) or ("x",)) for pattern in one.args), *rest]
    return [name, *rest]


def spoilt(how: random.Random, argv: list[str], filters: Sequence[Filter]) -> list[str]:
    """The line with a word more, less, or another."""
    words = list(argv)
    for _ in range(how.randrange(3)):
        place = how.randrange(len(words) + 1)
        other = how.choice((how.choice(_ODD), how.choice(filters).executable, how.choice(filters).name))
        change = how.randrange(4)
        if change == 0:
            words.insert(place, other)
        elif words and change == 1:
            del words[place - 1]
        elif words and change == 2:
            words[place - 1] = other
        elif words:
            words[place - 1] += how.choice(("\n", "x", "/../x", " "))
    return words


def check(root: Path, count: int) -> tuple[int, int]:
    """Raise AssertionError where the two differ; how many command lines there were, and how many were admitted."""
    files = project.files(str(root))
    ours = tuple(one for path in files for one in lines.read(path).filters)
    both = real(files)
    assert [one.name for one in ours] == [one.name for one in both], "not the same filters"
    tried = [0, 0]

    @settings(max_examples=-(-count // _BATCH), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**63))
    def alike(seed: int) -> None:
        how = random.Random(seed)
        for _ in range(_BATCH):
            argv = spoilt(how, made(how, ours), ours)
            way, wanted = admitted(ours, argv), admits(both, argv)
            assert (way is None) == (wanted is None), (argv, way, wanted)
            if way is not None:
                assert way.run(argv)[way.program :] == wanted, (argv, way, wanted)
            tried[0] += 1
            tried[1] += way is not None

    with mock.patch.object(theirs.CommandFilter, "get_exec", lambda self, exec_dirs=None: self.exec_path):
        alike()
    return tried[0], tried[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("projects", nargs="+", type=Path, metavar="PROJECT")
    parser.add_argument("--argv", type=int, default=26_000, help="command lines for each project (default: 26000)")
    options = parser.parse_args()
    for root in options.projects:
        number, passed = check(root, options.argv)
        print(f"{root.name}: {number} command lines, {passed} admitted: as oslo.rootwrap has it", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

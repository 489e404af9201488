"""The capabilities that a function needs are found: all of them, no more, and of several the weakest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from migrator.decide.load import load_file
from migrator.decide.rule import Rule, Trial
from migrator.verify import capabilities, house, privileges, proving, sandbox, trial, uids
from migrator.verify.verdict import Found

pytestmark = pytest.mark.skipif(not uids.plan().many, reason="needs a range of user ids")

# The command is true(1), which does nothing: what is looked at is the function, with and without.
TEXT = '''\
"""true: for a test."""
from __future__ import annotations
import os
import socket
import stat
from oslo_concurrency import processutils
from migrator.decide.rule import NATIVE, Becomes, Rule, Stays, Trial


def true(path: str) -> tuple[str, str]:
    """Do it."""
    try:
        {act}
    except OSError as error:
        raise processutils.ProcessExecutionError("", str(error.errno), 1, "true")
    return "", ""


RULES = (
    Rule(
        grammar="true PATH",
        function=true,
        module="path",
        kind=NATIVE,
        capabilities=set({claimed!r}),
        examples=(
            Becomes("utils.execute('true', p, run_as_root=True)", "privsep.path.true(str(p))"),
            Stays("execute('true', '-n', path, run_as_root=True)", because="-n"),
        ),
        trials=(Trial("true {{file}}"),),
    ),
)
'''
READS = "open(path).close()"
OWNS = "os.chown(path, 1002, 1002)"
KEEPS_ITS_MODE = "os.chmod(path, stat.S_IMODE(os.stat(path).st_mode))"
RUNS = "processutils.execute('chown', '1002', path)"
RUNS_WITH_A_SHELL = "processutils.execute('sh', '-c', 'env chown 1002 \"$0\"; exit $?', path)"
SENDS = "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()"


@pytest.fixture(scope="module", autouse=True)
def _warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what each house would import anew."""
    proving.warm([made(tmp_path_factory.mktemp("warm"), READS, ())])


def made(tmp_path: Path, act: str, claimed: Sequence[str]) -> Rule:
    path = tmp_path / "true.py"
    path.write_text(TEXT.format(act=act, claimed=list(claimed)))
    (rule,) = load_file(path)
    return rule


def in_house(work: Iterator[object]) -> list[object]:
    try:
        return list(house.stay(lambda: work))
    except house.HouseError as error:
        pytest.skip(str(error))


def found(rule: Rule, words: Sequence[str]) -> Found:
    def work() -> Iterator[Found]:
        with trial.rooms(rule) as place:
            yield capabilities.smallest(rule, [Trial(f"true {word}") for word in words], place)

    (only,) = in_house(work())
    assert isinstance(only, Found)
    return only


@pytest.mark.parametrize(
    ("act", "words", "needed"),
    [
        pytest.param(READS, ["{private}"], {"CAP_DAC_READ_SEARCH"}, id="to read, not all that lets it write"),
        pytest.param(READS, ["{rootfile}", "{missing}", "{dangling}"], set(), id="nothing for root's own files"),
        pytest.param(OWNS, ["{rootfile}"], {"CAP_CHOWN"}, id="to change an owner"),
        pytest.param(OWNS, ["{private}"], {"CAP_CHOWN", "CAP_DAC_READ_SEARCH"}, id="and to get there"),
        pytest.param(KEEPS_ITS_MODE, ["{rootfile}", "{suid}"], set(), id="nothing for root's own set-id files"),
        pytest.param(KEEPS_ITS_MODE, ["{file}"], {"CAP_FOWNER"}, id="another's file"),
        pytest.param(
            KEEPS_ITS_MODE,
            ["{rootfile}", "{file}", "{foreignsuid}"],
            {"CAP_FOWNER", "CAP_FSETID"},
            id="another's set-id file",
        ),
        pytest.param("os.mkdir(path + '/new')", ["{privatedir}"], {"CAP_DAC_OVERRIDE"}, id="to write"),
        pytest.param(SENDS, ["{file}"], {"CAP_NET_RAW"}, id="the network"),
        pytest.param(RUNS, ["{rootfile}"], {"CAP_CHOWN"}, id="what a command needs that it runs"),
        pytest.param(RUNS_WITH_A_SHELL, ["{rootfile}"], {"CAP_CHOWN"}, id="and one that this one runs"),
    ],
)
def test_the_smallest_set_is_found(act: str, words: list[str], needed: set[str], tmp_path: Path) -> None:
    result = found(made(tmp_path, act, ()), words)
    assert set(result.capabilities) == needed
    assert set(result.needed_by) == needed


@pytest.mark.parametrize(
    ("act", "needed"), [(READS, {"CAP_DAC_READ_SEARCH"}), (RUNS_WITH_A_SHELL, {"CAP_CHOWN", "CAP_DAC_READ_SEARCH"})]
)
@pytest.mark.parametrize(
    "claimed",
    [
        pytest.param(("CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_CHOWN"), id="stronger ones"),
        pytest.param(("CAP_SYS_ADMIN",), id="what makes root"),
    ],
)
def test_it_is_the_same_whatever_is_claimed(
    act: str, needed: set[str], claimed: tuple[str, ...], tmp_path: Path
) -> None:
    assert set(found(made(tmp_path, act, claimed), ["{private}"]).capabilities) == needed


def test_the_trial_that_needs_a_capability_is_named(tmp_path: Path) -> None:
    result = found(made(tmp_path, KEEPS_ITS_MODE, ()), ["{rootfile}", "{file}", "{suid}", "{foreignsuid}"])
    assert result.needed_by["CAP_FSETID"] == "true {foreignsuid}"


def test_a_command_that_root_runs_gets_back_what_the_function_dropped(tmp_path: Path) -> None:
    """Why the search drops the bounding set too: a privsep daemon does not, and the claim would say nothing."""
    rule = made(tmp_path, RUNS, ())

    def work() -> Iterator[str]:
        for bounded in (False, True):
            yield trial.by_function(rule, Trial("true {rootfile}"), frozenset(), bounded=bounded).status

    assert in_house(work()) == ["exit 0", "exit 1"]


def test_what_was_dropped_in_one_world_is_there_in_the_next() -> None:
    def work() -> Iterator[tuple[str, ...]]:
        yield privileges.ordered()
        sandbox.world(lambda: privileges.keep(frozenset({"CAP_CHOWN"})))
        yield sandbox.world(privileges.ordered)

    before, after = in_house(work())
    assert before == after

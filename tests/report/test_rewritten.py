"""What a rewrite tells: the JSON report adds up, and the summary names what matters within the width."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrator.decide.plan import plan_all
from migrator.model import Outcome, Reason, Status
from migrator.report.rewritten import _FIRST, Run, afterwards, document, look_first, summary
from migrator.rewrite.rewriting import Moved, Rewriting, rewrite
from migrator.rewrite.transaction import Change
from migrator.understand.scan import scan
from tests.rewrite import sample
from tests.shipped import rulebook

TEE = """\
from oslo_concurrency import processutils


def put(path, text):
    processutils.execute('tee', path, process_input=text, run_as_root=True)
"""
NOTE = "new context cloudy.privsep.sys_admin_pctxt: set [cloudy_sys_admin] helper_command, or admit privsep-helper"


def plan_of(path: Path) -> tuple[Outcome, ...]:
    return plan_all(scan([str(path)]), rulebook())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Three calls moved, the last by --unsafe; one refused; one not chosen."""
    home = sample.project(tmp_path)
    chown, lvremove = sample.calls(home / "cloudy" / "driver.py")

    def at(one: Outcome, name: str, line: int) -> Outcome:
        return replace(one, site=replace(one.site, id=name, path=f"cloudy/{name}.py", line=line, end_line=line))

    confirm = (
        Reason("unproven", "chown.chown is not proven: no such kernel, then rewrite with --unsafe"),
        Reason("not-by-rule", "x"),
    )
    moved = (at(chown, "a", 1), at(lvremove, "b", 2), replace(at(chown, "c", 3), reasons=confirm))
    refused = replace(at(chown, "d", 4), status=Status.REFUSED, reasons=(Reason("forwarder", "it hands on"),))
    changes = (Change("cloudy/a.py", b"1", b"2"), Change("cloudy/privsep/path.py", None, b"3"))
    functions = [Moved(one, f"cloudy.privsep.{one.function.module}.x") for one in moved if one.function]
    rewriting = Rewriting(changes, tuple(functions), (refused,), (NOTE,), (str(tmp_path),))
    return Run(rewriting, (at(lvremove, "e", 5),), frozenset({"c"}), (), ".", applied=True)


def test_every_site_is_told_once_and_the_counts_add_up(run: Run) -> None:
    report = document(run)
    told = {one["id"]: (one["status"], one["moved"], one["chosen"], one["function"]) for one in report["sites"]}
    assert told == {
        "a": ("ready", True, True, "cloudy.privsep.path.x"),
        "b": ("ready", True, True, "cloudy.privsep.lvm.x"),
        "c": ("review", True, True, "cloudy.privsep.path.x"),
        "d": ("refused", False, True, ""),
        "e": ("ready", False, False, ""),
    }
    assert list(told) == sorted(told)
    found = report["summary"]
    assert (found["sites"], found["moved"], found["left"], found["not_chosen"]) == (5, 3, 1, 1)
    assert sum(found["by_status"].values()) == 5 and found["by_status"]["unresolved"] == 0
    assert found["moved_by_rung"] == {"native": 2, "narrow": 1}
    assert found["moved_by_program"] == {"chown": 2, "lvremove": 1}
    assert found["left_by_reason"] == {"forwarder": 1}
    assert report["changes"] == [
        {"path": "cloudy/a.py", "created": False},
        {"path": "cloudy/privsep/path.py", "created": True},
    ]


def test_a_call_for_review_that_the_rewriting_gave_up_is_refused(run: Run) -> None:
    lost = replace(run.rewriting.left[0], site=replace(run.rewriting.left[0].site, id="c"))
    gone = replace(run, rewriting=replace(run.rewriting, moved=run.rewriting.moved[:2], left=(lost,)))
    (entry,) = [one for one in document(gone)["sites"] if one["id"] == "c"]
    assert (entry["status"], entry["moved"]) == ("refused", False)


def test_what_was_moved_unsafely_comes_before_the_notes(run: Run) -> None:
    first, second = look_first(run)
    assert first == "1 call moved by --unsafe, unproven: chown.chown is not proven: no such kernel (cloudy/c.py:3)"
    assert second == NOTE


def test_notes_come_in_the_order_of_their_importance(tmp_path: Path) -> None:
    """The notes of a real rewriting: each kind that is ranked is one that is written."""
    files = {
        "cloudy/tee.py": TEE,
        "cloudy/privsep/__init__.py": "from oslo_privsep.priv_context import PrivContext\n\nPrivContext()\n",
        "cloudy/privsep/lvm.py": "def lvremove(path):\n    return path\n",
    }
    home = sample.project(tmp_path, **files)
    (home / "requirements.txt").unlink()
    outcomes = [*sample.calls(home / "cloudy" / "driver.py"), *plan_of(home / "cloudy" / "tee.py")]
    notes = list(look_first(Run(rewrite(outcomes), (), frozenset(), (), ".", applied=True)))
    kinds = [next((words for words in _FIRST if words in note), "the rest") for note in notes]
    order = [*_FIRST, "the rest"]
    assert kinds == sorted(kinds, key=order.index)
    assert set(kinds) == set(order)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_summary_keeps_to_the_width(columns: int, run: Run) -> None:
    text = afterwards(run, ["cloudy"], columns, in_git=True)
    assert max(map(len, text.splitlines())) <= min(columns, 100)
    assert "\N{NO-BREAK SPACE}" not in text
    words = " ".join(text.split())
    assert "3 of 5 root calls moved; 1 file changed, 1 created 2 native: 2 chown 1 narrow: 1 lvremove 1 left" in words
    assert "1 not chosen look at first: 1. 1 call moved by --unsafe" in words
    assert words.index("privmigrate verify cloudy") < words.index("the unit tests")
    assert words.index("the unit tests") < words.index("privmigrate baseline cloudy")


def test_the_next_command_is_one_that_can_be_pasted(run: Run) -> None:
    text = afterwards(run, ["my project/cloudy"], 200, in_git=False, limit=30)
    assert "\n  privmigrate verify --before COPY-OF-THE-OLD-TREE --timeout 30 'my project/cloudy'" in text


def test_before_it_is_written_it_is_told_in_short(run: Run) -> None:
    text = summary(replace(run, applied=False), 100)
    assert text.startswith("3 of 5 root calls would move; 1 file changed, 1 created\n")
    assert "look at" not in text and "next" not in text


def test_nothing_to_do_is_said(run: Run) -> None:
    nothing = Rewriting((), (), run.rewriting.left, (), ())
    assert summary(replace(run, rewriting=nothing), 100).startswith("nothing to do: none of 2 root calls moves\n")
    nobody = replace(run, rewriting=replace(nothing, left=()), kept=())
    assert summary(nobody, 100) == "nothing to do: no root call"

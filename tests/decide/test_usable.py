"""Where a rule's function may be used, and which exit codes it can keep to itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrator.decide.plan import plan
from migrator.model import Outcome, Rung, Site
from tests.decide.calls import site
from tests.shipped import rulebook

BOOK = rulebook()
UP = "execute('ip', 'link', 'set', dev, 'up', run_as_root=True{})"
ALLOWED = frozenset({"pyroute2"})


def below(folder: Path, text: str = "") -> Site:
    """The site of `ip link set`, in a package below the folder."""
    (folder / "cloud").mkdir(exist_ok=True)
    (folder / "cloud" / "__init__.py").write_text("")
    return replace(site(UP.format(text)), path=str(folder / "cloud" / "net.py"))


def why(outcome: Outcome) -> str:
    return next(each.text for each in outcome.reasons if each.text.startswith("ip.set_link_up: "))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "pyroute2>=0.7.1 # Apache-2.0\n"),
        ("requirements.txt", "PyRoute2\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n  "pyroute2>=0.9",\n]\n'),
        ("setup.cfg", "[options]\ninstall_requires =\n  pyroute2>=0.8,!=0.8.1\n"),
    ],
)
def test_a_library_that_the_project_requires_is_used(name: str, text: str, tmp_path: Path) -> None:
    where = below(tmp_path)
    assert plan(where, BOOK).rung is Rung.NARROW
    (tmp_path / name).write_text(text)
    assert plan(where, BOOK).rung is Rung.NATIVE


@pytest.mark.parametrize(
    ("requirement", "reason"),
    [
        ("", "it imports pyroute2, which the project does not require; --allow-requirement pyroute2 adds it"),
        ("pyroute2-extra>=1\n", "it imports pyroute2, which the project does not require"),
        ("pyroute2>=0.4.21\n", "it needs pyroute2 0.7.1, and the project admits 0.4.21; raise that, or use"),
    ],
)
def test_one_that_it_does_not_is_used_where_that_is_allowed(requirement: str, reason: str, tmp_path: Path) -> None:
    where = below(tmp_path)
    (tmp_path / "requirements.txt").write_text(requirement)
    decided = plan(where, BOOK)
    assert decided.rung is Rung.NARROW and reason in why(decided)
    assert decided.function is not None and decided.function.name == "link_set_up"
    assert plan(where, BOOK, ALLOWED).rung is Rung.NATIVE


@pytest.mark.parametrize(
    ("codes", "argument"),
    [
        ("", None),
        (", check_exit_code=True", None),
        (", check_exit_code=[0, 254]", None),
        (", check_exit_code=[0, 2, 254]", "[0, 2]"),
        (", check_exit_code=[2, 0, 1, 3]", "[0, 1, 2]"),
        (", check_exit_code=False", "[0, 1, 2, 255]"),
    ],
)
def test_a_function_that_fails_in_several_ways_is_told_which_count(codes: str, argument: str | None) -> None:
    decided = plan(site(UP.format(codes)), BOOK, ALLOWED)
    assert decided.rung is Rung.NATIVE
    given = {each.name: each.code for each in decided.arguments}
    assert given.get("check_exit_code") == argument


@pytest.mark.parametrize(
    ("failures", "codes", "told"),
    [
        ({1}, "[0, 1]", "check=False"),
        ({1}, "[0, 2]", ""),
        ({1, 2}, "[0, 1, 2]", "check=False"),
        ({1, 2}, "False", "check=False"),
        ({1, 2}, "[0, 3]", ""),
        ({1, 2}, "[0, 2]", "some of its own (1, 2) are failures and some are not"),
        ({1}, "[1]", "they take success for a failure"),
        ({1, 2}, "2", "they take success for a failure"),
    ],
)
def test_a_function_that_can_tell_all_failures_or_none(failures: set[int], codes: str, told: str) -> None:
    cat = replace(BOOK.rules_for("cat")[0], failures=failures)
    book = replace(BOOK, _read={"cat": (cat,)})
    decided = plan(site(f"execute('cat', path, run_as_root=True, check_exit_code={codes})"), book)
    if decided.rung is Rung.NATIVE:
        given = [f"{each.name}={each.code}" for each in decided.arguments if each.name == "check"]
        assert given == [told] * bool(told)
    else:
        assert any(told in each.text for each in decided.reasons)

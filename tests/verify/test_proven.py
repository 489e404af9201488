"""Shipped rules are proven, those of the network in test_proven_network; what cannot be tried never passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrator.decide.load import load_file
from migrator.decide.rule import NATIVE, Rule, Trial
from migrator.verify import facilities
from migrator.verify.trial import networked
from migrator.verify.verdict import Verdict, Word
from tests.shipped import rulebook
from tests.verify.proof import hold, proven, shipped, unavailable

RULES = [rule for rule in rulebook().all() if not networked(rule)]
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SAMPLE = FIXTURES / "unproven" / "dmsetup.py"


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    return shipped([*RULES, *load_file(SAMPLE)])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_shipped_rule_is_proven(rule: Rule, verdicts: dict[str, Verdict]) -> None:
    hold(rule, verdicts[rule.name])


@pytest.mark.parametrize(
    "rule",
    # What takes no words (sync) can be tried in one way only.
    [rule for rule in RULES if rule.kind is NATIVE and rule.form.parameters],
    ids=lambda rule: rule.name,
)
def test_a_native_rule_has_trials_of_its_own_beside_the_generated_ones(
    rule: Rule, verdicts: dict[str, Verdict]
) -> None:
    assert len(rule.trials) >= 8
    if unavailable(rule):
        pytest.skip(f"{rule.name}: {', '.join(verdicts[rule.name].lacking)}")
    assert verdicts[rule.name].trials > len(rule.trials)


def test_what_the_kernel_lacks_is_told_and_proves_nothing(verdicts: dict[str, Verdict]) -> None:
    if "device-mapper" not in facilities.lacking():
        pytest.skip("this machine has device-mapper")
    verdict = verdicts["dmsetup.remove"]
    assert verdict.word is Word.NOT_HERE
    assert (verdict.trials, list(verdict.lacking)) == (0, ["no device-mapper in the kernel"])


def test_a_difference_that_is_no_more_is_a_difference() -> None:
    cat = rulebook().rules_for("cat")[0]
    same = replace(cat.differences[-1], text="it cannot read", trial=Trial("cat {file}"))
    (verdict,) = proven([replace(cat, trials=cat.trials[:1], differences=(*cat.differences, same))], examples=0)
    assert verdict.word is Word.DIFFERS
    assert verdict.absent == ("it cannot read",)


def test_a_trial_that_the_rule_does_not_cover_is_told_as_one() -> None:
    cat = rulebook().rules_for("cat")[0]
    (verdict,) = proven([replace(cat, trials=(Trial("cat -n {file}"), Trial("cat {file}")))], examples=0)
    assert verdict.word is Word.DIFFERS
    assert [each.function for each in verdict.findings[0].divergences] == [
        "not covered: -n is not named by the grammar"
    ]


def test_cat_refuses_what_the_daemon_could_not_send_back(tmp_path: Path) -> None:
    from oslo_concurrency.processutils import ProcessExecutionError

    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(ProcessExecutionError) as caught:
        rulebook().rules_for("cat")[0].function(str(large))
    assert (caught.value.exit_code, caught.value.stderr) == (1, f"cat: {large}: File too large\n")

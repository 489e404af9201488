"""The trials that are made of a rule's own."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from migrator.decide.rule import Rule, Trial
from migrator.verify import generate
from tests.shipped import rulebook

CAT = rulebook().rules_for("cat")[0]
OTHER = rulebook().rules_for("readlink")[0]


def drawn(rule: Rule) -> set[str]:
    lines: set[str] = set()

    @settings(max_examples=60, database=None, derandomize=True, deadline=None)
    @given(generate.trials(rule))
    def collect(trial: Trial) -> None:
        lines.add(trial.line)

    collect()
    return lines


def test_a_trial_that_stands_alone_lends_no_words() -> None:
    shared = Trial("cat /proc/version")
    rule = replace(CAT, trials=(Trial("cat {link}"), shared))
    assert shared.line in drawn(rule)
    alone = drawn(replace(rule, trials=(rule.trials[0], replace(shared, alone=True))))
    assert alone and shared.line not in alone


def test_a_trial_that_stands_alone_is_not_tried_on_other_fixtures() -> None:
    trial = Trial("cat {link}")
    assert list(generate.sweep(replace(CAT, trials=(trial,))))
    assert not list(generate.sweep(replace(CAT, trials=(replace(trial, alone=True),))))


def test_a_part_of_the_sweep_is_the_same_each_time_and_another_for_another_rule() -> None:
    swept = list(generate.sweep(CAT))
    chosen, others = generate.sample(CAT, swept, 10)
    assert len(chosen) == 10 and sorted([*chosen, *others], key=swept.index) == swept
    assert chosen == generate.sample(CAT, swept, 10)[0]
    assert chosen != generate.sample(OTHER, swept, 10)[0]
    assert generate.sample(CAT, swept, None) == generate.sample(CAT, swept, len(swept)) == (swept, [])

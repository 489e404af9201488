"""Trials of a rule whose operands are known by their key: what the function is given, and how they are multiplied."""

from __future__ import annotations

from migrator.decide.rule import Trial
from migrator.verify import fixtures, generate
from migrator.verify.trial import Seen, arguments, compared
from tests.shipped import rulebook

(DD,) = rulebook().named("dd.dd_copy")


def test_the_function_is_given_what_stands_behind_the_key() -> None:
    trial = Trial("dd of={dir}/new bs=1M if={file:space}")
    assert arguments(DD, trial) == {"source": "{file:space}", "path": "{dir}/new", "block_size": "1M"}


def test_a_value_behind_a_key_is_swept_over_fixtures_and_spellings() -> None:
    lines = {trial.line for trial in generate.sweep(DD)}
    assert {"dd if={fifo} of={missing}", "dd if={file} of={foreignsuid}", "dd if={file} of={dir:blank}"} <= lines


def test_two_words_of_a_line_may_name_the_same_thing() -> None:
    assert fixtures.Spot("file", ()).name == fixtures.Spot("file", ("slash",)).name
    lines = {trial.line for trial in generate.sweep(DD)}
    assert "dd if={file} of={file:slash}" in lines  # verified with all others; it is made once


def test_how_long_it_took_is_no_difference_and_how_much_it_was_is_one() -> None:
    told = "1+0 records in\n1+0 records out\n{} copied, {}\n"
    one = Seen("exit 0", "", told.format("512 bytes", "6.6535e-05 s, 7.7 MB/s"))
    two = Seen("exit 0", "", told.format("512 bytes", "1.5 s, 0.3 kB/s"))
    less = Seen("exit 0", "", told.format("511 bytes", "1.5 s, 0.3 kB/s"))
    assert compared(one, two) == ()
    assert [each.aspect for each in compared(one, less)] == ["stderr"]

"""What a test may come to, by names."""

from __future__ import annotations

from migrator.expectations.reached import names

TEST = b"def test_one(self):\n    disks.drop()\n\n\ndef test_two(self):\n    pass\n"
CODE = b"def drop():\n    run(stop)\n\n\ndef stop():\n    kill()\n\n\ndef other():\n    far()\n"


def test_at_any_distance_and_what_is_handed_on() -> None:
    found = names(["test_one"], [TEST, CODE])
    assert {"drop", "run", "stop", "kill"} <= found
    assert not {"other", "far"} & found


def test_nothing_of_what_another_test_comes_to() -> None:
    assert names(["test_two"], [TEST, CODE]) == {"test_two"}


def test_a_module_that_does_not_parse_calls_nothing() -> None:
    assert "drop" in names(["test_one"], [TEST, b"print 'x'\n"])

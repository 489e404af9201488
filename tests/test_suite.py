"""The comparison of a project's own tests before and after a rewrite."""

from __future__ import annotations

import suite

BEFORE = suite.Ran({"a": "passed", "b": "passed", "c": "failed", "d": "passed"}, ())


def test_what_is_worse_is_told() -> None:
    after = suite.Ran({"a": "passed", "b": "failed", "c": "passed", "new": "failed"}, ("sudo privsep-helper",))
    assert suite.compared(BEFORE, after) == ["failed  b", "gone    d", "as root sudo privsep-helper"]


def test_what_is_as_good_or_better_is_not() -> None:
    after = suite.Ran({"a": "passed", "b": "passed", "c": "passed", "d": "passed"}, ())
    assert suite.compared(BEFORE, after) == []


def test_a_test_that_is_skipped_now_does_not_pass() -> None:
    after = suite.Ran({**BEFORE.states, "a": "skipped"}, ())
    assert suite.compared(BEFORE, after) == ["skipped a"]

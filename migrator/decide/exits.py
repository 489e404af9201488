"""Which exit codes a caller takes for success, told to the function of a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migrator.decide.rule import Rule


def checking(rule: Rule, admitted: Callable[[int], bool | None]) -> dict[str, Any] | str:
    """Parameter -> value with which the function raises exactly where the caller saw a failure; else why there is none.

    admitted: whether the caller takes an exit code for success. A function that takes `check` can tell all of its
    failures or none, one that takes `check_exit_code` those with the codes in the list.
    """
    parameters = rule.signature.parameters
    if not admitted(0):
        return "it does not know these exit codes: they take success for a failure"
    tolerated = sorted(code for code in rule.failures if admitted(code))
    if not tolerated:
        return {}
    if "check_exit_code" in parameters:
        return {"check_exit_code": [0, *tolerated]}
    if "check" not in parameters:
        return "it does not know these exit codes: it raises on every failure"
    if len(tolerated) < len(rule.failures):
        codes = ", ".join(map(str, sorted(rule.failures)))
        return f"it does not know these exit codes: some of its own ({codes}) are failures and some are not"
    return {"check": False}

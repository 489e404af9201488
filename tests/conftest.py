"""The order of the tests; hypothesis profiles: the same examples on every run, more with HYPOTHESIS_PROFILE=deep."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("deep", settings.get_profile("default"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# A shell that starts a job in the background has it ignore Ctrl-C, and so do all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The files that take longest come first, the longest of them at the start: with few workers, one that starts last would
# leave the others idle.
_LONG = (
    "tests/scenario/",
    "tests/verify/replay/test_faults.py",
    "tests/verify/test_verify_project.py",
    "tests/verify/test_proven_network.py",
    "tests/test_documentation.py",
    "tests/verify/test_seeded_rules.py",
    "tests/verify/boundary/test_imports.py",
    "tests/verify/replay/test_named.py",
    "tests/rewrite/test_unittests.py",
    "tests/test_packaging.py",
    "tests/test_rewrite_asking.py",
    "tests/verify/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((number for number, start in enumerate(_LONG) if item.nodeid.startswith(start)), len(_LONG))

    items.sort(key=place)

"""The order of the tests; hypothesis profiles: the same examples on every run, more with HYPOTHESIS_PROFILE=deep."""

from __future__ import annotations

import os

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

# The files that take longest come first: with two workers, one that starts last would leave the other idle.
_LONG = ("tests/scenario/", "tests/verify/", "tests/test_packaging.py", "tests/test_documentation.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))

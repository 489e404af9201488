"""The order of the tests; hypothesis profiles: the same examples on every run, more with HYPOTHESIS_PROFILE=deep."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

# What else is installed here (trio) hooks into hypothesis: half a second of imports, in each process that tests start.
os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"

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

# A shell that starts a job in the background has it ignore Ctrl-C, nohup a hang-up, and so do all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The files that take longest come first, the longest of them at the start: with few workers, one that starts last would
# leave the others idle.
_LONG = (
    "tests/scenario/",
    "tests/test_documentation.py",
    "tests/verify/replay/test_faults.py",
    "tests/verify/test_verify_project.py",
    "tests/verify/test_proven_network.py",
    "tests/integrations/test_pre_commit.py",
    "tests/rewrite/test_unittests.py",
    "tests/verify/test_seeded_rules.py",
    "tests/verify/replay/test_named.py",
    "tests/verify/test_verify_rules.py",
    "tests/verify/test_proven.py",
    "tests/test_bench_command.py",
    "tests/verify/boundary/test_imports.py",
    "tests/integrations/test_tox.py",
    "tests/test_packaging.py",
    "tests/test_rewrite_asking.py",
    "tests/verify/",
    "tests/test_gate_project.py",
    "tests/understand/test_properties.py",
)

TESTS = Path(__file__).resolve().parent
_BYTECODE = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Each of several processes collects from another place on, so that one reads what another has compiled by then."""
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER", ""), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "")
    if worker and config.args_source is config.ArgsSource.TESTPATHS:
        parts = sorted(
            str(path) for path in TESTS.iterdir() if (path / "__init__.py").exists() or path.match("test_*.py")
        )
        start = len(parts) * int(worker.removeprefix("gw")) // int(workers)
        config.args[:] = parts[start:] + parts[:start]
    # also where the environment forbids it: pytest takes longest for making its form of assert
    config.stash[_BYTECODE] = sys.dont_write_bytecode
    sys.dont_write_bytecode = False


def pytest_collection_finish(session: pytest.Session) -> None:
    sys.dont_write_bytecode = session.config.stash[_BYTECODE]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The same order in all processes, whatever they began with."""

    def place(item: pytest.Item) -> tuple[int, str]:
        first = next((number for number, start in enumerate(_LONG) if item.nodeid.startswith(start)), len(_LONG))
        return first, item.nodeid.partition("::")[0]

    items.sort(key=place)

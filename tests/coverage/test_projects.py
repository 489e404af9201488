"""Several projects at once, by whatever executor is handed in."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from migrator.commands.pools import pool
from migrator.coverage.operations import Coverage
from migrator.coverage.projects import Asked, reports
from migrator.fault import Fault
from tests.coverage import service


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Asked]:
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two", "three")]
    plain = {**service.FILES, "service/volume.py": ""}
    texts = (service.FILES, plain, plain)
    return [service.asked(service.write(folder, files)) for folder, files in zip(folders, texts, strict=True)]


def counts(projects: list[Asked], executor: Executor) -> list[int]:
    found: dict[int, Coverage] = dict(reports(projects, executor))
    assert all(not Path(one.path).is_absolute() for each in found.values() for one in each.operations)
    return [len(found[number].operations) for number in range(len(projects))]


def test_projects_are_read_in_processes(projects: list[Asked]) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert counts(projects, executor) == [6, 0, 0]


def test_an_executor_of_dask_distributed_does_as_well(projects: list[Asked]) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    # Over TCP, so that everything is pickled; worker processes of its own take ten seconds to start.
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp://"
        ) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as executor,
    ):
        assert counts(projects, executor) == [6, 0, 0]


def test_a_project_that_cannot_be_read_ends_it_with_its_fault(projects: list[Asked], tmp_path: Path) -> None:
    broken = Asked(paths=(str(tmp_path / "nowhere"),), here=str(tmp_path), name="nowhere")
    with ThreadPoolExecutor(1) as executor, pytest.raises(Fault, match=r"nowhere: no such file"):
        list(reports([broken, *projects], executor))


class Counting(Executor):
    """Runs what it is given at once."""

    def submit(self, call, /, *words, **named):  # type: ignore[no-untyped-def]
        future: Future[object] = Future()
        future.set_result(call(*words, **named))
        return future


def test_an_executor_of_ones_own_is_named_by_its_module(projects: list[Asked]) -> None:
    with pool(f"{__name__}:Counting", 3) as executor:
        assert isinstance(executor, Counting) and counts(projects, executor) == [6, 0, 0]


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ("nonsense", "write dask:ADDRESS, or MODULE:FACTORY"),
        ("no.such.module:make", "No module named"),
        ("os:getcwd", "it gives a str, not a concurrent.futures.Executor"),
    ],
)
def test_what_is_no_executor_is_told(chosen: str, why: str) -> None:
    with pytest.raises(Fault, match=why), pool(chosen, 1):
        pass

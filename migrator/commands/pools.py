"""Executors that read several projects at once: processes of this machine, or what somebody else's engine offers."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from migrator.fault import Fault

_DASK = "dask:"


@contextmanager
def pool(chosen: str, projects: int) -> Iterator[Executor]:
    """An executor for so many projects, shut down afterwards.

    chosen: "" for processes of this machine, as many as it has processors; "dask:ADDRESS" for the cluster of a
    dask.distributed scheduler; "MODULE:FACTORY" for what that function of an importable module gives when it is called.
    Raises Fault, naming what was chosen, where there is no such thing.
    """
    if not chosen:
        with _processes(projects) as executor:
            yield executor
    elif chosen.startswith(_DASK):
        yield from _dask(chosen)
    else:
        with _made(chosen) as executor:
            yield executor


def _processes(projects: int) -> Executor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    workers = max(1, min(projects, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
    # Not fork: the progress bar has a thread.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_quiet)


def _quiet() -> None:
    """Leave an interrupt to the process that handed out the work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _dask(chosen: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise Fault("--executor dask:ADDRESS needs dask.distributed: pip install 'privmigrate[dask]'") from None
    try:
        client = Client(chosen.removeprefix(_DASK), timeout="10s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise Fault(f"--executor {chosen}: no scheduler there: {' '.join(str(error).split())}") from None
    with client, client.get_executor() as executor:  # type: ignore[no-untyped-call]
        yield executor


def _made(chosen: str) -> Executor:
    module, colon, factory = chosen.partition(":")
    if not colon or not module or not factory:
        raise Fault(f"--executor {chosen}: write dask:ADDRESS, or MODULE:FACTORY")
    try:
        found = getattr(importlib.import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise Fault(f"--executor {chosen}: {error}") from None
    executor = found()
    if not isinstance(executor, Executor):
        raise Fault(f"--executor {chosen}: it gives a {type(executor).__name__}, not a concurrent.futures.Executor")
    return executor

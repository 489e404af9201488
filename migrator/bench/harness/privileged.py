"""The privileged functions that are not native: they run the command, or wait."""

from __future__ import annotations

import time

from oslo_concurrency import processutils

from . import contexts


@contexts.default.entrypoint
def run(*words: str) -> tuple[str, str]:
    """The form of rungs 1 to 3: they differ in what they admit, and all start the command."""
    stdout, stderr = processutils.execute(*words)
    return stdout, stderr


@contexts.wide.entrypoint
def run_wide(*words: str) -> tuple[str, str]:
    stdout, stderr = processutils.execute(*words)
    return stdout, stderr


@contexts.native.entrypoint
def wait(seconds: float) -> None:
    time.sleep(seconds)


@contexts.wide.entrypoint
def wait_wide(seconds: float) -> None:
    time.sleep(seconds)


@contexts.started_by_sudo.entrypoint
def by_sudo() -> bool:
    return True


@contexts.started_by_rootwrap.entrypoint
def by_rootwrap() -> bool:
    return True

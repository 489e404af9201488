"""Run the unit tests of real projects before and after a rewrite, each in a fresh environment from PyPI.

    python tools/targets.py [--folder corpus/targets]

For each project: its sdist, an environment with its requirements, the tests of the project as it is and of a copy that
`privmigrate rewrite --apply` changed, and a sample of tools/strength.py. All that passed has to pass, nothing may ask
for root, and no sampled call may be tested less. Only wheels are installed, so it needs no compiler; pip prepares the
metadata of the sdist, so pbr and setuptools have to be installed where this runs (`make targets` sees to it).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import strength
import suite
from corpus import PROJECTS, Failed, Project, fetch, privmigrate

CONSTRAINTS = Path(__file__).with_name("constraints")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Suite:
    """tests: how many pass in the project as it is; fewer mean that the environment is not what it should be.

    sample: calls that are looked at by strength.py.
    """

    name: str
    tests: int
    sample: int

    @property
    def project(self) -> Project:
        return next(project for project in PROJECTS if project.name == self.name)


SUITES = (Suite("os-brick", 1152, 5),)


def environment(root: Path, folder: Path, constraints: Path) -> Path:
    """Make an environment with a project's requirements in `folder`, anew; return its Python."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    wanted = ["--only-binary", ":all:", "--constraint", str(constraints), "stestr"]
    for name in ("requirements.txt", "test-requirements.txt"):
        wanted += ["--requirement", str(root / name)]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    # uv takes a fifth of pip's time; pip does it where there is no uv for the machine, or uv cannot
    if subprocess.run([*uv, *wanted], check=False).returncode:
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, *wanted], check=True)
    return python


def check(wanted: Suite, folder: Path) -> None:
    """Raises Failed where a test that passed does not, something asked for root, or a call is tested less."""
    project = wanted.project
    before = _timed("fetched", lambda: fetch(project, folder))
    after, plan = folder / f"{project.unpacked}.after", folder / f"{project.unpacked}.rewrite.json"
    shutil.rmtree(after, ignore_errors=True)
    shutil.copytree(before, after, symlinks=True)
    constraints = CONSTRAINTS / f"{project.name}-{project.version}.txt"
    with ThreadPoolExecutor(2) as pool:  # one waits for the network
        making = pool.submit(environment, before, folder / f"{project.name}.venv", constraints)
        apply = ["rewrite", "--apply", "--format", "json", "--output", str(plan), f"{project.package}/"]
        _timed("rewritten", lambda: privmigrate(apply, after))
        python = _timed("installed", making.result)
        old, new = _timed(
            "tested", lambda: tuple(pool.map(lambda tree: suite.run(tree, python, "", 1), (before, after)))
        )
    print(f"  {suite.figures('before', old)}\n  {suite.figures('after', new)}", flush=True)
    if len(old.passed) < wanted.tests:
        raise Failed(f"{project.name}: {len(old.passed)} tests pass as it is, {wanted.tests} should")
    if worse := suite.compared(old, new):
        raise Failed(f"{project.name}: after the rewrite\n" + "\n".join(worse[:50]))
    sample = ["--python", str(python), "--plan", str(plan), "--sites", str(wanted.sample), str(before), str(after)]
    if _timed("sampled", lambda: strength.main(sample)):
        raise Failed(f"{project.name}: calls are tested less than before the rewrite")


def _timed(what: str, work: Callable[[], _Value]) -> _Value:
    begin = time.perf_counter()
    value = work()
    print(f"  {what} in {time.perf_counter() - begin:.1f} s", flush=True)
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all projects hold, else 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("corpus", "targets"))
    options = parser.parse_args(argv)
    failed = 0
    for wanted in SUITES:
        print(f"{wanted.project.name} {wanted.project.version}", flush=True)
        begin = time.perf_counter()
        try:
            check(wanted, options.folder.resolve())
        except (Failed, subprocess.CalledProcessError) as error:
            failed += 1
            print(f"  FAILED {error}", flush=True)
        print(f"  {time.perf_counter() - begin:.1f} s in all", flush=True)
    print(f"{len(SUITES) - failed} of {len(SUITES)} projects keep their tests", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Fetch the real projects that privmigrate is measured on, and check it against them.

    python tools/corpus.py fetch [--folder corpus]
    python tools/corpus.py check [--folder corpus]

`fetch` downloads each sdist by name with pip, compares its sha256 with the one in tests/fixtures/labels/README.md and
unpacks it. `check` scans each project and scores the report, then rewrites a copy of it and checks that what comes out
holds, and tries its filters against oslo.rootwrap (tools/admission.py). pip prepares the metadata of these sdists, so
pbr and setuptools have to be installed where this runs (`make real` sees to it).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from score import lines, score

LABELS = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "labels"
RECALL, PRECISION, PROGRAM = 0.98, 0.98, 0.95
READY, DECIDED = 0.75, 0.90  # share of the labelled calls of executors that are ready, and ready or for review


@dataclass(frozen=True)
class Project:
    """name, version: as on PyPI. unpacked: the folder in the sdist. package: the Python package below it.

    sha256: of the sdist, for one that is not labelled; of that only the filters are looked at.
    """

    name: str
    version: str
    unpacked: str
    package: str
    sha256: str = ""

    @property
    def labels(self) -> Path:
        return LABELS / f"{self.name}-{self.version}.jsonl"


PROJECTS = (
    Project("nova", "15.1.5", "nova-15.1.5", "nova"),
    Project("os-brick", "7.1.1", "os_brick-7.1.1", "os_brick"),
    Project("cinder", "29.0.0", "cinder-29.0.0", "cinder"),
)
# Of these only the filters are looked at.
FILTERED = (
    Project(
        "neutron",
        "29.0.0",
        "neutron-29.0.0",
        "neutron",
        sha256="4dc123ed085a4b2cc8af1c4fa8d7162042c4e7cfa5e895f62e99a3b46d92ba31",
    ),
)
SAMPLE = LABELS.parent / "projects" / "moraine"
ARGV = 26_000  # command lines that are held against oslo.rootwrap, for each project with filters


class Failed(Exception):
    """A check did not hold, or an sdist is not the one that was labelled."""


def known_sums() -> dict[str, str]:
    """The sha256 of each labelled sdist, by "name==version", from the labels' own README."""
    rows = re.findall(r"`([\w-]+==[\w.]+)` \| `([0-9a-f]{64})`", (LABELS / "README.md").read_text())
    return dict(rows)


def fetch(project: Project, folder: Path) -> Path:
    """Download and unpack one project below `folder` unless it is there already; return its root."""
    root = folder / project.unpacked
    if root.is_dir():
        return root
    wanted = f"{project.name}=={project.version}"
    folder.mkdir(parents=True, exist_ok=True)
    # Beside its final place, so that the last step is a rename: an interrupted fetch leaves no half tree behind.
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        pip += ["--no-binary", ":all:", "--no-build-isolation", "--dest", scratch, wanted]
        subprocess.run(pip, check=True)
        (sdist,) = Path(scratch).glob("*.tar.gz")
        found = hashlib.sha256(sdist.read_bytes()).hexdigest()
        known = project.sha256 or known_sums()[wanted]
        if found != known:
            raise Failed(f"{wanted}: sha256 is {found}, the figures are of {known}")
        with tarfile.open(sdist) as archive:
            archive.extractall(scratch, filter="data")
        (Path(scratch) / project.unpacked).rename(root)
    return root


def privmigrate(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command; findings (1) are no failure here, everything from 2 on is."""
    done = subprocess.run(
        [sys.executable, "-m", "migrator", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise Failed(f"privmigrate {' '.join(arguments)}: exit status {done.returncode}\n{done.stderr.strip()}")
    return done


def scan(package: str, cwd: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        privmigrate(["scan", f"{package}/", "--no-index", "--format", "json", "--output", str(report)], cwd)
        loaded = json.loads(report.read_text())
    assert isinstance(loaded, dict)
    return loaded


def check_scan(project: Project, root: Path) -> None:
    """Scan and score; raise Failed where a threshold falls short."""
    begin = time.perf_counter()
    report = scan(project.package, root)
    took = time.perf_counter() - begin
    labels = [json.loads(line) for line in project.labels.read_text().splitlines()]
    sites, unreadable = report["sites"], report["unreadable"]
    assert isinstance(sites, list) and isinstance(unreadable, list)
    result = score(sites, labels)
    print(f"  {len(sites)} sites, {len(unreadable)} unreadable files, {took:.2f} s")
    for line in lines(result, every=False):
        print(f"  {line}")
    for name, share, least in (
        ("strict recall", result.recall, RECALL),
        ("precision", result.precision, PRECISION),
        ("program", result.program, PROGRAM),
    ):
        if share.value < least:
            raise Failed(f"{project.name}: {name} {share} is below {least}; see `python tools/score.py ... --list`")
    check_outcomes(project, sites, labels)


def check_outcomes(project: Project, sites: list[dict[str, Any]], labels: list[dict[str, Any]]) -> None:
    """Raise Failed where too few calls can move, or one that stays has no reason. Calls that hand on a root flag of
    their caller's (forwarders) do not count."""
    asked = {
        (label["file"], label["line"])
        for label in labels
        if label["callee_role"] == "executor" and label["kind"] != "forwarder"
    }
    mine = [site for site in sites if (site["path"], site["line"]) in asked]
    stated = Counter(site["outcome"]["status"] for site in mine)
    ready, decided = stated["ready"] / len(mine), (stated["ready"] + stated["review"]) / len(mine)
    print(f"  of {len(mine)} labelled calls {ready:.1%} are ready, {decided:.1%} ready or for review")
    if ready < READY or decided < DECIDED:
        raise Failed(f"{project.name}: asked are {READY:.0%} ready and {DECIDED:.0%} ready or for review")
    bare = [site for site in sites if site["outcome"]["status"] != "ready" and not site["outcome"]["reasons"]]
    if bare:
        raise Failed(f"{project.name}: {bare[0]['path']}:{bare[0]['line']} stays without a reason")


def check_rewrite(project: Project, root: Path) -> None:
    """Rewrite a copy; raise Failed where a file does not compile, a second run changes something, or sites remain."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / project.unpacked
        shutil.copytree(root, copy, symlinks=True)
        before = contents(copy)
        done = privmigrate(["rewrite", "--apply", f"{project.package}/"], copy)
        print("".join(f"  {line}\n" for line in done.stderr.splitlines()), end="")
        after = contents(copy)
        changed = sorted(path for path, data in after.items() if before.get(path) != data)
        if before.keys() - after.keys():
            raise Failed(f"{project.name}: rewrite removed {sorted(before.keys() - after.keys())}")
        for path in changed:
            if path.endswith(".py") and (path not in before or compiles(before[path], path)):
                compile(after[path], path, "exec", dont_inherit=True)
        check_imports(project, root, copy, changed)
        privmigrate(["rewrite", "--apply", f"{project.package}/"], copy)
        again = contents(copy)
        moved = sorted(path for path in again if again[path] != after.get(path))
        if moved:
            raise Failed(f"{project.name}: a second rewrite changed {moved}")
        old, new = scan(project.package, root)["sites"], scan(project.package, copy)["sites"]
        assert isinstance(old, list) and isinstance(new, list)
        fresh = [path for path in changed if path not in before]
        print(
            f"  {len(changed) - len(fresh)} files changed, {len(fresh)} new, {len(old)} sites before, {len(new)} after"
        )
        if changed and len(new) >= len(old):
            raise Failed(f"{project.name}: rewrite changed {len(changed)} files and no root call is gone")


def check_filters(root: Path) -> None:
    """Hold what is said of a project's filters against oslo.rootwrap; raise Failed where the two differ."""
    command = [sys.executable, str(Path(__file__).with_name("admission.py")), "--argv", str(ARGV), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{root.name}: its filters are not read as oslo.rootwrap reads them\n{done.stderr.strip()}")
    print(f"  {done.stdout.strip()}")


def check_imports(project: Project, root: Path, copy: Path, changed: list[str]) -> None:
    """Import every changed privsep module on its own; raise Failed where a new one does not, or an old one no longer.

    A module of the project itself may need requirements of the project that are not here.
    """
    modules = [path for path in changed if {"privsep", "privileged"} & set(path.split("/")) and path.endswith(".py")]
    modules = [path for path in modules if "tests" not in path.split("/")]  # they need the project's test requirements
    for path in modules:
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        fault = import_fault(project, copy, module)
        if fault and not ((root / path).exists() and import_fault(project, root, module)):
            raise Failed(f"{project.name}: {module} does not import\n{fault}")
        print(f"  {module}: {'not importable before either' if fault else 'imports'}")


def import_fault(project: Project, root: Path, module: str) -> str:
    """What a fresh interpreter says about importing a module, "" when it imports.

    The project's own __init__ is left out, since it may import all of the project's requirements.
    """
    lines = (
        "import importlib, sys, types",
        f"top = sys.modules[{project.package!r}] = types.ModuleType({project.package!r})",
        f"top.__path__ = [{str(root / project.package)!r}]",
        f"importlib.import_module({module!r})",
    )
    code = "\n".join(lines)
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=root, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def contents(root: Path) -> dict[str, bytes]:
    """Every regular file below root, by its relative path, without compiled ones."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix != ".pyc"
    }


def compiles(source: bytes, path: str) -> bool:
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=("fetch", "check"))
    parser.add_argument("--folder", type=Path, default=Path("corpus"))
    options = parser.parse_args()
    failures = []
    for project in (*PROJECTS, *FILTERED):
        print(f"{project.name} {project.version}", flush=True)
        try:
            root = fetch(project, options.folder.resolve())
            if options.action == "check":
                if not project.sha256:
                    check_scan(project, root)
                    check_rewrite(project, root)
                check_filters(root)
        except (Failed, subprocess.CalledProcessError) as error:
            failures.append(str(error))
            print(f"  FAILED {error}", flush=True)
    if options.action == "check":
        try:
            check_filters(SAMPLE)
        except Failed as error:
            failures.append(str(error))
            print(f"  FAILED {error}", flush=True)
    every = len(PROJECTS) + len(FILTERED)
    print(f"{every - len(failures)} of {every} projects passed", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""privmigrate forecast on the sample project: both forms, by a log as the libraries write it, and what it refuses."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from migrator.report import benched
from tests.bench.made import run as made
from tests.forecast import written
from tests.running import refused, run

SAMPLE = Path(__file__).resolve().parent / "fixtures" / "projects" / "moraine"
COMMANDS = (
    ("touch", "/var/lib/moraine/a b"),
    ("qemu-img", "convert", "-O", "raw", "/a", "/b"),
    ("chown", "42:42", "/var/lib/moraine/a"),
    ("tgtadm", "--op", "show"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample project with a log beside it."""
    folder = tmp_path_factory.mktemp("forecast") / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = written.programs(folder.parent / "bin", *{words[0] for words in COMMANDS})
    lines = written.by_concurrency(path, COMMANDS)
    with gzip.open(folder / "calls.log.gz", "wt") as file:
        file.write("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    done = run("forecast", "moraine", "--calls", "calls.log.gz", "--hours", "2", cwd=folder)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def document(folder: Path) -> dict[str, Any]:
    words = ("moraine", "--calls", "calls.log.gz", "--hours", "2", "--json", "--output", "forecast.json")
    done = run("forecast", *words, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found: dict[str, Any] = json.loads((folder / "forecast.json").read_text())
    return found


def test_the_text_says_whose_figures_they_are_and_fits(text: str) -> None:
    flat = " ".join(text.split())
    assert "a run that comes with privmigrate, of another machine than yours" in flat
    assert "0 -> 4 native" in flat and "3|1 -> 0" in flat and "slower than rootwrap-daemon" in flat
    assert "[moraine_sys_admin]" in flat or "one thread is enough for what the log tells" in flat
    assert max(map(len, text.splitlines())) <= 80


def test_calls_of_the_log_are_of_sites_and_the_others_are_told(document: dict[str, Any], text: str) -> None:
    seen = document["traffic"]
    assert sorted(one["argv"][0] for one in seen["calls"]) == ["chown", "qemu-img", "touch"]
    assert all(one["count"] == one["timed"] == 1 and one["per_hour"] == 0.5 for one in seen["calls"])
    (stranger,) = seen["unmatched"]
    assert (stranger["program"], stranger["examples"]) == ("tgtadm", ["tgtadm --op show"])
    assert "1 root call of none of these operations" in text and "tgtadm --op show" in text
    assert seen["ways"] == ["rootwrap"] and seen["summary"]["matched"] == 3


def test_a_site_and_its_figures(document: dict[str, Any], folder: Path) -> None:
    convert = next(one for one in document["operations"] if one["argv"][:2] == ["qemu-img", "convert"])
    line = (folder / convert["path"]).read_text().splitlines()[convert["line"] - 1]
    assert "execute(" in line
    assert (convert["before"], convert["after"]) == ("rootwrap", "narrow")
    bench = json.loads(benched.shipped().read_text())
    assert convert["ways"]["rootwrap"] == {
        "before_ms": bench["ways"]["rootwrap"]["true"]["median_ms"],
        "before_figure": "true",
        "after_ms": bench["ways"]["exec"]["true"]["median_ms"],
        "after_figure": "true",
        "processes_saved": 2,
    }


def test_steps_add_up_to_the_operations(document: dict[str, Any]) -> None:
    assert sum(one["operations"] for one in document["steps"]) == len(document["operations"]) > 50
    served = sum(one["operations"] for one in document["pools"])
    assert served == sum(1 for one in document["operations"] if one["context_after"])
    assert document["memory"]["before_kib"] == 0 < document["memory"]["after_kib"]


def test_pools_name_a_section_that_rewrite_writes(document: dict[str, Any], folder: Path) -> None:
    diff = run("rewrite", "moraine", "--no-tests", "--no-filters", cwd=folder).stdout
    assert document["pools"]
    for pool in document["pools"]:
        assert f"cfg_section='{pool['section']}'" in diff, pool["section"]
    slow = {each["place"].partition(":")[0] for pool in document["pools"] for each in pool["slow"]}
    assert "moraine/image.py" in slow


def test_what_it_cannot_read_is_one_line(folder: Path) -> None:
    (folder / "one.json").write_text(benched.dumps(made()))
    (folder / "empty.log").write_text("2026-11-26 10:00:00 7 INFO x nothing to see\n")
    (folder / "broken.gz").write_text("no gzip")
    told = refused(run("forecast", "moraine", "--calls", "none.log", cwd=folder))
    assert told == "none.log: the calls can't be read: No such file or directory"
    assert refused(run("forecast", "moraine", "--bench", "none.json", cwd=folder)).startswith("none.json: ")
    assert "give both" in refused(run("forecast", "moraine", "--hours", "3", cwd=folder))
    small = folder / "small"
    small.mkdir()
    (small / "__init__.py").write_text("")
    assert "no root call in it" in refused(run("forecast", "small", "--calls", "empty.log", cwd=folder))
    assert refused(run("forecast", "small", "--calls", "broken.gz", cwd=folder)).startswith("broken.gz: the calls")
    assert "--hours" in refused(run("forecast", "small", "--calls", "empty.log", "--hours", "0", cwd=folder))


def test_a_run_of_bench_that_lacks_a_figure_is_refused(folder: Path, tmp_path: Path) -> None:
    document = json.loads(benched.shipped().read_text())
    for of_way in document["ways"].values():
        of_way.pop("true", None)
    (tmp_path / "some.json").write_text(json.dumps(document))
    told = refused(run("forecast", "small", "--bench", tmp_path / "some.json", cwd=folder))
    assert "no figures of `true` in it; make it anew with `privmigrate bench --json FILE`, without --only" in told

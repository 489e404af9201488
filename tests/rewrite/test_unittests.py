"""The unit tests that a target gets with its new functions: they pass, they fail on a wrong function, they are kept."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.model import Privileged, Rung, Sample
from migrator.rewrite import homes, package, unittests
from migrator.rewrite.pending import Pending
from migrator.rewrite.rewriting import Rewriting, rewrite
from migrator.rewrite.surroundings import Wanted
from migrator.rewrite.target import describe
from migrator.rewrite.transaction import Change, commit
from tests.rewrite import sample
from tests.shipped import rulebook
from tests.verify import ordinary

BASE = "import unittest\n\n\nclass TestCase(unittest.TestCase):\n    pass\n"
OLD = "from cloudy.tests import base\n\n\nclass OldTestCase(base.TestCase):\n    def test_old(self):\n        pass\n"
TESTS = {
    "cloudy/tests/__init__.py": "",
    "cloudy/tests/base.py": BASE,
    "cloudy/tests/unit/__init__.py": "",
    "cloudy/tests/unit/test_old.py": OLD,
}
PATH = "cloudy/tests/unit/privsep/test_path.py"
LVM = "cloudy/tests/unit/privsep/test_lvm.py"


def command(name: str, source: str, *imports: str) -> Privileged:
    return replace(
        sample.LVREMOVE, name=name, source=source, imports=tuple(sorted({*imports, *sample.LVREMOVE.imports}))
    )


def native(name: str, source: str, *samples: Sample) -> Privileged:
    lines = ("from oslo_concurrency import processutils", "import os")
    return replace(sample.CHOWN, name=name, source=source, samples=samples, imports=lines)


def made(folder: Path, wanted: Sequence[Privileged], **more: str) -> list[str]:
    """Write a project with these functions and their tests; the notes."""
    sample.project(folder, **{**TESTS, **more})
    target = describe(str(folder), "cloudy")
    settled = homes.settle(wanted, target)
    assert not settled.refused
    changes = package.changes(settled.of.values(), (), (), settled.new, settled.modules, target)
    pending = Pending(Change(*change) for change in changes)
    notes = unittests.write(settled.of, target, pending)
    commit(pending.changes, str(folder))
    return notes


WORDS = [sys.executable, "-BW", "error::ResourceWarning", "-m", "unittest"]
WORDS += ["discover", "-v", "-t", ".", "-s", "cloudy/tests/unit"]


def ran(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(WORDS, cwd=folder, capture_output=True, text=True)


def passed(folder: Path) -> set[str]:
    """The names of the tests, all of which pass."""
    done = ran(folder)
    assert done.returncode == 0, done.stderr
    return {line.split()[0] for line in done.stderr.splitlines() if line.endswith("... ok")} - {"test_old"}


COMMANDS = [
    (command("plain", "def plain(path):\n    return command.run('lvremove', '-f', path)\n"), "'-f'", "'-y'"),
    (command("number", "def number(size):\n    return command.run('dd', 'bs=%dk' % size)\n"), "bs=", "count="),
    (command("quoted", "def quoted(a):\n    return command.run('x', 'it''s=%s' % a)\n"), "'x'", "'y'"),
    (
        command("fed", "def fed(a, process_input):\n    return command.run('x', a, process_input=process_input)\n"),
        "process_input=process_input",
        "process_input=a",
    ),
    (
        command("lenient", "def lenient(a):\n    return command.run('x', a, check_exit_code=[0, 5])\n"),
        "[0, 5]",
        "[0]",
    ),
    (
        command("spoken", "def spoken(a):\n    return command.run('x', a, env_variables={'LC_ALL': 'C'})\n"),
        "'C'",
        "'D'",
    ),
    (
        command(
            "logged",
            "def logged(a):\n    return command.run('x', a, log_errors=processutils.LOG_FINAL_ERROR)\n",
            "from oslo_concurrency import processutils",
        ),
        "LOG_FINAL_ERROR",
        "LOG_ALL_ERRORS",
    ),
]


def test_a_function_that_runs_a_command_is_held_to_its_words_and_keywords(tmp_path: Path) -> None:
    assert made(tmp_path, [function for function, _, _ in COMMANDS]) == []
    names = {f"test_{function.name}" for function, _, _ in COMMANDS}
    assert names <= passed(tmp_path)
    module = tmp_path / "cloudy/privsep/lvm.py"
    head, *bodies = re.split(r"(?=^@cloudy)", module.read_text(), flags=re.M)
    for function, right, wrong in COMMANDS:
        (number,) = (number for number, body in enumerate(bodies) if f"def {function.name}(" in body)
        assert right in bodies[number]
        bodies[number] = bodies[number].replace(right, wrong)
    module.write_text(head + "".join(bodies))
    failed = {line.split()[1] for line in ran(tmp_path).stderr.splitlines() if line.startswith("FAIL: ")}
    assert failed == names


def test_a_form_that_is_not_known_gets_no_test_and_is_told(tmp_path: Path) -> None:
    sources = [
        "def odd0(path):\n    path = path.strip()\n    return command.run('x', path)\n",
        "def odd1(path):\n    return command.run('x', *path)\n",
        "def odd2(path):\n    return command.run('x', path if path else 'y')\n",
        "def odd3(path):\n    return command.run('x', path, **{})\n",
        "def odd4(path, more='x'):\n    return command.run('x', path, more)\n",
        "def odd5(path):\n    return command.run('x', path, cwd='/%s' % path)\n",
        "def odd6(path):\n    return command.run('x', '%d' % len(path))\n",
        "def odd7(*path):\n    return command.run('x')\n",
        "def odd8(path):\n    return path\n",
    ]
    notes = made(tmp_path, [command(f"odd{number}", source) for number, source in enumerate(sources)])
    named = ", ".join(f"lvm.odd{number}" for number in range(len(sources)))
    assert notes == [f"unit tests to write by hand, in cloudy/tests/unit/privsep: {named}"]
    assert not (tmp_path / LVM).exists()


ABSOLUTE = """\
def own(owner, path):
    if not os.path.isabs(path):
        raise processutils.ProcessExecutionError(stderr='%s is not an absolute path' % path)
    os.chown(path, int(owner), -1)
"""


def test_a_native_function_is_tried_and_has_to_refuse_a_relative_path(tmp_path: Path) -> None:
    samples = (
        Sample("own(str(os.getuid()), path)", "'old'", "text(path)"),
        Sample("own(str(os.getuid()), folder)", "None", "result"),
    )
    assert made(tmp_path, [native("own", ABSOLUTE, *samples)]) == []
    assert passed(tmp_path) == {"test_own", "test_own_case_2", "test_own_refuses_a_relative_path"}
    module = tmp_path / "cloudy/privsep/path.py"
    module.write_text(module.read_text().replace("isabs(path)", "isabs('/')").replace("os.chown", "os.rename"))
    done = ran(tmp_path)
    assert {"test_own", "test_own_case_2", "test_own_refuses_a_relative_path"} == {
        line.split()[1] for line in done.stderr.splitlines() if line.startswith(("FAIL: ", "ERROR: "))
    }


def test_arguments_that_no_sample_shows_are_not_guessed(tmp_path: Path) -> None:
    """`test -f PATH` with another word for -f would fail for another reason."""
    assert made(tmp_path, [native("own", ABSOLUTE)]) == [
        "unit tests to write by hand, in cloudy/tests/unit/privsep: path.own"
    ]


def rules_functions() -> list[Privileged]:
    return [
        Privileged(
            rule.function.__name__,
            rule.module,
            rule.source,
            rule.imports,
            frozenset(rule.capabilities),
            rule.kind,
            rule.name,
            samples=rule.samples,
            helpers=rule.helpers,
        )
        for rule in rulebook().all()
        if rule.kind is Rung.NATIVE
    ]


def test_the_functions_of_the_rules_pass_theirs(tmp_path: Path) -> None:
    """Whoever runs the unit tests: an ordinary user, or root."""
    wanted = rules_functions()
    assert made(tmp_path, wanted) == []
    names = passed(tmp_path)
    assert {"test_chmod", "test_chmod_refuses_a_relative_path", "test_kill_fails", "test_tee_case_2"} <= names
    for function in wanted:
        assert f"test_{function.name}" in names
    for path in (tmp_path / "cloudy/tests/unit/privsep").glob("test_*.py"):
        assert max(map(len, path.read_text().splitlines())) <= 79
    if os.geteuid() == 0:
        shared = Path("/tmp") / tmp_path.name  # an ordinary user comes through to this one
        shutil.copytree(tmp_path, shared)
        shared.chmod(0o755)
        (tmp_path / "user").mkdir()
        try:
            words = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(shared), *WORDS]
            with ordinary.started(tmp_path / "user", *words, ranges=False) as process:
                _, told = process.communicate(timeout=100)
        finally:
            shutil.rmtree(shared)
        assert process.returncode == 0, told


@pytest.mark.parametrize(
    "body",
    [
        "return '', ''",
        "raise processutils.ProcessExecutionError(exit_code=1, stderr='is not an absolute path')",
    ],
)
def test_a_function_that_does_nothing_passes_none_of_the_rules_tests(tmp_path: Path, body: str) -> None:
    wanted = rules_functions()
    made(tmp_path, wanted)
    for path in (tmp_path / "cloudy/privsep").glob("*.py"):
        lines = path.read_text().splitlines()
        for node in reversed(ast.parse(path.read_text()).body):
            if isinstance(node, ast.FunctionDef):
                lines[node.body[0].lineno - 1 : node.end_lineno] = [f"    {body}"]
        path.write_text("from oslo_concurrency import processutils\n" + "\n".join(lines) + "\n")
    done = ran(tmp_path)
    failed = {line.split()[1] for line in done.stderr.splitlines() if line.startswith(("FAIL: ", "ERROR: "))}
    assert [each.name for each in wanted if not {f"test_{each.name}", f"test_{each.name}_fails"} & failed] == []


ASKING = """\
def own(owner, path):
    if owner != 'fake':
        raise processutils.ProcessExecutionError(exit_code=3)
    os.chown(path, 41, -1)
    return '', ''
"""


def test_what_a_function_asks_of_the_kernel_is_looked_at(tmp_path: Path) -> None:
    samples = (
        Sample(
            "own('fake', '/fake')",
            "('', '')",
            patched=("os.chown",),
            asserted=("mock_chown.assert_called_once_with('/fake', 41, -1)",),
        ),
        Sample("own('other', '/fake')", code=3, patched=("os.chown",), asserted=("mock_chown.assert_not_called()",)),
    )
    assert made(tmp_path, [native("own", ASKING, *samples)]) == []
    assert passed(tmp_path) == {"test_own", "test_own_fails"}
    module = tmp_path / "cloudy/privsep/path.py"
    text = module.read_text()
    for right, wrong, failing in (
        ("41, -1", "41, 42", {"test_own"}),
        ("os.chown(path", "os.path.join(path", {"test_own"}),
        ("'', ''", "None", {"test_own"}),
        ("exit_code=3", "exit_code=2", {"test_own_fails"}),
        ("raise ", "return ", {"test_own_fails"}),
        ("'fake'", "'other'", {"test_own", "test_own_fails"}),
    ):
        module.write_text(text.replace(right, wrong))
        told = ran(tmp_path).stderr.splitlines()
        assert failing == {line.split()[1] for line in told if line.startswith(("FAIL: ", "ERROR: "))}


CHECKED = """\
def {name}(mode, path):
    # Only what rootwrap's filter fake admitted.
    if not ({condition}):
        cmd = ' '.join(['fake', mode, path])
        raise processutils.ProcessExecutionError(
            stdout='', exit_code=99, cmd=cmd,
            stderr='Unauthorized command: %s (no filter matched)\\n' % cmd)
    {rest}
"""


def test_a_function_that_a_filter_holds_to_some_words_is_tried_on_them_and_on_others(tmp_path: Path) -> None:
    rest = "path = os.path.realpath(path)\n    return command.run('fake', mode, path)"
    imports = "import os", "import re", "from oslo_concurrency import processutils"
    conditions = {
        "one": "mode == 'a' and path == '/one'",
        "some": "mode in ('a', 'b') and path == '/one'",
        "matched": r"re.match(r'(/var|/usr)?/tmp/fake[^/]+/etc/[a]\d+$', path) or path == '/one'",
        "within": "os.path.isabs(path) and os.path.realpath(path).startswith('/nowhere/')",
        "pattern": r"re.match(r'/dev/mapper/crypt-.+$', path) and re.match(r'\+\d+$', '+%s' % mode)",
    }
    wanted = [
        command(name, CHECKED.format(name=name, condition=condition, rest=rest), *imports)
        for name, condition in conditions.items()
    ]
    assert made(tmp_path, wanted) == []
    ours = {f"test_{name}{end}" for name in conditions for end in ("", "_refuses_what_no_filter_admits")}
    assert ours <= passed(tmp_path)
    module = tmp_path / "cloudy/privsep/lvm.py"
    text = module.read_text()
    for wrong in ("if not", "if True or not"), ("if not", "if False and not"), ("exit_code=99", "exit_code=1"):
        module.write_text(text.replace(*wrong))
        failed = [line for line in ran(tmp_path).stderr.splitlines() if line.startswith(("FAIL: ", "ERROR: "))]
        assert len(failed) == len(conditions), wrong


def test_samples_that_a_filter_does_not_admit_are_left_out(tmp_path: Path) -> None:
    samples = (
        Sample("own('0600', path)", "0o600", "stat.S_IMODE(os.stat(path).st_mode)"),
        Sample("own('0640', path)", "0o640", "stat.S_IMODE(os.stat(path).st_mode)"),
    )
    rest = "out = err = ''\n    os.chmod(path, int(mode, 8))\n    return out, err"
    text = CHECKED.format(name="own", condition="mode == '0640'", rest=rest)
    only = CHECKED.format(name="only", condition="path == '/fake'", rest="os.chmod(path, int(mode, 8))")
    others = tuple(replace(each, call=each.call.replace("own", "only")) for each in samples)
    assert made(tmp_path, [native("own", text, *samples), native("only", only, *others)]) == [
        "unit tests to write by hand, in cloudy/tests/unit/privsep: path.only (but for what it refuses)"
    ]
    assert passed(tmp_path) == {
        "test_own",
        "test_own_refuses_what_no_filter_admits",
        "test_only_refuses_what_no_filter_admits",
    }
    assert "'0640'" in (tmp_path / PATH).read_text() and "'0600'" not in (tmp_path / PATH).read_text()


def test_a_function_that_asks_what_a_process_runs_is_shown_one_that_runs_it(tmp_path: Path) -> None:
    text = """\
def own(pid):
    # Only what rootwrap's filter fake admitted.
    folders = os.environ.get('PATH', '').split(':')
    try:
        program = os.readlink('/proc/%d/exe' % int(pid))
        if not os.path.isfile(program):
            program = ''
    except (ValueError, EnvironmentError):
        program = ''
    if program != '/usr/sbin/fake':
        cmd = ' '.join(['kill', pid])
        return '', 'Unauthorized command: %s (no filter matched)\\n' % cmd
    os.kill(int(pid), 9)
    return '', ''
"""
    asserted = ("mock_kill.assert_called_once_with(41, 9)",)
    one = Sample("own('41')", "('', '')", patched=("os.kill",), asserted=asserted)
    assert made(tmp_path, [native("own", text, one)]) == []
    assert passed(tmp_path) == {"test_own", "test_own_refuses_what_no_filter_admits"}
    module = tmp_path / "cloudy/privsep/path.py"
    right = module.read_text()
    for wrong in ("sbin", "bin"), ("int(pid), 9", "int(pid), 1"), ("Unauthorized", "Authorized"):
        module.write_text(right.replace(*wrong))
        assert ran(tmp_path).returncode, wrong


def run(folder: Path, *files: str, tests: bool = True) -> Rewriting:
    outcomes = [one for name in files for one in sample.calls(folder / name)]
    return rewrite(outcomes, Wanted(tests=tests))


def test_a_second_run_keeps_what_is_there_and_adds_what_is_new(tmp_path: Path) -> None:
    sample.project(tmp_path, **TESTS)
    commit(run(tmp_path, "cloudy/driver.py").changes, str(tmp_path))
    first = passed(tmp_path)
    assert "test_lvremove" in first and "test_run_keeps_the_environment" in first
    assert not run(tmp_path, "cloudy/driver.py").changes
    mine = (tmp_path / LVM).read_text().replace("    @mock", "    # mine\n    @mock") + "\n\nMINE = 1\n"
    (tmp_path / LVM).write_text(mine)
    body = "from cloudy import utils\n\n\ndef f(path):\n    utils.execute('lvremove', path, run_as_root=True)\n"
    (tmp_path / "cloudy/more.py").write_text(body)
    (outcome,) = sample.calls(tmp_path / "cloudy/more.py")
    other = command("lvs", "def lvs(path):\n    return command.run('lvs', path)\n")
    changes = rewrite([replace(outcome, function=other)]).changes
    commit(changes, str(tmp_path))
    assert passed(tmp_path) == first | {"test_lvs"}
    text = (tmp_path / LVM).read_text()
    assert text.startswith(mine.partition("\n\nMINE")[0]) and text.endswith("\n\nMINE = 1\n")
    assert not any("test_command" in change.path for change in changes)


def test_a_test_file_of_the_project_s_own_gets_a_class_of_ours(tmp_path: Path) -> None:
    own = OLD.replace("OldTestCase", "LvmTestCase").replace("test_old", "test_lvremove")
    sample.project(tmp_path, **TESTS, **{"cloudy/tests/unit/privsep/__init__.py": "", LVM: own})
    commit(run(tmp_path, "cloudy/driver.py").changes, str(tmp_path))
    text = (tmp_path / LVM).read_text()
    assert "class LvmPrivsepTestCase(base.TestCase):" in text and "class LvmTestCase(base.TestCase):" in text
    assert text.count("def test_lvremove(") == 2 and "test_lvremove" in passed(tmp_path)


def test_a_project_without_tests_is_told(tmp_path: Path) -> None:
    sample.project(tmp_path)
    found = run(tmp_path, "cloudy/driver.py")
    assert any("has no folder tests" in note for note in found.notes)
    assert not any("test" in os.path.basename(change.path) for change in found.changes)


def test_none_are_written_when_none_are_wanted(tmp_path: Path) -> None:
    sample.project(tmp_path, **TESTS)
    found = run(tmp_path, "cloudy/driver.py", tests=False)
    assert not any("tests" in change.path for change in found.changes)


def test_without_a_base_class_it_is_unittest_s(tmp_path: Path) -> None:
    made(tmp_path, [COMMANDS[0][0]], **{"cloudy/tests/unit/test_old.py": "", "cloudy/tests/base.py": ""})
    assert "class LvmTestCase(unittest.TestCase):" in (tmp_path / LVM).read_text()
    assert "test_plain" in passed(tmp_path)


def test_the_project_s_import_style(tmp_path: Path) -> None:
    contexts = (
        "from oslo_privsep import priv_context\n\ndefault = priv_context.PrivContext(\n    __name__, "
        "cfg_section='x', pypath=__name__ + '.default', capabilities=[])\n"
    )
    inside = "from cloudy import privileged\n\n\n@privileged.default.entrypoint\ndef sync():\n    pass\n"
    more = {
        "cloudy/privileged/__init__.py": contexts,
        "cloudy/privileged/fs.py": inside,
        "cloudy/x.py": "from cloudy.privileged import fs as priv_fs\n\npriv_fs.sync()\n",
    }
    made(tmp_path, [COMMANDS[0][0]], **more)
    text = (tmp_path / "cloudy/tests/unit/privileged/test_lvm.py").read_text()
    assert "from cloudy import privileged\nfrom cloudy.privileged import lvm as priv_lvm\n" in text
    assert "vars(privileged).values()" in text and "result = priv_lvm.plain('fake_path')" in text
    assert "test_plain" in passed(tmp_path)


def test_python_2_has_its_own_spelling(tmp_path: Path) -> None:
    metadata = "[metadata]\nclassifier =\n    Programming Language :: Python :: 2.7\n"
    kept = Sample("own(str(os.getuid()), path)", "'old'", "text(path)")
    made(tmp_path, [COMMANDS[0][0], native("own", ABSOLUTE, kept)], **{"setup.cfg": metadata})
    text = (tmp_path / PATH).read_text()
    assert "import mock\n" in text and "super(PathTestCase, self).setUp()" in text
    assert "assertRaisesRegex" not in text and "self.assertRaises(processutils.ProcessExecutionError" in text


def test_lines_fit_the_page(tmp_path: Path) -> None:
    long = "a_function_with_a_name_that_is_rather_long"
    words = ", ".join(f"'--option-number-{number}'" for number in range(6))
    source = f"def {long}(a_parameter_with_a_name, another_one):\n    return command.run('x', {words}, another_one)\n"
    made(tmp_path, [command(long, source)])
    assert f"test_{long}" in passed(tmp_path)
    assert max(map(len, (tmp_path / LVM).read_text().splitlines())) <= 79

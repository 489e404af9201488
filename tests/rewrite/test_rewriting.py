"""From outcomes to the files of a small project, applied, imported and run again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.model import Argument, Helper, Outcome, Privileged, Rung, Status
from migrator.rewrite.rewriting import Rewriting, rewrite
from migrator.rewrite.transaction import commit
from migrator.words import Literal, Value
from tests.rewrite import sample

DRIVER = "cloudy/driver.py"
PCTXT = """\
from oslo_privsep import capabilities as caps
from oslo_privsep import priv_context

%s
"""
CONTEXT = """
%s = priv_context.PrivContext(
    __name__,
    cfg_section='%s',
    pypath=__name__ + '.%s',
    capabilities=[%s],
)
"""


def context(name: str, *capabilities: str) -> str:
    return CONTEXT % (name, f"priv_{name}", name, ", ".join(f"caps.{capability}" for capability in capabilities))


def run(folder: Path, *names: str) -> Rewriting:
    return rewrite([one for name in names or (DRIVER,) for one in sample.calls(folder / name)])


def apply(folder: Path, rewriting: Rewriting) -> None:
    commit(rewriting.changes, str(folder))


def codes(rewriting: Rewriting) -> list[str]:
    return [outcome.reasons[0].code for outcome in rewriting.left]


def driver(body: str, head: str = "") -> str:
    return f"from cloudy import utils\n{head}\n\ndef f(uid, path):\n{body}"


def rewritten(folder: Path, text: str | bytes, **more: str) -> str:
    """The driver's new text."""
    sample.project(folder, **{DRIVER: text}, **more)
    found = run(folder)
    new = {change.path: change.new for change in found.changes}
    assert not found.left, found.left
    return new[str(folder / DRIVER)].decode()


def test_the_new_package_imports_in_a_fresh_interpreter(tmp_path: Path) -> None:
    sample.project(tmp_path)
    apply(tmp_path, run(tmp_path))
    code = (
        "import cloudy.driver, cloudy.privsep.path as path, cloudy.privsep as p\n"
        "import cloudy.privsep.lvm as lvm\n"
        "assert path.chown.privsep_entrypoint is p.fs_pctxt\n"
        "assert lvm.lvremove.privsep_entrypoint is p.sys_admin_pctxt\n"
        "from oslo_utils import importutils\n"
        "assert importutils.import_class(p.sys_admin_pctxt.pypath) is p.sys_admin_pctxt\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    sample.project(tmp_path)
    first = run(tmp_path)
    apply(tmp_path, first)
    assert len(first.moved) == 2
    assert run(tmp_path) == replace(run(tmp_path), changes=(), moved=(), left=())


def test_a_later_call_of_the_same_function_reuses_it(tmp_path: Path) -> None:
    sample.project(tmp_path)
    apply(tmp_path, run(tmp_path))
    before = (tmp_path / "cloudy/privsep/path.py").read_bytes()
    (tmp_path / DRIVER).write_text(driver("    utils.execute('chown', uid, path, run_as_root=True)\n"))
    again = run(tmp_path)
    assert [change.path for change in again.changes] == [str(tmp_path / DRIVER)]
    assert (tmp_path / "cloudy/privsep/path.py").read_bytes() == before


def test_two_bodies_of_one_name_get_two_names(tmp_path: Path) -> None:
    sample.project(tmp_path)
    other = replace(sample.CHOWN, source="def chown(owner, path):\n    os.lchown(path, int(owner), -1)\n")
    apply(tmp_path, run(tmp_path))
    (tmp_path / DRIVER).write_text(driver("    utils.execute('chown', uid, path, run_as_root=True)\n"))
    outcome = replace(sample.calls(tmp_path / DRIVER)[0], function=other)
    again = rewrite([outcome])
    assert [moved.function for moved in again.moved] == ["cloudy.privsep.path.chown_2"]
    module = next(change for change in again.changes if change.path.endswith("path.py"))
    assert module.old is not None and module.new.startswith(module.old)
    assert any("chown_2" in note for note in again.notes)


def _with_helper(folder: Path, *texts: str) -> Rewriting:
    """Chown calls rewritten, the functions of which call a helper; texts: the helper's text for each call."""
    calls = "".join(f"    utils.execute('chown', uid, path + '{n}', run_as_root=True)\n" for n in range(len(texts)))
    (folder / DRIVER).write_text(driver(calls))
    found = []
    for number, (outcome, text) in enumerate(zip(sample.calls(folder / DRIVER), texts, strict=True)):
        name = "chown" if number == 0 else f"chown{number}"
        function = f"def {name}(owner, path):\n    _give(path, int(owner))\n"
        helped = replace(sample.CHOWN, name=name, source=function, helpers=(Helper("_give", text),))
        found.append(replace(outcome, function=helped))
    return rewrite(found)


GIVE = "def _give(path: str, uid: int) -> None:\n    os.chown(path, uid, -1)\n"


def test_a_helper_lands_once_and_undecorated_before_the_functions_that_call_it(tmp_path: Path) -> None:
    sample.project(tmp_path)
    apply(tmp_path, _with_helper(tmp_path, GIVE, GIVE))
    text = (tmp_path / "cloudy/privsep/path.py").read_text()
    assert text.count("def _give(") == 1 and text.count("entrypoint") == 2
    assert text.index("\n\n\ndef _give(") < text.index("\n\n\n@") and "\ndef chown1(" in text
    again = _with_helper(tmp_path, GIVE)
    assert [moved.function for moved in again.moved] == ["cloudy.privsep.path.chown"]
    assert len(again.changes) == 1, "all of it is there already"


def test_another_helper_of_that_name_is_not_called(tmp_path: Path) -> None:
    other = GIVE.replace("chown", "lchown")
    sample.project(tmp_path)
    found = _with_helper(tmp_path, GIVE, other)
    assert codes(found) == ["name-taken"] and len(found.moved) == 1
    package = PCTXT % context("strong", "CAP_CHOWN")
    sample.project(tmp_path, **{"cloudy/privsep/__init__.py": package, "cloudy/privsep/path.py": other})
    assert codes(_with_helper(tmp_path, GIVE)) == ["name-taken"]


def test_an_existing_context_that_suffices_is_used(tmp_path: Path) -> None:
    package = PCTXT % (context("weak", "CAP_KILL") + context("strong", "CAP_CHOWN", "CAP_KILL"))
    sample.project(tmp_path, **{"cloudy/privsep/__init__.py": package})
    new = {change.path: change.new.decode() for change in run(tmp_path).changes}
    assert str(tmp_path / "cloudy/privsep/__init__.py") not in new
    assert "@cloudy.privsep.strong.entrypoint\ndef chown(" in new[str(tmp_path / "cloudy/privsep/path.py")]
    assert "@cloudy.privsep.weak.entrypoint\ndef lvremove(" in new[str(tmp_path / "cloudy/privsep/lvm.py")]


def test_a_context_that_does_not_suffice_is_not_widened(tmp_path: Path) -> None:
    package = PCTXT % context("weak_pctxt", "CAP_KILL")
    sample.project(tmp_path, **{"cloudy/privsep/__init__.py": package})
    found = run(tmp_path)
    change = next(change for change in found.changes if change.path.endswith("privsep/__init__.py"))
    assert change.old is not None
    text = change.new.decode()
    assert context("weak_pctxt", "CAP_KILL") in text
    assert "fs_pctxt = priv_context.PrivContext(" in text and "capabilities=[caps.CAP_CHOWN]" in text
    apply(tmp_path, found)
    code = "import cloudy.privsep.path as p, cloudy.privsep as c; assert p.chown.privsep_entrypoint is c.fs_pctxt"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_the_project_s_import_style_wins(tmp_path: Path) -> None:
    package = PCTXT % context("default", "CAP_CHOWN")
    other = "from cloudy.privileged import fs as priv_fs\n\npriv_fs.sync()\n"
    inside = "from cloudy import privileged\n\n\n@privileged.default.entrypoint\ndef sync():\n    pass\n"
    more = {"cloudy/privileged/__init__.py": package, "cloudy/privileged/fs.py": inside, "cloudy/x.py": other}
    sample.project(tmp_path, **more)
    new = {change.path: change.new.decode() for change in run(tmp_path).changes}
    assert "from cloudy.privileged import path as priv_path\n" in new[str(tmp_path / DRIVER)]
    assert "        priv_path.chown(uid, path)\n" in new[str(tmp_path / DRIVER)]
    lvm = new[str(tmp_path / "cloudy/privileged/lvm.py")]
    assert "from cloudy import privileged\nfrom cloudy.privileged import command\n" in lvm
    assert "@privileged.default.entrypoint\ndef lvremove(path):" in lvm
    assert "    return command.run('lvremove', '-f', path)\n" in lvm


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (driver("    cloudy = 1\n    utils.execute('chown', uid, path, run_as_root=True)\n"), "name-taken"),
        (driver("    utils.execute('chown', uid, path, run_as_root=True)\n", "cloudy = 1"), "name-taken"),
        (driver("    return [utils.execute('chown', uid, path, run_as_root=True) for cloudy in path]\n"), "name-taken"),
        (
            driver("    if utils.execute('chown', uid,  # who\n        path, run_as_root=True): pass\n"),
            "comment-in-call",
        ),
        (driver("    utils.execute('chown', uid,  # noqa\n        path, run_as_root=True)\n"), "comment-in-call"),
        (
            driver(
                "    utils.execute('chown', utils.execute('lvremove', '-f', uid, run_as_root=True)[0],\n"
                "                  path, run_as_root=True)\n"
            ),
            "nested-call",
        ),
    ],
)
def test_what_cannot_be_done_safely_is_refused_with_a_reason(tmp_path: Path, text: str, code: str) -> None:
    sample.project(tmp_path, **{DRIVER: text})
    found = run(tmp_path)
    assert not found.changes and set(codes(found)) == {code}
    assert all(outcome.status is Status.REFUSED for outcome in found.left)


def test_a_file_that_changed_since_the_scan_is_left_alone(tmp_path: Path) -> None:
    sample.project(tmp_path)
    outcomes = sample.calls(tmp_path / DRIVER)
    text = (tmp_path / DRIVER).read_text()
    (tmp_path / DRIVER).write_text(text.replace("ours", "our own"))
    assert set(codes(rewrite(outcomes))) == {"changed-since-scan"}


def test_a_file_in_no_package_is_left_alone(tmp_path: Path) -> None:
    sample.project(tmp_path, **{"tool.py": driver("    utils.execute('chown', uid, path, run_as_root=True)\n")})
    assert codes(run(tmp_path, "tool.py")) == ["no-package"]


def test_an_import_circle_is_refused(tmp_path: Path) -> None:
    package = PCTXT % context("default", "CAP_CHOWN")
    module = "from cloudy import helper\nimport cloudy.privsep\n\nX = helper\n"
    more = {"cloudy/privsep/__init__.py": package, "cloudy/privsep/path.py": module}
    sample.project(tmp_path, **more, **{"cloudy/helper.py": "from cloudy import driver\n\nX = driver\n"})
    assert codes(run(tmp_path)) == ["import-cycle"]


def test_outcomes_that_are_not_ready_pass_through(tmp_path: Path) -> None:
    sample.project(tmp_path)
    outcome = replace(sample.calls(tmp_path / DRIVER)[0], status=Status.REVIEW)
    assert rewrite([outcome]).left == (outcome,)


def test_arguments_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    sample.project(tmp_path)
    outcome = sample.calls(tmp_path / DRIVER)[0]
    assert codes(rewrite([replace(outcome, arguments=outcome.arguments[:1])])) == ["arguments-do-not-fit"]


def test_long_calls_are_wrapped_in_the_style_around(tmp_path: Path) -> None:
    long = "some_rather_long_name_of_a_path"
    body = f"    utils.execute('chown', the_user_{long},\n                  {long},\n"
    text = rewritten(tmp_path, driver(f"{body}                  run_as_root=True)\n"))
    assert f"    cloudy.privsep.path.chown(the_user_{long},\n                              {long})\n" in text


def test_a_hanging_call_stays_hanging(tmp_path: Path) -> None:
    long = "some_rather_long_name_of_a_path_that_is_not_short"
    text = rewritten(tmp_path, driver(f"    utils.execute(\n        'chown', uid, {long}, run_as_root=True)\n"))
    assert f"    cloudy.privsep.path.chown(\n        uid, {long})\n" in text


def test_comments_inside_a_call_move_above_it(tmp_path: Path) -> None:
    text = rewritten(tmp_path, driver("    x = utils.execute('chown', uid,  # who\n        path, run_as_root=True)\n"))
    assert "    # who\n    x = cloudy.privsep.path.chown(uid, path)\n" in text


def test_windows_line_ends_tabs_and_a_bom_stay(tmp_path: Path) -> None:
    old = driver("\tif path:\n\t\tutils.execute('chown', uid, path, run_as_root=True)\n\treturn 'é'")
    sample.project(tmp_path, **{DRIVER: b"\xef\xbb\xbf" + old.replace("\n", "\r\n").encode()})
    found = run(tmp_path)
    new = next(change.new for change in found.changes if change.path.endswith("driver.py"))
    expected = old.replace("from cloudy import utils", "import cloudy.privsep.path")
    expected = expected.replace(
        "utils.execute('chown', uid, path, run_as_root=True)", "cloudy.privsep.path.chown(uid, path)"
    )
    assert new == b"\xef\xbb\xbf" + expected.replace("\n", "\r\n").encode()


def test_an_import_that_a_test_reaches_stays(tmp_path: Path) -> None:
    reaching = "from unittest import mock\n\nmock.patch('cloudy.driver.utils.execute')\n"
    sample.project(tmp_path, **{"cloudy/tests/__init__.py": "", "cloudy/tests/test_driver.py": reaching})
    new = next(change.new for change in run(tmp_path).changes if change.path.endswith("driver.py"))
    assert b"from cloudy import utils  # noqa: F401\n" in new


def test_a_list_that_only_built_the_command_goes(tmp_path: Path) -> None:
    body = "    cmd = ['chown', uid]\n    cmd.append(path)\n"
    body += "    utils.execute('chown', uid, path, *cmd, run_as_root=True)\n"
    sample.project(tmp_path, **{DRIVER: driver(body)})
    outcome = sample.calls(tmp_path / DRIVER)[0]
    codes_ = {"owner": "uid", "path": "path"}
    outcome = replace(outcome, arguments=tuple(replace(one, code=codes_[one.name]) for one in outcome.arguments))
    new = next(change.new for change in rewrite([outcome]).changes if change.path.endswith("driver.py")).decode()
    assert new.endswith("def f(uid, path):\n    cloudy.privsep.path.chown(uid, path)\n")


def test_keywords_that_only_the_call_took_go(tmp_path: Path) -> None:
    body = "    kwargs = dict(process_input=uid)\n"
    body += "    utils.execute('chown', uid, path, run_as_root=True, **kwargs)\n"
    text = rewritten(tmp_path, driver(body))
    assert text.endswith("def f(uid, path):\n    cloudy.privsep.path.chown(uid, path)\n")


def test_no_two_empty_lines_are_left_inside_a_function(tmp_path: Path) -> None:
    body = "    x = 1\n\n    args = [uid]\n    more = [path]\n\n"
    body += "    utils.execute('chown', uid, path, *args, *more, run_as_root=True)\n    return x\n"
    sample.project(tmp_path, **{DRIVER: driver(body)})
    one = sample.calls(tmp_path / DRIVER)[0]
    pair = tuple(replace(each, code=code) for each, code in zip(one.arguments, ("uid", "path"), strict=True))
    new = next(
        change.new for change in rewrite([replace(one, arguments=pair)]).changes if change.path.endswith("driver.py")
    )
    assert new.decode().endswith("    x = 1\n\n    cloudy.privsep.path.chown(uid, path)\n    return x\n")


def test_a_list_that_is_read_elsewhere_stays(tmp_path: Path) -> None:
    body = "    cmd = ['chown']\n    utils.execute('chown', uid, path, run_as_root=True)\n    return cmd\n"
    assert "    cmd = ['chown']\n" in rewritten(tmp_path, driver(body))


def test_python_2_projects_get_no_annotations(tmp_path: Path) -> None:
    metadata = "[metadata]\nclassifier =\n    Programming Language :: Python :: 2.7\n"
    typed = (
        "def chown(owner: str, path: str = '') -> None:\n    try:\n        os.chown(path, 1, 1)\n"
        "    except OSError as exc:\n        raise ValueError(path) from exc\n"
    )
    sample.project(tmp_path, **{"setup.cfg": metadata})
    outcome = replace(sample.calls(tmp_path / DRIVER)[0], function=replace(sample.CHOWN, source=typed))
    found = rewrite([outcome])
    text = next(change.new for change in found.changes if change.path.endswith("path.py")).decode()
    assert "def chown(owner, path=''):\n" in text and "        raise ValueError(path)\n" in text
    f_string = replace(sample.CHOWN, source="def chown(owner, path):\n    os.chown(f'{path}', 1, 1)\n")
    assert codes(rewrite([replace(outcome, function=f_string)])) == ["needs-python3"]


def test_lines_of_generated_code_fit_the_page(tmp_path: Path) -> None:
    words = ", ".join(f"'--option-number-{number}'" for number in range(6))
    wide = replace(sample.LVREMOVE, source=f"def lvremove(path):\n    return command.run('lvremove', {words}, path)\n")
    sample.project(tmp_path)
    outcome = replace(sample.calls(tmp_path / DRIVER)[1], function=wide)
    for change in rewrite([outcome]).changes:
        assert all(len(line) <= 79 for line in change.new.decode().splitlines())


def rungs(outcomes: list[Outcome]) -> list[Rung]:
    return [outcome.rung for outcome in outcomes]


def test_a_command_named_like_a_module_of_the_package_is_no_trap(tmp_path: Path) -> None:
    taken = {
        "cloudy/privsep/__init__.py": PCTXT % context("default", "CAP_CHOWN"),
        "cloudy/privsep/command.py": "run = 1\n",
    }
    sample.project(tmp_path, **taken)
    found = run(tmp_path)
    assert codes(found) == ["command-module-taken"] and rungs([one.outcome for one in found.moved]) == [Rung.NATIVE]


def test_a_function_does_not_hide_a_module_that_its_neighbours_import(tmp_path: Path) -> None:
    sample.project(tmp_path)
    one, two = sample.calls(tmp_path / DRIVER)
    hiding = replace(
        sample.LVREMOVE, name="os", module="path", source=sample.LVREMOVE.source.replace("lvremove(", "os(")
    )
    first = rewrite([one, replace(two, function=hiding)])
    assert [moved.function for moved in first.moved] == ["cloudy.privsep.path.chown", "cloudy.privsep.path.run_os"]
    apply(tmp_path, first)
    (tmp_path / DRIVER).write_text(driver("    utils.execute('lvremove', '-f', path, run_as_root=True)\n"))
    again = rewrite([replace(sample.calls(tmp_path / DRIVER)[0], function=hiding)])
    assert [moved.function for moved in again.moved] == ["cloudy.privsep.path.run_os"]
    assert [change.path for change in again.changes] == [str(tmp_path / DRIVER)]


FED = Privileged(
    name="luks_open",
    module="crypt",
    source="def luks_open(path, process_input):\n"
    "    return command.run('cryptsetup', 'luksOpen', path, process_input=process_input)\n",
    imports=("from {privsep} import command",),
    capabilities=frozenset(),
    rung=Rung.NARROW,
)


def fed(folder: Path, given: str, package: str | None) -> Rewriting:
    """A rewrite of a call that feeds a command, in a project with this privsep package."""
    text = driver(f"    utils.execute('lvremove', path, process_input={given}, run_as_root=True)\n")
    sample.project(folder, **{DRIVER: text}, **({"cloudy/privsep/__init__.py": package} if package else {}))
    (one,) = sample.calls(folder / DRIVER)
    return rewrite([replace(one, function=FED, arguments=(Argument("path", "path"), Argument("process_input", given)))])


LOUD = PCTXT % context("default", "CAP_SYS_ADMIN")
QUIET = LOUD + "import logging\nlogging.getLogger('oslo.privsep.daemon').setLevel(logging.INFO)\n"
OTHER = LOUD + "import logging\nlogging.getLogger('oslo.messaging').setLevel(logging.INFO)\n"


@pytest.mark.parametrize(
    ("given", "package", "context"),
    [
        ("key", LOUD, "secrets_pctxt"),
        ("key", OTHER, "secrets_pctxt"),
        ("key", QUIET, "default"),
        ("key", None, "sys_admin_pctxt"),
        ("'yes'", LOUD, "default"),
    ],
    ids=["debug", "another-logger", "info", "new-context", "constant"],
)
def test_what_may_be_a_secret_passes_no_context_that_logs_at_debug(
    tmp_path: Path, given: str, package: str | None, context: str
) -> None:
    found = fed(tmp_path, given, package)
    assert codes(found) == [] and len(found.moved) == 1
    new = {Path(change.path).name: change.new.decode() for change in found.changes}
    assert f"@cloudy.privsep.{context}.entrypoint\ndef luks_open(" in new["crypt.py"]
    if context == "secrets_pctxt":
        assert "logging.getLogger('oslo.privsep.daemon')" not in new["__init__.py"].removeprefix(package or "")
        assert "logging.getLogger(__name__ + '.secrets_pctxt').setLevel(logging.INFO)\n" in new["__init__.py"]
    assert any("logs at INFO" in note for note in found.notes) is (given == "key")


@pytest.mark.parametrize(("name", "secret"), [("auth_pass", True), ("ss_password", True), ("path", False)])
def test_a_password_among_the_words_counts_as_a_secret(tmp_path: Path, name: str, secret: bool) -> None:
    sample.project(tmp_path, **{"cloudy/privsep/__init__.py": LOUD})
    one = sample.calls(tmp_path / DRIVER)[1]
    function = replace(sample.LVREMOVE, source=f"def lvremove({name}):\n    return command.run('lvremove', {name})\n")
    given = replace(one, function=function, arguments=(Argument(name, "path"),))
    text = next(change.new for change in rewrite([given]).changes if change.path.endswith("lvm.py")).decode()
    assert f"@cloudy.privsep.{'secrets_pctxt' if secret else 'default'}.entrypoint\n" in text


def test_the_context_that_a_rewrite_makes_counts_as_quiet_in_the_next_one(tmp_path: Path) -> None:
    apply(tmp_path, fed(tmp_path, "key", None))
    again = driver("    utils.execute('lvremove', path, process_input=other, run_as_root=True)\n")
    (tmp_path / "cloudy" / "more.py").write_text(again)
    (one,) = sample.calls(tmp_path / "cloudy/more.py")
    arguments = (Argument("path", "path"), Argument("process_input", "other"))
    assert codes(rewrite([replace(one, function=FED, arguments=arguments)])) == []


def test_a_constant_goes_by_its_name(tmp_path: Path) -> None:
    text = driver(
        "    utils.execute('chown', uid, consts.CONF_PATH, run_as_root=True)\n", "from cloudy import consts\n"
    )
    sample.project(tmp_path, **{DRIVER: text, "cloudy/consts.py": "CONF_PATH = '/etc/cloudy.conf'\n"})
    (one,) = sample.calls(tmp_path / DRIVER)
    words = (Literal("chown"), Value("uid"), Literal("/etc/cloudy.conf"))
    site = replace(one.site, command=replace(one.site.command, words=words))
    arguments = (Argument("owner", "uid"), Argument("path", "'/etc/cloudy.conf'"))
    (change,) = (
        change
        for change in rewrite([replace(one, site=site, arguments=arguments)]).changes
        if change.path.endswith(DRIVER)
    )
    assert "cloudy.privsep.path.chown(uid, str(consts.CONF_PATH))" in change.new.decode()


def test_a_function_that_is_there_serves_whatever_its_parameters_are_called(tmp_path: Path) -> None:
    """Migrating one folder after the other gives one function, though most sites there call the device otherwise."""
    sample.project(tmp_path)
    apply(tmp_path, run(tmp_path))
    again = driver("    out, err = utils.execute('lvremove', '-f', path, run_as_root=True)\n")
    (tmp_path / "cloudy/more.py").write_text(again)
    (one,) = sample.calls(tmp_path / "cloudy/more.py")
    source = sample.LVREMOVE.source.replace("path", "volume")
    other = replace(one, function=replace(sample.LVREMOVE, source=source), arguments=(Argument("volume", "path"),))
    found = rewrite([other])
    assert [moved.function for moved in found.moved] == ["cloudy.privsep.lvm.lvremove"]
    assert [Path(change.path).name for change in found.changes] == ["more.py"]


FROM = "from cloudy.privsep import fs\n\nfs.sync()\n"


def test_a_name_that_is_in_use_gets_one_that_says_privsep(tmp_path: Path) -> None:
    package = {
        "cloudy/privsep/__init__.py": PCTXT % context("default", "CAP_CHOWN"),
        "cloudy/privsep/fs.py": "def sync():\n    pass\n",
        "cloudy/other.py": FROM,
    }
    text = driver("    utils.execute('chown', uid, path, run_as_root=True)\n", "from os import path as path\n")
    new = rewritten(
        tmp_path, text.replace("def f(uid, path)", "def f(uid, where)").replace("uid, path,", "uid, where,"), **package
    )
    assert "from cloudy.privsep import path as privsep_path\n" in new
    assert "privsep_path.chown(uid, where)" in new

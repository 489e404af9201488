"""What a project's rootwrap filters ask of a command is checked in its privileged function, beside rootwrap itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from oslo_concurrency import processutils
from oslo_rootwrap import filters as theirs
from oslo_rootwrap import wrapper

from migrator.decide.filtered import filters
from migrator.decide.plan import plan, plan_all
from migrator.model import Kind, Outcome, Rung, Scan, Status
from migrator.rootwrap.project import asked_of
from migrator.words import Choice, Command, Literal, Rest, Value
from tests.decide.calls import site
from tests.shipped import rulebook

BOOK = rulebook()
KILL = os.kill


class Project:
    """A package with filters: what is planned in it, and what rootwrap admits by them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "cloud").mkdir()
        (root / "cloud" / "__init__.py").write_text("")
        self.folder = root / "etc" / "cloud" / "rootwrap.d"
        self.folder.mkdir(parents=True)

    def filters(self, *lines: str) -> Project:
        text = "\n".join(f"f{number}: {line}" for number, line in enumerate(lines, 1))
        (self.folder / "cloud.filters").write_text(f"[Filters]\n{text}\n")
        return self

    def plan(self, *calls: str) -> list[Outcome]:
        path = str(self.root / "cloud" / "driver.py")
        sites = tuple(replace(site(text), path=path, line=number) for number, text in enumerate(calls, 1))
        return list(plan_all(Scan("", sites, (), (), 1), BOOK))

    def admits(self, *argv: str) -> bool:
        try:
            wrapper.match_filter(wrapper.load_filters([str(self.folder)]), list(argv))
        except wrapper.NoFilterMatched:
            return False
        return True


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(theirs.CommandFilter, "get_exec", lambda self, exec_dirs=None: self.exec_path)
    return Project(tmp_path)


def called(outcome: Outcome, *args: Any, **keywords: Any) -> Any:
    """Call the generated function; the words that it runs, for one that runs a command."""
    assert outcome.function is not None, outcome.reasons
    names: dict[str, Any] = {"command": types.SimpleNamespace(run=lambda *words, **options: words)}
    lines = [line for line in outcome.function.imports if "{privsep}" not in line]
    exec("\n".join([*lines, outcome.function.source]), names)
    return names[outcome.function.name](*args, **keywords)


def refuses(outcome: Outcome, *args: Any, **keywords: Any) -> bool:
    try:
        called(outcome, *args, **keywords)
    except processutils.ProcessExecutionError as error:
        if error.exit_code != 99:
            return False
        assert error.stdout == "" and error.stderr == f"Unauthorized command: {error.cmd} (no filter matched)\n"
        return True
    return False


def source(outcome: Outcome) -> str:
    assert outcome.function is not None, outcome.reasons
    return outcome.function.source


# --- a check of each kind -----------------------------------------------------------------------------


def test_a_pattern_is_checked_as_rootwrap_matches_it(project: Project) -> None:
    project.filters("RegExpFilter, wipefs, root, wipefs, (--all|--noheadings), /dev/.*")
    (outcome,) = project.plan("utils.execute('wipefs', '--all', device, run_as_root=True)")
    assert "if not re.match(r'/dev/.*$', device):" in source(outcome)
    for device in ("/dev/sda", "/dev/sda\n", "/dev/sda\n\n", "/dev/", "/etc/passwd", "", "x/dev/sda", "/dev/../etc"):
        assert refuses(outcome, device) is not project.admits("wipefs", "--all", device)
    assert called(outcome, "/dev/sda") == ("wipefs", "--all", "/dev/sda")


def test_the_whole_word_is_checked_where_a_part_of_it_varies(project: Project) -> None:
    project.filters("RegExpFilter, dd, root, dd, if=/dev/.*, of=[a-z]+")
    (outcome,) = project.plan("utils.execute('dd', 'if=%s' % source, 'of=' + target, run_as_root=True)")
    for given in (("/dev/sda", "x"), ("sda", "x"), ("/dev/sda", "X")):
        assert refuses(outcome, *given) is not project.admits("dd", f"if={given[0]}", f"of={given[1]}")


def test_several_filters_are_alternatives(project: Project) -> None:
    project.filters(
        "RegExpFilter, cat, root, cat, (/var)?/tmp/guest[^/]+/etc/(passwd|shadow)",
        "RegExpFilter, cat, root, cat, /opt/'x'.*",
        "ReadFileFilter, /etc/iscsi/initiatorname.iscsi",
    )
    varying, fixed = project.plan(
        "out, _ = utils.execute('cat', path, run_as_root=True)",
        "out, _ = utils.execute('cat', '/etc/iscsi/initiatorname.iscsi', run_as_root=True)",
    )
    assert varying.function == fixed.function and varying.rung is Rung.NATIVE
    assert "path == '/etc/iscsi/initiatorname.iscsi'" in source(varying)
    assert """re.match(r"/opt/'x'.*$", path)""" in source(varying)
    for path in ("/tmp/guest1/etc/shadow", "/opt/'x'/y", "/etc/shadow", "/tmp/guest/x/etc/passwd"):
        assert refuses(varying, path) is not project.admits("cat", path)


def test_a_folder_is_checked_on_the_canonical_path_which_is_what_is_used(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "disk").write_text("text")
    (folder / "out").symlink_to("/etc/passwd")
    (tmp_path / "in").symlink_to(folder / "disk")
    project.filters(f"PathFilter, /bin/cat, root, {folder}", f"PathFilter, qemu-img, root, info, {folder}/, pass")
    native, narrow = project.plan(
        "out, _ = utils.execute('cat', path, run_as_root=True)",
        "out, _ = utils.execute('qemu-img', 'info', path, name, run_as_root=True)",
    )
    assert native.function is not None and "CAP_DAC_READ_SEARCH" in native.function.capabilities
    assert called(native, f"{folder}/disk") == ("text", "") == called(native, f"{tmp_path}/in")
    assert called(narrow, f"{tmp_path}/in", "x") == ("qemu-img", "info", f"{folder}/disk", "x")
    for path in (f"{folder}/out", f"{folder}/../x", "/etc/passwd", f"{folder}", f"{folder}-other", f"{folder}//disk"):
        assert refuses(native, path) is not project.admits("cat", path)
        assert refuses(narrow, path, "x") is not project.admits("qemu-img", "info", path, "x")


def test_a_relative_path_is_refused_since_the_daemon_is_in_another_folder(project: Project) -> None:
    project.filters("PathFilter, cat, root, /etc")
    (outcome,) = project.plan("out, _ = utils.execute('cat', path, run_as_root=True)")
    assert refuses(outcome, "etc/passwd") and refuses(outcome, "")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A program of its own that runs, and its pid."""
    path = tmp_path / "served"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", path)
    with subprocess.Popen([str(path), "600"]) as process:
        yield str(path), str(process.pid)
        KILL(process.pid, signal.SIGKILL)


def test_a_signal_only_reaches_the_program_that_the_filter_names(project: Project, program: tuple[str, str]) -> None:
    path, pid = program
    project.filters(f"KillFilter, root, {path}, -CONT, -URG", f"KillFilter, root, {sys.executable}-no, -9")
    cont, urg, kill = project.plan(
        "utils.execute('kill', '-CONT', pid, run_as_root=True)",
        "utils.execute('kill', '-URG', pid, run_as_root=True)",
        "utils.execute('kill', '-9', pid, run_as_root=True)",
    )
    assert cont.function == urg.function == kill.function and cont.rung is Rung.NATIVE
    assert cont.function is not None and cont.function.capabilities == {"CAP_KILL", "CAP_SYS_PTRACE"}
    for sig in ("CONT", "URG", "9", "TERM"):
        for target in (pid, str(os.getpid()), "0", "-1", "x", ""):
            assert refuses(cont, target, sig=sig) is not project.admits("kill", f"-{sig}", target)
    assert called(cont, pid, sig="CONT") == ("", "")


def test_a_program_that_was_replaced_is_known_by_what_it_was(
    project: Project, program: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pid = program
    monkeypatch.setattr(os, "kill", lambda *_: None)
    (outcome,) = project.filters(f"KillFilter, root, {path}").plan("utils.execute('kill', pid, run_as_root=True)")
    Path(path).rename(f"{path}.old")
    assert refuses(outcome, pid) is not project.admits("kill", pid)
    Path(f"{path}.old").unlink()
    assert refuses(outcome, pid) is not project.admits("kill", pid)
    shutil.copy("/bin/sh", path)
    assert refuses(outcome, pid) is not project.admits("kill", pid)
    assert refuses(outcome, pid, sig="9")


def test_a_program_without_a_folder_is_looked_up_in_the_path(
    project: Project, program: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pid = program
    monkeypatch.setattr(os, "kill", lambda *_: None)
    (outcome,) = project.filters("KillFilter, root, served").plan("utils.execute('kill', pid, run_as_root=True)")
    for folders in ("/usr/bin:/bin", f"/bin:{os.path.dirname(path)}"):
        monkeypatch.setenv("PATH", folders)
        assert refuses(outcome, pid) is not project.admits("kill", pid)
    assert not refuses(outcome, pid)


def test_the_flags_of_a_rules_function_are_those_of_the_commands_that_are_admitted(project: Project) -> None:
    project.filters("RegExpFilter, mkdir, root, mkdir, -p, /srv/.*", "RegExpFilter, mkdir, root, mkdir, /opt/.*")
    both = project.plan(
        "utils.execute('mkdir', '-p', path, run_as_root=True)", "utils.execute('mkdir', path, run_as_root=True)"
    )
    assert both[0].function == both[1].function
    assert refuses(both[0], "/srv/x") and refuses(both[0], "/opt/x", parents=True)
    assert "(parents and re.match(r'/srv/.*$', path)) or (not parents and re.match(r'/opt/.*$', path))" in source(
        both[0]
    )


# --- the executable ---------------------------------------------------------------------------------------


def test_the_executable_is_that_of_the_filter(project: Project) -> None:
    project.filters(
        "CommandFilter, /opt/pg/bin/ifc_ctl, root",
        "CommandFilter, /opt/own/chown, root",
        "EnvFilter, env, root, A=, /usr/sbin/dnsmasq",
        "CommandFilter, /bin/cat, root",
        "RegExpFilter, /opt/real, root, alias, .*",
        "CommandFilter, lvs, root",
        "CommandFilter, /sbin/lvs, root",
    )
    ifc, chown, dnsmasq, cat, alias, lvs = project.plan(
        "utils.execute('ifc_ctl', 'gateway', dev, run_as_root=True)",
        "utils.execute('chown', owner, path, run_as_root=True)",
        "utils.execute('env', 'A=%s' % value, 'dnsmasq', '--x', run_as_root=True)",
        "utils.execute('cat', path, run_as_root=True)",
        "utils.execute('alias', word, run_as_root=True)",
        "utils.execute('lvs', vg, run_as_root=True)",
    )
    assert called(ifc, "d") == ("/opt/pg/bin/ifc_ctl", "gateway", "d")
    assert called(chown, "o", "p") == ("/opt/own/chown", "o", "p")
    assert called(dnsmasq, "v") == ("env", "A=v", "/usr/sbin/dnsmasq", "--x")
    assert cat.rung is Rung.NATIVE and "filter" not in source(cat)
    assert called(alias, "w") == ("/opt/real", "w")
    assert called(lvs, "v") == ("lvs", "v")
    assert ifc.site.command.program == "ifc_ctl"
    with pytest.raises(processutils.ProcessExecutionError, match="alias a\nb"):
        called(alias, "a\nb")


# --- no check, or no function -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("CommandFilter, privsep-helper, root",),
        ("CommandFilter, wipefs, root", "RegExpFilter, wipefs, root, wipefs, --x, /dev/.*"),
        ("RegExpFilter, wipefs, root, wipefs, --x, /dev/.*", "CommandFilter, /sbin/wipefs, root"),
    ],
)
def test_nothing_is_checked_where_a_filter_admits_all_or_there_is_none(project: Project, lines: tuple[str]) -> None:
    (outcome,) = project.filters(*lines).plan("utils.execute('wipefs', '--x', device, run_as_root=True)")
    assert outcome.status is Status.READY and outcome.reasons == () and "if " not in source(outcome)


def test_a_command_that_no_filter_admits_is_told(project: Project) -> None:
    project.filters("CommandFilter, lvs, root", "RegExpFilter, cat, root, cat, /x/.*")
    vgs, cat, fixed = project.plan(
        "utils.execute('vgs', name, run_as_root=True)",
        "utils.execute('cat', path, run_as_root=True)",
        "utils.execute('cat', '/y', run_as_root=True)",
    )
    assert vgs.status is Status.READY and [each.code for each in vgs.reasons] == ["not-admitted"]
    assert called(vgs, "x") == ("vgs", "x")
    # What a function refuses it refuses to all its callers, as rootwrap did.
    assert [each.code for each in fixed.reasons] == ["not-admitted"] and fixed.function == cat.function
    assert refuses(fixed, "/y")


def test_what_is_run_as_another_user_is_refused(project: Project) -> None:
    (outcome,) = project.filters("CommandFilter, lvs, cloud").plan("utils.execute('lvs', vg, run_as_root=True)")
    assert outcome.status is Status.REFUSED and outcome.function is None and outcome.arguments == ()
    assert [each.code for each in outcome.reasons] == ["run-as"]
    assert "cloud" in outcome.reasons[0].text


@pytest.mark.parametrize(
    ("lines", "call"),
    [
        (["PathFilter, qemu-img, root, info, /srv"], "execute('qemu-img', 'info', '/srv/%s' % name, run_as_root=True)"),
        (["PathFilter, x, root, /a", "RegExpFilter, x, root, x, /b"], "execute('x', path, run_as_root=True)"),
        (["RegExpFilter, x, root, x, /a"], "execute('x', os.path, run_as_root=True)"),
        (["IpFilter, ip, root"], "execute('ip', what, do, run_as_root=True)"),
        (["KillFilter, root, /a, -9", "KillFilter, root, /b"], "execute('kill', sig, pid, run_as_root=True)"),
        (["EnvFilter, env, root, A=, x"], "execute('env', setting, 'x', run_as_root=True)"),
    ],
)
def test_what_cannot_be_checked_is_refused_or_checked(project: Project, lines: list[str], call: str) -> None:
    (outcome,) = project.filters(*lines).plan(call)
    if outcome.function is not None:
        assert "filter" in outcome.function.source
    else:
        codes = [each.code for each in outcome.reasons]
        assert codes == ["filter-constraint", *["not-by-rule"] * (len(codes) - 1)]
        assert len(outcome.reasons[0].text.split()) > 8


def test_an_ip_command_with_a_fixed_object_is_no_netns_exec(project: Project) -> None:
    project.filters("IpFilter, ip, root", "IpNetnsExecFilter, ip, root", "RegExpFilter, sysctl, root, sysctl, net.*")
    link, inside = project.plan(
        "utils.execute('ip', '-o', 'link', 'set', dev, state, run_as_root=True)",
        "utils.execute('ip', 'netns', 'exec', ns, 'sysctl', key, run_as_root=True)",
    )
    assert "filter" not in source(link)
    assert not refuses(inside, "n", "net.x") and refuses(inside, "n", "kernel.x")


def test_words_that_are_not_all_known_are_admitted_by_name_only(project: Project) -> None:
    base = replace(site("execute('lvs', run_as_root=True)"), path=str(project.root / "cloud" / "driver.py"))
    for more in (Rest("args"), Choice(((Literal("-a"),), ()), "everything")):
        where = replace(base, command=Command((Literal("lvs"), Value("x"), more), program="lvs", programs=("lvs",)))
        project.filters("CommandFilter, lvs, root")
        assert "filter-constraint" not in [each.code for each in plan(where, BOOK).reasons]


@pytest.mark.parametrize("kind", [Kind.LAUNDERED, Kind.LITERAL_SUDO])
def test_what_never_went_through_rootwrap_is_not_held_to_its_filters(project: Project, kind: Kind) -> None:
    path = str(project.filters("CommandFilter, lvs, root").root / "cloud" / "driver.py")
    where = replace(site("execute('vgs', x, run_as_root=True)"), path=path, kind=kind)
    assert asked_of(where, filters([where])[os.path.dirname(path)]) == ()
    assert asked_of(replace(where, kind=Kind.DIRECT), filters([where])[os.path.dirname(path)]) != ()


# --- how a refusal is told --------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", ["False", "[0, 99]"])
def test_a_caller_that_lets_99_pass_gets_the_text(project: Project, codes: str) -> None:
    project.filters("RegExpFilter, lvs, root, lvs, a.*")
    (outcome,) = project.plan(f"utils.execute('lvs', vg, run_as_root=True, check_exit_code={codes})")
    assert called(outcome, "b") == ("", "Unauthorized command: lvs b (no filter matched)\n")


def test_a_rules_function_tells_it_as_its_callers_let_99_pass(project: Project) -> None:
    project.filters("RegExpFilter, cat, root, cat, /a.*")
    call = "utils.execute('cat', path, run_as_root=True, check_exit_code={})"
    (unchecked,) = project.plan(call.format("False"))
    assert called(unchecked, "/b", check=False) == ("", "Unauthorized command: cat /b (no filter matched)\n")
    assert refuses(unchecked, "/b")
    (one,) = project.plan(call.format("[0, 1]"))
    assert refuses(one, "/b", check=False)


def test_a_parameter_named_as_what_the_check_reads_is_not_hidden(project: Project) -> None:
    project.filters("RegExpFilter, lvs, root, lvs, a.*, b.*")
    (outcome,) = project.plan("utils.execute('lvs', cmd, program, run_as_root=True)")
    with pytest.raises(processutils.ProcessExecutionError, match="lvs x y"):
        called(outcome, "x", "y")

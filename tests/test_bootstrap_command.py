"""privmigrate bootstrap: what it prints, what it says of an installation and of an upgrade, and of wrong usage."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from migrator import cli
from migrator.bootstrap.ways import Way
from migrator.fault import Fault
from tests.bootstrap import cloud
from tests.bootstrap.cloud import CONTEXT, OTHER

FILES = "--config-file /etc/cloud/cloud.conf"
HELPER = rf"{FILES} --privsep_context {CONTEXT} --privsep_sock_path /tmp/tmp[a-z0-9_]{{8}}/privsep.sock"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cloud.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert cli.main(["bootstrap", *words]) == status
    return capsys.readouterr().out


def loaded(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> dict[str, Any]:
    return dict(json.loads(told(capsys, *words, "--format", "json", status=status)))


def installed(folder: Path, **files: str) -> str:
    """A copy of a host's /etc with files; `cloud_conf` is /etc/cloud/cloud.conf."""
    places = {
        "cloud_conf": "cloud/cloud.conf",
        "rootwrap_conf": "cloud/rootwrap.conf",
        "filters": "cloud/rootwrap.d/cloud.filters",
        "sudoers": "sudoers.d/cloud",
    }
    for name, text in files.items():
        path = folder / "host" / "etc" / places[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder / "host" / "etc")


# --- what is printed -----------------------------------------------------------------------------------


def test_every_way_is_printed_the_recommended_one_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = loaded(capsys, "cloud")
    assert document["schema"] == "privmigrate.bootstrap/1"
    assert document["contexts"] == [
        {"context": CONTEXT, "section": "cloud_sys_admin"},
        {"context": OTHER, "section": "cloud_net"},
    ]
    assert document["root_helpers"] == ["cloud/cmd.py:7"]
    ways = [each["way"] for each in document["ways"]]
    assert ways[0] == document["recommended"]["way"] == "helper-command"
    assert sorted(ways) == sorted(way.value for way in Way)
    files = {file["path"]: file for each in document["ways"][:1] for file in each["files"]}
    assert files["/etc/cloud/cloud.conf"]["text"] == (
        f"[cloud_sys_admin]\nhelper_command = sudo -n /usr/bin/privsep-helper {FILES}\n\n"
        f"[cloud_net]\nhelper_command = sudo -n /usr/bin/privsep-helper {FILES}\n"
    )
    assert files["/etc/sudoers.d/cloud-privsep"]["mode"] == "0440"
    exact = HELPER.replace(".", r"\.")
    assert (
        f"cloud ALL=(root) NOPASSWD: /usr/bin/privsep-helper ^{exact}$\n"
        in (files["/etc/sudoers.d/cloud-privsep"]["text"])
    )


def test_without_a_root_helper_plain_sudo_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.write(tmp_path, helper=False)
    monkeypatch.chdir(tmp_path)
    document = loaded(capsys, "cloud")
    assert document["ways"][0]["way"] == document["recommended"]["way"] == "sudoers"


def test_files_that_were_named_are_those_of_every_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--config-file", "/etc/cloud/a.conf", "--config-file", "/etc/cloud/b.conf", "--user", "agent")
    document = loaded(capsys, "cloud", *words, "--helper", "/opt/venv/bin/privsep-helper")
    asked = "--config-file /etc/cloud/a.conf --config-file /etc/cloud/b.conf --privsep_context"
    for each in document["ways"]:
        for file in each["files"]:
            text = file["text"].replace("\\", "").replace(", ", " ")
            if file["kind"] in ("filters", "sudoers"):
                assert text.count(asked) == 2, file
            if file["kind"] == "sudoers":
                assert "agent ALL=(root) NOPASSWD: /opt/venv/bin/" in text
    assert document["ways"][0]["files"][0]["path"] == "/etc/cloud/b.conf"


def test_the_text_has_each_line_whole(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is to be copied is never folded, the rest always."""
    document, text = loaded(capsys, "cloud"), told(capsys, "cloud")
    lines = text.splitlines()
    copied = [line for each in document["ways"] for file in each["files"] for line in file["text"].splitlines()]
    assert [line for line in copied if line not in lines] == []
    assert [line for line in lines if len(line) > 80 and line not in copied] == []
    assert "helper-command (recommended)" in lines
    assert "That is taken for what the service is started with" in text


def test_the_forked_daemons_are_python(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (method,) = loaded(capsys, "cloud", "--way", "fork")["ways"]
    text = method["files"][0]["text"]
    ast.parse(text)
    assert text.index("FORK") < text.index("setresgid") < text.index("setresuid")
    assert max(map(len, text.splitlines())) < 80


def test_the_context_of_a_library_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filters = cloud.FILTERS.replace(CONTEXT, "brick.privileged.default")
    (project / "etc/cloud/rootwrap.d/cloud.filters").write_text(filters)
    assert loaded(capsys, "cloud")["elsewhere"] == ["brick.privileged.default"]
    assert "The filters also start brick.privileged.default, of another project" in told(capsys, "cloud")


# --- what is installed ---------------------------------------------------------------------------------


def answers(document: dict[str, Any]) -> dict[str, str]:
    return {each["context"]: each["answer"] for each in document["contexts"]}


def test_what_bootstrap_prints_is_found_to_start_every_daemon_and_nothing_else(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for way in ("helper-command", "rootwrap"):
        (method,) = loaded(capsys, "cloud", "--way", way)["ways"]
        for file in method["files"]:
            path = project / way / file["path"].lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file["text"])
        (project / way / "etc/cloud").mkdir(exist_ok=True)
        (project / way / "etc/cloud/rootwrap.conf").write_text(cloud.ROOTWRAP_CONF)
        document = loaded(capsys, "cloud", "--check", str(project / way / "etc"))
        assert answers(document) == {CONTEXT: "starts", OTHER: "starts"}
        assert [each["open"] for each in document["lines"] if each["open"]] == []
        assert [each["why"] for each in document["contexts"] if "not judged" in str(each["why"])] == []


def test_a_distribution_s_sudoers_start_all_and_give_root(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (
        "Defaults:cloud !requiretty\n"
        "cloud ALL = (root) NOPASSWD: /usr/bin/cloud-rootwrap /etc/cloud/rootwrap.conf *\n"
        "cloud ALL = (root) NOPASSWD: /usr/bin/privsep-helper *\n"
        "cloud ALL = (root) NOPASSWD: /usr/bin/cloud-rootwrap-daemon /etc/cloud/rootwrap.conf\n"
    )
    etc = installed(project, sudoers=lines, rootwrap_conf=cloud.ROOTWRAP_CONF, filters=cloud.FILTERS)
    document = loaded(capsys, "cloud", "--check", etc)
    assert answers(document) == {CONTEXT: "starts", OTHER: "built_in"}
    opened = {(each["kind"], each["line"]): bool(each["open"]) for each in document["lines"]}
    assert opened == {("filter", 3): True, ("sudoers", 2): True, ("sudoers", 3): True, ("sudoers", 4): True}
    assert document["summary"] == {"failing": 0, "open": 4}
    document = loaded(capsys, "cloud", "--check", etc, "--old-rootwrap", status=1)
    assert answers(document) == {CONTEXT: "starts", OTHER: "fails"}
    assert [each["line"] for each in document["lines"] if each["open"]] == [3, 3]


@pytest.mark.parametrize(
    ("files", "answer", "why"),
    [
        ({"sudoers": "other ALL=(root) NOPASSWD: ALL\n"}, "fails", "no sudoers line for cloud admits"),
        ({"sudoers": "cloud ALL=(root) ALL\n"}, "fails", "lacks NOPASSWD"),
        (
            {
                "sudoers": "cloud ALL=(root) NOPASSWD: ALL\n",
                "rootwrap_conf": "[DEFAULT]\nfilters_path=/x\nexec_dirs=/bin\n",
            },
            "fails",
            "lacks /usr/bin",
        ),
        ({"sudoers": "cloud ALL=(root) NOPASSWD: ALL\n"}, "unknown", "rootwrap is not judged"),
        (
            {"cloud_conf": "[cloud_sys_admin]\nhelper_command = /usr/bin/privsep-helper\n"},
            "unknown",
            "it does not go through sudo",
        ),
        (
            {
                "cloud_conf": f"[cloud_sys_admin]\nhelper_command = sudo privsep-helper {FILES}\n",
                "sudoers": 'Defaults secure_path="/sbin"\ncloud ALL=(root) NOPASSWD: /usr/bin/privsep-helper *\n',
            },
            "fails",
            "looked up in /sbin",
        ),
        (
            {
                "cloud_conf": f"[cloud_sys_admin]\nhelper_command = sudo -n /usr/bin/privsep-helper {FILES}\n",
                "sudoers": "cloud ALL=(root) NOPASSWD: /usr/bin/privsep-helper *\n",
            },
            "starts",
            "sudoers.d/cloud:1 admits it",
        ),
    ],
    ids=["other user", "password", "exec_dirs", "no rootwrap", "no sudo", "secure_path", "starts"],
)
def test_why_a_daemon_starts_or_not(
    project: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], answer: str, why: str
) -> None:
    document = loaded(capsys, "cloud", "--check", installed(project, **files), status=_status(files, answer))
    (found,) = [each for each in document["contexts"] if each["context"] == CONTEXT]
    assert found["answer"] == answer
    assert why in " ".join(found["why"])


def _status(files: dict[str, str], answer: str) -> int:
    """The other context has no helper_command, so that without rootwrap in sudoers it fails in any case."""
    if answer == "fails" or ("cloud_conf" in files and "sudoers" in files):
        return 1
    return 2 if answer == "unknown" else 0


def test_filters_elsewhere_are_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    etc = installed(project, rootwrap_conf=cloud.ROOTWRAP_CONF, filters=cloud.FILTERS)
    other = project / "host/etc/cloud/other.filters"
    other.write_text("[Filters]\nprivsep: CommandFilter, privsep-helper, root\n")
    text = told(capsys, "cloud", "--check", etc)
    assert "\nhost/etc/cloud/other.filters: rootwrap does not read it" in text
    whole = " ".join(text.split())
    assert "2 contexts: starts 1, starts by rootwrap's own line 1; 1 line gives root to cloud" in whole
    assert max(map(len, text.splitlines())) <= 80


def test_another_service_of_the_host_has_no_say(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    etc = installed(project, rootwrap_conf=cloud.ROOTWRAP_CONF, filters=cloud.FILTERS)
    other = project / "host/etc/other"
    (other / "rootwrap.d").mkdir(parents=True)
    (other / "rootwrap.conf").write_text("[DEFAULT]\nfilters_path=/etc/other/rootwrap.d\nexec_dirs=/opt/bin\n")
    (other / "rootwrap.d/other.filters").write_text("[Filters]\nprivsep: CommandFilter, privsep-helper, root\n")
    (other / "other.conf").write_text("[cloud_net]\nhelper_command = sudo -n /opt/bin/privsep-helper\n")
    (project / "host/etc/cloud/cloud.conf").write_text("[DEFAULT]\ndebug = True\n")
    document = loaded(capsys, "cloud", "--check", etc)
    assert answers(document) == {CONTEXT: "starts", OTHER: "built_in"}
    assert {each["path"] for each in document["lines"]} == {"host/etc/cloud/rootwrap.d/cloud.filters"}
    assert document["unread"] == []


def test_a_configuration_that_others_may_write_to_gives_root(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    etc = installed(project, cloud_conf="[DEFAULT]\n", sudoers="cloud ALL=(root) NOPASSWD: ALL, !/bin/sh\n")
    path = project / "host/etc/cloud/cloud.conf"
    path.chmod(0o646)
    document = loaded(capsys, "cloud", "--check", etc, "--config-file", str(path), status=2)
    (line,) = [each for each in document["lines"] if each["kind"] == "config"]
    assert (line["path"], line["line"]) == (str(path), 0)
    expected = f"everybody may write to {path}" if path.stat().st_uid == 0 else f"{path} belongs to user"
    assert expected in line["open"][0]
    assert [
        each for each in loaded(capsys, "cloud", "--check", etc, status=2)["lines"] if each["kind"] == "config"
    ] == []


# --- an upgrade ----------------------------------------------------------------------------------------


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The tree before: no contexts yet, and filters for both commands."""
    folder = tmp_path / "old"
    cloud.write(folder, contexts=False)
    return folder


def test_the_matrix_tells_what_new_filters_take_from_old_code(
    project: Path, before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "etc/cloud/rootwrap.d/cloud.filters").write_text("[Filters]\nip: IpFilter, ip, root\n")
    document = loaded(capsys, "cloud", "--before", str(before / "cloud"), status=1)
    pairs = {(each["code"], each["filters"]): each for each in document["upgrade"]}
    assert {key: each["works"] for key, each in pairs.items()} == {
        ("old", "old"): True,
        ("old", "new"): False,
        ("new", "old"): True,
        ("new", "new"): True,
    }
    assert pairs["old", "old"]["commands"] == {"wholly": 2, "partly": 0, "never": 0, "unknown": 0}
    assert pairs["old", "new"]["commands"] == {"wholly": 1, "partly": 0, "never": 1, "unknown": 0}
    (lost,) = pairs["old", "new"]["lost"]
    assert lost["argv"] == ["chown", "cloud", "{path}"]
    assert {each["answer"] for each in pairs["new", "old"]["contexts"]} == {"starts", "built_in"}
    text = told(capsys, "cloud", "--before", str(before / "cloud"), status=1)
    assert "  old   new      none                1 of 2    does not work\n" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "Keep the old filters beside the new ones until" in text


def test_old_rootwrap_needs_the_new_filters_first(
    project: Path, before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = cloud.FILTERS + cloud.FILTERS.splitlines()[2].replace(CONTEXT, OTHER).replace("privsep:", "net:") + "\n"
    (project / "etc/cloud/rootwrap.d/cloud.filters").write_text(shipped)
    old = before / "etc/cloud/rootwrap.d/cloud.filters"
    old.write_text("[Filters]\nip: IpFilter, ip, root\nchown: CommandFilter, chown, root\n")
    text = told(capsys, "cloud", "--before", str(before / "cloud"), "--old-rootwrap", status=1)
    assert "Install the new filters on a host before any of its services runs the new code." in text
    assert "in any order" in told(capsys, "cloud", "--before", str(before / "cloud"))


def test_deployed_filters_are_a_third_set(project: Path, before: Path, capsys: pytest.CaptureFixture[str]) -> None:
    etc = installed(project, rootwrap_conf=cloud.ROOTWRAP_CONF, filters="[Filters]\nip: IpFilter, ip, root\n")
    document = loaded(capsys, "cloud", "--before", str(before / "cloud"), "--check", etc, status=1)
    works = {(each["code"], each["filters"]): each["works"] for each in document["upgrade"]}
    assert works["old", "deployed"] is works["new", "deployed"] is False
    assert all(works[code, filters] for code in ("old", "new") for filters in ("old", "new"))


# --- wrong usage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--user", "Cloud Agent"], "--user Cloud Agent: not the name of a user"),
        (["--config-file", "cloud.conf"], "cloud.conf: give an absolute path"),
        (["--config-file", "/etc/cloud/a b.conf"], "give an absolute path"),
        (["--config-file", "/etc/cloud/a,b.conf"], "give an absolute path"),
        (["--config-file", "/etc/cloud/../x.conf"], "give it without `.`, `..`"),
        (["--config-file", "/etc/cloud/x.conf\n"], "give an absolute path"),
        (["--sudo", "new"], "--sudo new: give a version such as 1.9.13"),
        (["--old-rootwrap"], "give it with --check or --before"),
        (["--check", "nowhere"], "nowhere: no such file or folder"),
        (["--check", "setup.cfg"], "setup.cfg: is no rootwrap.conf, no file of filters"),
        (["--check", "cloud"], "cloud: no rootwrap.conf, filters, sudoers or helper_command"),
        (["--check", "etc", "--way", "fork"], "--way and --sudo choose what is printed"),
        (["--before", "nowhere"], "nowhere: no such file or directory"),
    ],
)
def test_wrong_usage_is_told(project: Path, words: list[str], text: str) -> None:
    with pytest.raises(Fault) as raised:
        cli._run(["bootstrap", "cloud", *words])
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_tree_without_contexts_is_told(project: Path) -> None:
    (project / "cloud/privsep/__init__.py").write_text("")
    with pytest.raises(Fault, match="no PrivContext is defined there"):
        cli._run(["bootstrap", "cloud"])


def test_a_file_that_cannot_be_read_is_told(project: Path) -> None:
    (project / "cloud/privsep/broken.py").write_text("PrivContext(\n")
    with pytest.raises(Fault, match=r"broken\.py: does not parse"):
        cli._run(["bootstrap", "cloud"])


def test_lines_that_visudo_refuses_are_not_printed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = project / "bin" / "visudo"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ncat > /dev/null\necho 'stdin:3: syntax error' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    with pytest.raises(Fault, match=r"refuses the lines .stdin:3: syntax error\.?"):
        cli._run(["bootstrap", "cloud"])

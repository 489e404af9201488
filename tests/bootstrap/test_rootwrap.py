"""The filters that we print, beside oslo.rootwrap itself: the service's command line passes, no other does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from oslo_rootwrap import filters as theirs
from oslo_rootwrap import wrapper

from migrator.bootstrap import rootwrap
from migrator.bootstrap.launch import Launch, hostile
from migrator.rootwrap.daemons import HELPER
from migrator.rootwrap.filters import Filter, defined
from tests.bootstrap.cloud import CONTEXT, LAUNCH, LOOSE, OTHER

TWO = replace(LAUNCH, config_files=("/etc/cloud/cloud.conf", "/etc/cloud/agent-x.conf"))
PATHS = f"--config-file, /etc/.*, --privsep_context, {CONTEXT}, --privsep_sock_path, /"
DIRS = replace(LAUNCH, config_dirs=("/etc/cloud/conf.d",))
NONE = replace(LAUNCH, config_files=())


def built(text: str) -> theirs.CommandFilter:
    found = wrapper.build_filter(*[each.strip() for each in text.split(",")])
    assert found is not None
    return found


def definition(line: str) -> str:
    name, colon, text = line.partition(": ")
    assert colon and name.replace("-", "").replace("_", "").isalnum()
    return text


def read(text: str) -> Filter:
    one = defined("x", text)
    assert one is not None
    return one


@pytest.mark.parametrize("launch", [LAUNCH, TWO, DIRS, NONE], ids=["one", "two", "folder", "none"])
def test_the_line_admits_the_service_and_nothing_else(launch: Launch) -> None:
    line = built(definition(rootwrap.line(launch, CONTEXT)))
    assert line.match([HELPER, *launch.arguments(CONTEXT)])
    assert line.match([HELPER, *launch.arguments(CONTEXT, "/tmp/tmpabcd_123/privsep.sock")])
    refused = [list(each.words) for each in hostile(launch, CONTEXT)]
    refused += [list(launch.arguments(OTHER)), list(launch.arguments(CONTEXT.replace(".", "x")))]
    refused += [list(launch.arguments(CONTEXT, path)) for path in ("/tmp/../run/x", "/tmp/tmpabcd_123/x/privsep.sock")]
    assert [words for words in refused if line.match([HELPER, *words])] == []


def test_a_line_for_any_files_keeps_to_the_folder_of_the_project() -> None:
    line = built(definition(rootwrap.line(LAUNCH, CONTEXT, files=2)))
    admitted = replace(LAUNCH, config_files=("/etc/cloud/a.conf", "/etc/cloud/conf.d/b-1.conf"))
    assert line.match([HELPER, *admitted.arguments(CONTEXT)])
    for path in (
        "/etc/cloud/../../tmp/evil.conf",
        "/etc/cloud/x/../../../tmp/evil.conf",
        "/etc/cloud/\n/../../../tmp/evil.conf",
        "/etc/cloud..",
        "/etc/clouds/x.conf",
        "/tmp/evil.conf",
    ):
        evil = replace(LAUNCH, config_files=("/etc/cloud/a.conf", path))
        assert not line.match([HELPER, *evil.arguments(CONTEXT)]), path
    assert not line.match([HELPER, *LAUNCH.arguments(CONTEXT)])


def test_what_projects_ship_admits_a_file_elsewhere() -> None:
    """The hostile command lines are worth something: the usual line lets one through."""
    line = built(f"RegExpFilter, {LOOSE}")
    admitted = [each.about for each in hostile(LAUNCH, CONTEXT) if line.match([HELPER, *each.words])]
    assert admitted == ["--config-file /etc/cloud/../../tmp/evil.conf"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"RegExpFilter, {LOOSE}", ""),
        ("CommandFilter, privsep-helper, root", ""),
        (f"RegExpFilter, {LOOSE.replace(CONTEXT, OTHER)}", f"it is for {OTHER}"),
        ("RegExpFilter, privsep-helper, root, privsep-helper", "it has 1 words, and the service gives 7"),
        (f"RegExpFilter, {LOOSE.replace('/tmp/.*', '/run/.*')}", "/run/.* does not match /tmp/"),
        (
            f"PathFilter, privsep-helper, root, {PATHS}",
            "/etc/cloud/cloud.conf is not /etc/.*, which a PathFilter takes for a folder or a text, not for a pattern",
        ),
        ("PathFilter, privsep-helper, root, --config-file, /etc", "it has 2 words behind the program"),
    ],
)
def test_why_a_line_does_not_start_a_daemon(text: str, why: str) -> None:
    argv = (HELPER, *LAUNCH.arguments(CONTEXT))
    assert rootwrap.starts(read(text), argv) is built(text).match(list(argv)) is (not why)
    if why:
        assert why in rootwrap.why_not(read(text), argv)

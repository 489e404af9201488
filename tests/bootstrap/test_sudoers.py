"""sudoers lines: those that we print, and how the lines of others are read, beside sudo itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.bootstrap import sudoers
from migrator.bootstrap.launch import hostile
from migrator.verify import house
from migrator.verify.house import File, HouseError
from tests.bootstrap.cloud import CONTEXT, LAUNCH, OTHER
from tests.scenario import stage

VISUDO = shutil.which("visudo", path=f"{house.SECURE_PATH}")
LAUNCHES = {
    "one": LAUNCH,
    "two": replace(LAUNCH, config_files=("/etc/cloud/cloud.conf", "/etc/cloud/a=b+c@d%e.conf")),
    "none": replace(LAUNCH, config_files=()),
}


@pytest.mark.parametrize("version", [(1, 9, 10), (1, 8, 29)])
@pytest.mark.parametrize("name", LAUNCHES)
def test_the_line_admits_the_service_and_nothing_else(name: str, version: tuple[int, ...]) -> None:
    launch = LAUNCHES[name]
    line = sudoers.line(launch, launch.helper, launch.arguments(CONTEXT), version)
    read = sudoers.read([("x", line)])
    good = (launch.helper, *launch.arguments(CONTEXT, "/tmp/tmp_0az9bcd/privsep.sock"))
    assert sudoers.admitted(read, "cloud", good)
    assert sudoers.admitted(read, "nobody", good) is None
    refused = [each.words for each in hostile(launch, CONTEXT)]
    refused += [launch.arguments(OTHER), launch.arguments(CONTEXT.replace(".", "x"))]
    refused += [
        launch.arguments(CONTEXT, path) for path in ("/tmp/tmp_0az/bcd/privsep.sock", "/tmp/tmp a/privsep.sock")
    ]
    assert [words for words in refused if sudoers.admitted(read, "cloud", (launch.helper, *words))] == []
    if VISUDO:
        subprocess.run([VISUDO, "-cf", "-"], input=f"{line}\n", text=True, check=True, capture_output=True)


TRUE = "/usr/bin/true"
ENTRIES = (
    f"(root) NOPASSWD: {TRUE}",
    f'(root) NOPASSWD: {TRUE} ""',
    f"(root) NOPASSWD: {TRUE} *",
    f"(root) NOPASSWD: {TRUE} -a ?",
    f"(root) NOPASSWD: {TRUE} -a [a-c]",
    f"(root) NOPASSWD: {TRUE} -a [!a-c]",
    f"(root) NOPASSWD: {TRUE} -a \\*",
    f"(root) NOPASSWD: {TRUE} -a x\\,y",
    f"(root) NOPASSWD: {TRUE} ^-a [a-c]+$",
    f"(root) NOPASSWD: {TRUE} ^-a (b|x,y)$, /usr/bin/env",
    "(root) NOPASSWD: ^/usr/bin/t.*e$ -a b",
    "(root) NOPASSWD: /usr/bin/",
    "(root) NOPASSWD: /usr/bin/tr*",
    f"(nobody) NOPASSWD: {TRUE}",
    f"(nobody) NOPASSWD: /usr/bin/env, (root) {TRUE}",
    f"(ALL) NOPASSWD: ALL, !{TRUE}",
    f"(root) NOPASSWD: !{TRUE}, ALL",
    "(root) NOPASSWD: SOME",
    f"(root:root) NOPASSWD: NOEXEC: {TRUE} -a b, {TRUE} /",
    f"{TRUE} -a b \\\n    , /usr/bin/env # and no more",
    f"(root) NOPASSWD: {TRUE} *b*",
)
ALIASES = f"Cmnd_Alias SOME = {TRUE} -a b, OTHERS : OTHERS = /usr/bin/env\n"
ASKED: tuple[tuple[str, ...], ...] = (
    (TRUE,),
    (TRUE, "-a", "b"),
    (TRUE, "-a", "bb"),
    (TRUE, "-a", "*"),
    (TRUE, "-a", "x,y"),
    (TRUE, "-a", "b", "/etc/x"),
    (TRUE, "/"),
    ("/usr/bin/env",),
)


def test_lines_are_read_as_sudo_reads_them() -> None:
    """Each entry is one user's; what that user may run is asked of sudo, in a house that has just these."""
    if stage.available():
        pytest.skip(f"sudo is NOT asked: {stage.available()}")
    names = [f"user{number}" for number in range(len(ENTRIES))]
    text = ALIASES + "".join(f"{name} ALL={entry}\n" for name, entry in zip(names, ENTRIES, strict=True))
    people = ["root:x:0:0::/:/bin/sh\n", *(f"{name}:x:{900 + n}:900::/:/bin/sh\n" for n, name in enumerate(names))]
    files = {
        "/etc/sudoers": File(text.encode(), 0o440),
        "/etc/passwd": File("".join(people).encode()),
        "/etc/group": File(b"root:x:0:\nusers:x:900:\n"),
    }
    try:
        (asked,) = house.stay(lambda: iter([_asked(names)]), files=files, ids_as_outside=True)
    except HouseError as error:
        pytest.skip(f"sudo is NOT asked: {error}")
    read = sudoers.read([("sudoers", text)])
    ours = {(name, argv): sudoers.admitted(read, name, argv) is not None for name in names for argv in ASKED}
    told = {key: answer for key, answer in asked.items() if ours[key] != answer}
    assert {(ENTRIES[names.index(name)], argv): answer for (name, argv), answer in told.items()} == {}
    assert 20 < sum(asked.values()) < len(asked) - 20


def _asked(names: Sequence[str]) -> dict[tuple[str, tuple[str, ...]], bool]:
    """What sudo answers as root is asked what others may run."""
    found: dict[tuple[str, tuple[str, ...]], bool] = {}
    for name in names:
        for argv in ASKED:
            words = ("sudo", "-n", "-l", "-U", name, *argv)
            done = subprocess.run(words, capture_output=True, env={"PATH": house.SECURE_PATH}, check=False)
            found[name, argv] = done.returncode == 0
    return found


def test_a_name_is_looked_up_in_secure_path() -> None:
    line = "cloud ALL=(root) NOPASSWD: /opt/venv/bin/privsep-helper *"
    for path, found in (("/usr/bin:/opt/venv/bin/", True), ("/usr/bin:/bin", False)):
        read = sudoers.read([("x", f'Defaults secure_path="{path}"\n{line}\n')])
        assert (sudoers.admitted(read, "cloud", ("privsep-helper", "x")) is not None) is found


def test_a_pattern_that_python_reads_otherwise_is_not_judged() -> None:
    read = sudoers.read([("x", "cloud ALL=(root) NOPASSWD: /usr/bin/privsep-helper ^[[:alnum:]]+$")])
    with pytest.raises(sudoers.Unclear, match="POSIX"):
        sudoers.admitted(read, "cloud", ("/usr/bin/privsep-helper", "x"))


def test_the_place_of_a_line_is_that_of_its_first_part(tmp_path: Path) -> None:
    read = sudoers.read([("etc/sudoers", f"# one\n\ncloud ALL=(root) NOPASSWD: \\\n  {TRUE}, \\\n  /usr/bin/env\n")])
    (grant,) = read.grants
    assert (grant.path, grant.line) == ("etc/sudoers", 3)
    assert [one.program for one in grant.commands] == [TRUE, "/usr/bin/env"]


def test_a_group_may_have_the_user_in_it() -> None:
    argv = ("/usr/bin/privsep-helper", "x")
    group = "%staff ALL=(root) NOPASSWD: /usr/bin/privsep-helper *\n"
    with pytest.raises(sudoers.Unclear, match="x:1 is for %staff, which cloud may be one of"):
        sudoers.admitted(sudoers.read([("x", group)]), "cloud", argv)
    both = sudoers.read([("x", f"{group}ALL, !cloud ALL=(root) NOPASSWD: ALL\ncloud ALL=(root) NOPASSWD: ALL\n")])
    assert sudoers.admitted(both, "cloud", argv)
    assert sudoers.admitted(sudoers.read([("x", group.replace("privsep-helper", "env"))]), "cloud", argv) is None


def test_a_default_can_make_passwords_needless() -> None:
    argv = ("/usr/bin/privsep-helper", "x")
    for default, asked in (("Defaults:cloud !authenticate", False), ("Defaults:other !authenticate", True)):
        found = sudoers.admitted(sudoers.read([("x", f"{default}\ncloud ALL=(root) ALL\n")]), "cloud", argv)
        assert found is not None and found.password is asked

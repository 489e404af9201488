"""Faults seeded into a rewritten project: each is found, at the site that it is about and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrator.verify.replay.judging import Replayed, Verdict
from migrator.verify.replay.replay import Replay
from tests.verify.replay.conftest import Judge

RUN = "moraine.privsep.command.run"
FAILED = "processutils.ProcessExecutionError"
FS, NET, PATH, UTILS = "privsep/fs.py", "privsep/linux_net.py", "privsep/path.py", "privsep/utils.py"
COMMAND = "privsep/command.py"
MOUNTS, FILES, OPTIONS = "host/mounts.py", "host/files.py", "options.py"
IP, BRIDGE, ISOLATED, IMAGE = "network/ip_lib.py", "network/bridge.py", "network/isolated.py", "image.py"


@dataclass(frozen=True)
class Seeded:
    """A fault: the text that is changed in a file below the package, the site that has to be told, and how.

    site: its file, and the function that it stands in; "" for what stands for no site. says: the aspect of the
    difference, or a part of the reason.
    """

    name: str
    path: str
    old: str
    new: str
    site: tuple[str, str]
    says: str


FIRST = (
    Seeded("lost retry", FS, "attempts=3,", "attempts=1,", (MOUNTS, "unmount"), "attempts"),
    Seeded("dropped word", FS, "'--bind', ", "", (MOUNTS, "bind_mount"), "command"),
    Seeded("other program", FS, "'blkid'", "'lsblk'", (OPTIONS, "label"), "command"),
    Seeded(
        "another number",
        IMAGE,
        "fs.dd_with_retries(str(device), size_in_m)",
        "fs.dd_with_retries(str(device), size_in_m + 1)",
        (IMAGE, "clear"),
        "command",
    ),
    Seeded(
        "arguments swapped inside",
        "privsep/qemu.py",
        "source, dest)\n",
        "dest, source)\n",
        (IMAGE, "convert"),
        "command",
    ),
    Seeded(
        "an exit code no longer accepted",
        NET,
        "'delete', dev, check_exit_code=[0, 2, 254]",
        "'delete', dev, check_exit_code=[0, 2]",
        (BRIDGE, "unplug"),
        "outcome",
    ),
    Seeded(
        "every exit code accepted",
        NET,
        "mac_address,\n        check_exit_code=[0, 2, 254])",
        "mac_address,\n        check_exit_code=False)",
        (BRIDGE, "create_tap_dev"),
        "outcome",
    ),
    Seeded(
        "result does not cross",
        NET,
        f"return {RUN}('ip', 'link', 'set', dev, 'master',\n{' ' * 39}bridge)",
        f"return set({RUN}('ip', 'link', 'set', dev, 'master', bridge))",
        (BRIDGE, "plug"),
        "outcome",
    ),
    Seeded(
        "swallowed error",
        NET,
        f"    return {RUN}('ip', 'link', 'delete', dev)",
        f"    try:\n        return {RUN}('ip', 'link', 'delete', dev)\n    except Exception:\n        return '', ''",
        (ISOLATED, "disconnect"),
        "outcome",
    ),
    Seeded(
        "lost stdin",
        PATH,
        "LOG_FINAL_ERROR,\n        process_input=process_input)",
        "LOG_FINAL_ERROR)",
        (FILES, "install_key"),
        "stdin",
    ),
    Seeded(
        "other exception",
        PATH,
        f"    return {RUN}('stat', path)",
        f"    try:\n        return {RUN}('stat', path)\n    except {FAILED} as exc:\n"
        "        raise RuntimeError(str(exc))",
        (FILES, "has_file"),
        "exception",
    ),
    Seeded(
        "lost environment",
        UTILS,
        ",\n                                       env_variables={'LC_ALL': 'C'}",
        "",
        (OPTIONS, "scan"),
        "environment",
    ),
    Seeded("lost directory", UTILS, " cwd='/usr/lib',", "", (OPTIONS, "settle"), "directory"),
    Seeded("waits between attempts", PATH, ", delay_on_retry=False", "", (OPTIONS, "wipe"), "waits between attempts"),
    Seeded(
        "what an earlier call gave",
        OPTIONS,
        "lvs_first(first.strip())",
        "lvs_first(found)",
        (OPTIONS, "names"),
        "command",
    ),
)
SECOND = (
    Seeded(
        "stderr of the exception",
        FS,
        f"    return {RUN}('mount', '--bind', source, target)",
        "    from oslo_concurrency import processutils\n"
        f"    try:\n        return {RUN}('mount', '--bind', source, target)\n    except {FAILED} as exc:\n"
        f"        raise {FAILED}(stdout=exc.stdout, stderr='', exit_code=exc.exit_code)",
        (MOUNTS, "bind_mount"),
        "stderr of the exception",
    ),
    Seeded("one attempt more", FS, "attempts=2", "attempts=3", (IMAGE, "clear"), "attempts"),
    Seeded(
        "half of the result",
        FS,
        f"{RUN}('blkid', device)",
        f"{RUN}('blkid', device)[0]",
        (OPTIONS, "label"),
        "result",
    ),
    Seeded(
        "no result",
        UTILS,
        "return moraine.privsep.command.run('lvscan'",
        "moraine.privsep.command.run('lvscan'",
        (OPTIONS, "scan"),
        "result",
    ),
    Seeded("lost timeout", UTILS, ",\n        timeout=30", "", (OPTIONS, "settle"), "timeout"),
    Seeded(
        "argument that is no text",
        MOUNTS,
        "fs.umount(str(target))",
        "fs.umount(target)",
        (MOUNTS, "unmount"),
        "outcome",
    ),
    Seeded(
        "arguments swapped at the call",
        BRIDGE,
        "(str(dev), str(bridge))",
        "(str(bridge), str(dev))",
        (BRIDGE, "plug"),
        "command",
    ),
    Seeded(
        "root call gone",
        FILES,
        "    moraine.privsep.path.touch(str(path))\n\n\n",
        "    pass\n\n\n",
        (FILES, "touch"),
        "no privileged call",
    ),
    Seeded(
        "a call more",
        IP,
        "        moraine.privsep.linux_net.delete_namespace(str(name))\n",
        "        moraine.privsep.linux_net.delete_namespace(str(name))\n" * 2,
        ("", ""),
        "takes the place of no root call",
    ),
    Seeded(
        "another function",
        OPTIONS,
        "utils.chpasswd(lines)",
        "utils.udevadm_settle(lines)",
        (OPTIONS, "passwords"),
        "command",
    ),
    Seeded(
        "log level of errors",
        PATH,
        " log_errors=processutils.LOG_FINAL_ERROR,",
        "",
        (FILES, "install_key"),
        "log_errors",
    ),
    Seeded(
        "does more itself",
        PATH,
        f"    return {RUN}('stat', path)",
        f"    os.chmod('/etc/fstab', 0o600)\n    return {RUN}('stat', path)",
        (FILES, "has_file"),
        "does itself",
    ),
    Seeded(
        "native: a default",
        PATH,
        "def cat(path: str, check: bool = True)",
        "def cat(path: str, check: bool = False)",
        (FILES, "read_file"),
        "command",
    ),
    Seeded(
        "native: a flag lost",
        FILES,
        "mkdir(str(path), parents=True)",
        "mkdir(str(path))",
        (FILES, "ensure_tree"),
        "arguments",
    ),
    Seeded(
        "native: input lost",
        FILES,
        "tee(str(path), process_input=content)",
        "tee(str(path))",
        (FILES, "write_file"),
        "arguments",
    ),
    Seeded("native: appends no longer", FILES, ", append=True", "", (FILES, "append_file"), "arguments"),
    Seeded(
        "native: swapped",
        FILES,
        "chown(str(owner), str(path))",
        "chown(str(path), str(owner))",
        (FILES, "set_ownership"),
        "arguments",
    ),
    Seeded("native: a constant", FILES, "'%o' % mode", "'%d' % mode", (FILES, "set_permissions"), "arguments"),
)
# One each: they change what every function has in common.
COMMON = (
    Seeded("umask of the daemon", COMMAND, "preexec_fn=lambda: os.umask(0o022), ", "", (IMAGE, "convert"), "umask"),
    Seeded(
        "no such program", COMMAND, "exit_code=96", "exit_code=127", (IMAGE, "convert"), "exit_code of the exception"
    ),
    Seeded(
        "signals", COMMAND, "128 - exc.exit_code", "exc.exit_code", (IMAGE, "convert"), "exit_code of the exception"
    ),
    Seeded(
        "stdout of the exception",
        COMMAND,
        "stdout=exc.stdout",
        "stdout=''",
        (IMAGE, "convert"),
        "stdout of the exception",
    ),
    Seeded(
        "no PATH",
        COMMAND,
        "dict(\n            os.environ, **options['env_variables'])",
        "dict(options['env_variables'])",
        (OPTIONS, "scan"),
        "environment",
    ),
)


def seed(after: Path, faults: Sequence[Seeded]) -> None:
    for fault in faults:
        file = after / "moraine" / fault.path
        text = file.read_text()
        assert text.count(fault.old) >= 1, fault.name
        file.write_text(text.replace(fault.old, fault.new, 1))


def place(replayed: Replayed) -> tuple[str, str]:
    if replayed.site is None:
        return "", ""
    return replayed.site.path.removeprefix("moraine/"), replayed.site.enclosing


def told(replay: Replay) -> dict[tuple[str, str], list[Replayed]]:
    """What is not as it was, by place."""
    found: dict[tuple[str, str], list[Replayed]] = {}
    for each in replay.sites:
        if each.verdict not in (Verdict.SAME, Verdict.NOT_MIGRATED):
            found.setdefault(place(each), []).append(each)
    return found


def shows(fault: Seeded, replay: Replay) -> bool:
    return any(
        fault.says in [difference.aspect for difference in each.differences] or fault.says in (each.why or "-")
        for each in told(replay).get(fault.site, [])
    )


def test_what_rewrite_wrote_is_the_same_everywhere(rewritten: Path, judge: Judge) -> None:
    replay = judge(rewritten, ["moraine"])
    assert [(place(each), each.differences, each.why) for some in told(replay).values() for each in some] == []
    assert replay.count(Verdict.SAME) >= 60
    assert sum(bool(each.rule) for each in replay.sites) >= 19
    ran = [each for each in replay.sites if each.verdict is Verdict.SAME and not each.rule]
    # The call inside a wrapper is judged by those that hand it its commands.
    assert all(each.runs >= 5 or (each.site and each.site.takes_argv) for each in ran)


@pytest.mark.parametrize("faults", [FIRST, SECOND], ids=["first", "second"])
def test_every_fault_is_found_where_it_is(faults: Sequence[Seeded], after: Path, judge: Judge) -> None:
    seed(after, faults)
    replay = judge(after, ["moraine"])
    missed = [fault.name for fault in faults if not shows(fault, replay)]
    assert missed == []
    # Nothing is told of a site that no fault is about, neither itself nor by the function that it shares.
    shared = {each.function for fault in faults for each in told(replay)[fault.site]}
    assert {each.function for some in told(replay).values() for each in some} <= shared


@pytest.mark.parametrize("fault", COMMON, ids=lambda fault: fault.name)
def test_a_fault_in_what_all_functions_share_is_found(fault: Seeded, after: Path, judge: Judge) -> None:
    seed(after, [fault])
    assert shows(fault, judge(after, ["moraine/image.py", "moraine/options.py"]))


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("hangs", "    while True:\n        pass\n", "no answer after 4 seconds"),
        ("kills its thread", "    raise SystemExit(1)\n", "no answer after 4 seconds"),
        ("ends the daemon", "    import os\n    os._exit(3)\n", "eof"),
    ],
)
def test_a_function_that_never_answers_is_told(name: str, body: str, says: str, after: Path, judge: Judge) -> None:
    file = after / "moraine" / FS
    text = file.read_text()
    start = text.index(f"    return {RUN}('blkid'")
    file.write_text(text[:start] + body + text[text.index("\n", start) + 1 :])
    replay = judge(after, ["moraine/options.py"])
    (each,) = told(replay)[OPTIONS, "label"]
    assert any(says in f"{difference.after}".lower() for difference in each.differences), each
    assert replay.count(Verdict.SAME) == 6  # those after it are judged all the same


def test_a_package_that_is_not_installed_is_told_and_never_passed(after: Path, judge: Judge) -> None:
    file = after / "moraine" / FS
    file.write_text(
        file.read_text().replace("import moraine.privsep\n", "import no_such_package\nimport moraine.privsep\n", 1)
    )
    replay = judge(after, ["moraine/options.py"])
    (each,) = told(replay)[OPTIONS, "label"]
    assert (each.verdict, "no_such_package" in each.why) == (Verdict.UNVERIFIABLE, True)

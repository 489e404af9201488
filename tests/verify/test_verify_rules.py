"""`privmigrate verify rules` as people run it: verdicts, exit status, and what is told where little can be judged."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import COMMAND, environment, run
from tests.verify import ordinary
from tests.verify.ordinary import NEEDS_ROOT, ROOT

# Each reads or changes a file through the standard library; what it claims is the test's.
RULE = '''\
"""cat: for a test."""
from __future__ import annotations
import os
import subprocess
from oslo_concurrency import processutils
from migrator.decide.rule import NATIVE, Becomes, Rule, Stays, Trial


def {name}(path: str, check: bool = True) -> tuple[str, str]:
    """Do it."""
    {body}


RULES = (
    Rule(
        grammar="{grammar}",
        function={name},
        module="path",
        kind=NATIVE,
        capabilities={claimed!r},
        examples=(
            Becomes("utils.execute('cat', p, run_as_root=True)", "privsep.path.cat(str(p))"),
            Stays("execute('cat', '-n', path, run_as_root=True)", because="-n"),
        ),
        trials=tuple(Trial(line) for line in {lines!r}),
    ),
)
'''


def proved(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = run("verify", "rules", *words, cwd=folder)
    if "privmigrate: this" in done.stderr:
        pytest.skip(done.stderr)
    return done


def test_a_rule_is_proven_and_the_line_says_what_it_needs(tmp_path: Path) -> None:
    done = proved("cat", "--examples", "0", folder=tmp_path)
    assert done.returncode == (0 if os.geteuid() == 0 else done.returncode), done.stdout
    assert done.stderr == "" or os.geteuid() != 0
    if os.geteuid() == 0:
        first, last = done.stdout.splitlines()
        assert first.startswith("cat.cat: proven: ") and first.endswith("needs CAP_DAC_READ_SEARCH, as it claims")
        assert last.startswith("1 rule: 1 proven; ")


def test_json_goes_to_a_file_whole(tmp_path: Path) -> None:
    done = proved("cat", "--examples", "0", "--format", "json", "--output", "found.json", folder=tmp_path)
    assert done.stdout == ""
    document = json.loads((tmp_path / "found.json").read_text())
    assert document["schema"] == "privmigrate.verify-rules/1"
    assert [entry["rule"] for entry in document["rules"]] == ["cat.cat"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("chwon",), "chwon: there is no such rule, did you mean chown?"),
        (("--trial", "cat {file}"), "--trial shows a trial of one rule"),
        (("cat.cat", "--trial", "cat {flie}"), "flie"),
        (("cat.cat", "--trial", "cat '"), "No closing quotation"),
        (("cat.cat", "--trial", "cat -n {file}"), "does not cover it"),
        (("cat.cat", "--jobs", "-1"), "take a number from 0 up"),
        (("cat.cat", "--sweep", "-1"), "take a number from 0 up"),
    ],
)
def test_what_is_asked_for_wrongly_is_told_in_one_line(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = run("verify", "rules", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_trial_is_shown_both_ways(tmp_path: Path) -> None:
    done = proved("cat.cat", "--trial", "cat {missing}", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the command: exit 1" in done.stdout and "the function: exit 1" in done.stdout
    assert done.stdout.endswith("they do the same\n")


@NEEDS_ROOT
def test_a_declared_difference_shows_in_the_part_of_the_sweep_that_is_not_tried(tmp_path: Path) -> None:
    words = ("verify", "rules", "chown.chown", "--examples", "0", "--format", "json")
    done = run(*words, "--sweep", "0", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    (few,) = json.loads(done.stdout)["rules"]
    assert few["verdict"] == "proven"
    assert few["trials"] < 120  # its sweep alone has as many


@NEEDS_ROOT
def test_an_ordinary_user_with_a_range_of_ids_finds_what_root_finds(tmp_path: Path) -> None:
    words = ("verify", "rules", "cat", "chown.chown", "--examples", "3", "--format", "json")
    of_root, of_user = run(*words, cwd=tmp_path), ordinary.run(tmp_path, *words)
    assert of_user.returncode == of_root.returncode == 0, of_user.stderr
    documents = [json.loads(done.stdout)["rules"] for done in (of_root, of_user)]
    for entry in (*documents[0], *documents[1]):
        del entry["seconds"]
    assert documents[0] == documents[1]


@NEEDS_ROOT
def test_with_one_id_only_nothing_counts_as_passed(tmp_path: Path) -> None:
    done = ordinary.run(tmp_path, "verify", "rules", "cat", "chown.chown", "--examples", "3", ranges=False)
    assert done.returncode == 2
    assert "cat.cat: not verifiable here" in done.stdout and "chown.chown: not verifiable here: 0 trials" in done.stdout
    assert "proven" not in done.stdout
    (line,) = done.stderr.splitlines()
    assert "only one user id can be mapped: /etc/subuid gives tester no range" in line


@NEEDS_ROOT
def test_without_user_namespaces_it_says_so_in_one_line(tmp_path: Path) -> None:
    script = "echo 0 > /proc/sys/user/max_user_namespaces && exec " + shlex.join([*COMMAND, "verify", "rules", "cat"])
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert "lets this user make no user namespace" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@NEEDS_ROOT
@pytest.mark.parametrize(
    ("claimed", "told"),
    [
        pytest.param("()", "needs CAP_DAC_READ_SEARCH", id="nothing"),
        pytest.param(
            "('CAP_DAC_OVERRIDE',)",
            "no trial needs CAP_DAC_OVERRIDE: CAP_DAC_READ_SEARCH will do",
            id="a stronger one than would do",
        ),
        pytest.param("('CAP_DAC_READ_SEARCH', 'CAP_SYS_ADMIN')", "no trial needs CAP_SYS_ADMIN", id="all of root"),
    ],
)
def test_wrong_claims_are_found_out(claimed: str, told: str, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    right = (ROOT / "rules" / "cat.py").read_text()
    wrong = right.replace('capabilities={"CAP_DAC_READ_SEARCH"}', f"capabilities=set({claimed})")
    assert wrong != right
    (folder / "cat.py").write_text(wrong)
    done = run("verify", "rules", "cat.cat", "--rules", str(folder), "--examples", "0", cwd=tmp_path)
    assert told in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1


def test_a_finding_is_repeated_by_the_line_that_it_gives(tmp_path: Path) -> None:
    folder = tmp_path / "own rules"
    folder.mkdir()
    body = "return 'wrong', ''"
    text = RULE.format(name="cat", body=body, grammar="cat PATH", lines=["cat {file}"], claimed=set())
    (folder / "cat.py").write_text(text)
    done = proved("cat.cat", "--rules", "own rules", "--examples", "0", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    line = next(line for line in done.stdout.splitlines() if "repeat: " in line).partition("repeat: ")[2]
    words = shlex.split(line)
    assert words[0] == "privmigrate"
    again = subprocess.run(
        [sys.executable, "-m", "migrator", *words[1:]],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1 and "they differ" in again.stdout, again.stderr


def test_what_goes_on_is_told_on_a_terminal_only_and_nothing_of_it_stays(tmp_path: Path) -> None:
    leader, follower = os.openpty()
    with subprocess.Popen(
        [*COMMAND, "verify", "rules", "cat", "--examples", "0", "--color", "never"],
        cwd=tmp_path,
        env={**environment(tmp_path), "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
    ) as tool:
        os.close(follower)
        told = b""
        with contextlib.suppress(OSError):  # what a terminal answers when nobody writes to it any more
            while part := os.read(leader, 1 << 16):
                told += part
        os.close(leader)
        shown, _ = tool.communicate()
    if b"privmigrate: " in told:
        pytest.skip(told.decode())
    assert b"0/1 rules" in told
    assert re.search(rb"\x1b\[[0-9;]*3[0-9]", told) is None
    assert told.replace(b"\x1b[?25h", b"").endswith(b"\x1b[1A\x1b[2K")
    assert shown.startswith("cat.cat: ") and "\x1b" not in shown

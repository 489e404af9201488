"""Verdicts on rules fit the terminal, name what differs, and give a line that repeats it."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace

import pytest

from migrator.report.verdicts import dumps, folded, lines, repeat, table
from migrator.verify.verdict import Divergence, Finding, Found, Verdict, Word

PROVEN = Verdict(
    rule="chown.chown",
    written=12,
    trials=146,
    claimed=frozenset({"CAP_CHOWN", "CAP_DAC_READ_SEARCH"}),
    found=Found(frozenset({"CAP_CHOWN", "CAP_DAC_READ_SEARCH"}), {}),
    findings=(),
    absent=(),
    shown={"one": 3, "two": 0},
    lacking={},
    seconds=1.0,
)
CLAIMS = replace(
    PROVEN,
    rule="ip.link_set_master_of_another_namespace",
    found=Found(frozenset({"CAP_CHOWN", "CAP_NET_BIND_SERVICE"}), {"CAP_NET_BIND_SERVICE": "ip link {veth}"}),
)
STATUS = Divergence("status", "", "exit 0", "raised OSError: [Errno 2] " + 12 * "a long reason " + "END")
FINDING = Finding("chown -- '-a b' {dangling:byte,slash} " + "x" * 90, "", "generated", (STATUS,), check=False)
DIFFERS = replace(PROVEN, rule="rm.rm_recursive", found=None, findings=(FINDING,), absent=("a known difference",))
NOT_HERE = replace(PROVEN, rule="mount.mount", trials=0, found=None, lacking={"loop devices are lacking": 7})
ALL = (PROVEN, CLAIMS, DIFFERS, NOT_HERE)


def drawn(width: int, coloured: bool = False) -> str:
    return table(ALL, coloured, "utf-8", ("--rules", "own rules"), width)


@pytest.mark.parametrize("width", [72, 80, 100, 120, 200])
def test_nothing_is_wider_than_the_terminal_but_what_can_be_pasted(width: int) -> None:
    wide = [line for line in drawn(width).splitlines() if len(line) > width]
    assert [line for line in wide if not line.strip().startswith("repeat: privmigrate ")] == []


@pytest.mark.parametrize("width", [80, 120])
def test_names_and_capabilities_are_whole(width: int) -> None:
    text = drawn(width)
    for whole in ("DAC_READ_SEARCH", "+ NET_BIND_SERVICE", "- DAC_READ_SEARCH", "chown.chown ", "146", "1 known"):
        assert whole in text
    assert "proven" in text and "claims" in text and "differs" in text and "verifiable" in text
    assert "…" not in text


def test_a_name_is_broken_only_between_its_parts() -> None:
    assert folded("ip.link_set_master", 30) == "ip.link_set_master"
    assert folded("ip.link_set_master", 13).split("\n") == ["ip.link_set_", "  master"]
    assert folded("ip.link_set_master", 2).replace("\n", "").replace(" ", "") == "ip.link_set_master"


def test_the_claim_is_shown_beside_what_was_found() -> None:
    (row,) = [line for line in drawn(200).splitlines() if line.startswith(f"{CLAIMS.rule} ")]
    assert row.split()[1:] == ["146", "claims", "CHOWN", "+", "NET_BIND_SERVICE", "1", "known"]
    (row,) = [line for line in drawn(200).splitlines() if line.startswith("chown.chown")]
    assert "the same" in row
    text = lines([CLAIMS])
    assert "claims too little: `ip link {veth}` needs CAP_NET_BIND_SERVICE\n" in text
    assert "claims too much: no trial needs CAP_DAC_READ_SEARCH: CAP_NET_BIND_SERVICE will do\n" in text


def test_a_rule_with_trials_that_could_not_be_tried_is_not_called_proven() -> None:
    assert PROVEN.word is Word.PROVEN
    assert replace(PROVEN, lacking={"no loop devices": 1}).word is Word.NOT_HERE


def test_what_differs_is_counted_and_told_whole() -> None:
    text = drawn(80)
    assert "1 new" in text and "1 absent" in text
    assert "declared, but it does not show: a known difference" in text
    assert "(the function with check=False)" in " ".join(text.split())
    # It goes on below itself.
    below = [line for line in text.splitlines() if "END" in line]
    assert below and all(line.startswith(" " * 8) for line in below)
    assert "not verifiable here: loop devices are lacking (7 trials)" in text


def test_a_finding_tells_the_first_of_many_differences_and_json_all() -> None:
    many = tuple(Divergence("files", f"/scratch/file{number}: mode", "0644", "0600") for number in range(20))
    verdict = replace(DIFFERS, findings=(replace(FINDING, divergences=many),))
    text = lines([verdict])
    assert text.count("- 0644") == 8 and "    and 12 more\n" in text
    (entry,) = json.loads(dumps([verdict]))["rules"]
    assert len(entry["findings"][0]["divergences"]) == 20


@pytest.mark.parametrize(
    "finding",
    [
        FINDING,
        replace(FINDING, line="chown 'a b' {file}"),
        replace(FINDING, line='chown "it\'s" {file}'),
        replace(FINDING, line="-n {file}"),
        replace(FINDING, stdin="one\ntwo's \\ three\t\x01\n"),
        replace(FINDING, stdin="-dash"),
        replace(FINDING, stdin="caf\N{LATIN SMALL LETTER E WITH ACUTE}\n\udcff"),
    ],
)
def test_the_line_that_repeats_a_finding_is_one_line_for_a_shell(finding: Finding) -> None:
    given = ("--config", "their setup.cfg", "--rules", "own rules", "--rules", "/more")
    line = repeat("chown.chown", finding, given)
    assert line.isprintable()
    told = subprocess.run(
        ["bash", "-c", line.replace("privmigrate", "printf '%s\\0'", 1)],
        capture_output=True,
        check=True,
    )
    words = told.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    beside = [f"--stdin={finding.stdin}"] if finding.stdin else []
    assert words == ["verify", "rules", "chown.chown", *given, f"--trial={finding.line}", *beside]


def test_every_form_gives_the_line_with_the_options_that_were_given() -> None:
    given = ("--rules", "own rules")
    line = repeat(DIFFERS.rule, FINDING, given)
    assert "--rules 'own rules'" in line
    assert f"repeat: {line}\n" in lines(ALL, given)
    assert f"repeat: {line}\n" in drawn(80)
    assert json.loads(dumps(ALL, given))["rules"][2]["findings"][0]["repeat"] == line
    assert shlex.split(line)[-1] == f"--trial={FINDING.line}"


def test_no_colour_where_none_is_wanted() -> None:
    assert "\x1b" not in drawn(80)
    assert "\x1b[" in drawn(80, coloured=True)


def test_on_a_narrow_terminal_there_are_lines() -> None:
    assert drawn(60) == lines(ALL, ("--rules", "own rules"))


def test_the_last_line_counts() -> None:
    assert drawn(100).splitlines()[-1] == (
        "4 rules: 1 proven, 1 differs, 1 claims, 1 not verifiable here; 438 trials compared"
    )
    assert json.loads(dumps(ALL))["summary"]["by_verdict"]["not verifiable here"] == 1

"""The rules as a whole: their manual, the command that lists them, and what is said of a broken one.

`python -m tests.test_rules` writes docs/rules.md anew.
"""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.decide import checks, manual
from migrator.decide.load import load_file, rulebook, shipped
from migrator.decide.rule import EXEC, Becomes, RuleError, Stays
from tests.running import refused, run

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rules.md"
FAULTS = sorted((ROOT / "tests" / "fixtures" / "rules").glob("*.py"))

MINE = '''\
"""true: does nothing."""

from migrator.decide.rule import NATIVE, Becomes, Rule


def nothing():
    return "", ""


RULES = (
    Rule(
        grammar="{program}",
        function=nothing,
        module="commands",
        kind=NATIVE,
        examples=(Becomes("execute('{program}', run_as_root=True)", "privsep.commands.nothing()"),),
    ),
)
'''


def test_manual_is_what_the_rules_say() -> None:
    assert PAGE.read_text("utf-8") == manual.document(rulebook().all()), "run python -m tests.test_rules"


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_a_broken_rule_is_refused_with_its_file_and_its_fault(path: Path) -> None:
    expected = re.findall(r"^# fault: (.*)$", path.read_text("utf-8"), re.M)
    assert expected
    with pytest.raises(RuleError) as caught:
        load_file(path)
    assert path.name in str(caught.value)
    for text in expected:
        assert text in str(caught.value)


def test_rules_are_looked_up_beside_the_package_only_in_a_checkout(tmp_path: Path) -> None:
    package = tmp_path / "migrator"
    (tmp_path / "rules").mkdir()
    package.mkdir()
    with pytest.raises(RuleError, match="missing"):
        shipped(package)  # site-packages: that folder is another project's
    (tmp_path / "pyproject.toml").write_text("")
    assert shipped(package) == tmp_path / "rules"
    (package / "rules").mkdir()
    assert shipped(package) == package / "rules"


def test_a_folder_without_rules_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no rules in this folder"):
        rulebook([tmp_path])
    with pytest.raises(RuleError, match="no such folder"):
        rulebook([tmp_path / "nowhere"])


def test_a_rule_of_ones_own_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    mine = tmp_path / "chown.py"
    mine.write_text(MINE.replace("{program}", "chown"))
    book = rulebook([tmp_path])
    assert [rule.name for rule in book.rules_for("chown")] == ["chown.nothing"]
    assert book.replaced == ((mine, shipped() / "chown.py"),)
    assert [rule.name for rule in book.rules_for("chmod")] == ["chmod.chmod", "chmod.chmod_recursive"]


def test_a_rule_file_is_read_only_when_its_program_is_met(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('read')")
    book = rulebook([tmp_path])
    assert book.rules_for("chown") and book.rules_for("unheard-of") == ()
    with pytest.raises(RuleError, match=r"broken\.py: cannot be loaded: RuntimeError: read"):
        book.rules_for("broken")


def test_reading_a_rule_imports_no_library_of_the_target(tmp_path: Path) -> None:
    (tmp_path / "true.py").write_text(
        MINE.replace("{program}", "true")
        .replace('return "", ""', "return absent.run()")
        .replace("from migrator", "from not_installed import absent\n\nfrom migrator")
    )
    (rule,) = rulebook([tmp_path]).rules_for("true")
    assert rule.imports == ("from not_installed import absent",)
    with pytest.raises(ModuleNotFoundError, match="not_installed"):
        rule.function()


def test_piped_list_has_a_line_for_each_rule(tmp_path: Path) -> None:
    done = run("rules", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == len(rulebook().all())
    needs = "CAP_CHOWN, CAP_DAC_READ_SEARCH, CAP_FOWNER"
    assert f"chown.chown: chown OWNER PATH (native; needs {needs}; 3 known differences)" in lines


@pytest.mark.parametrize("name", ["rm", "rm.rm_recursive"])
def test_show_is_the_manual_page_with_the_function(name: str, tmp_path: Path) -> None:
    done = run("rules", "show", name, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "def rm_recursive(path: str" in done.stdout
    assert ("def rm(path: str" in done.stdout) is (name == "rm")


def test_show_has_what_the_manual_has(tmp_path: Path) -> None:
    shown = run("rules", "show", "rm", cwd=tmp_path).stdout
    page = PAGE.read_text("utf-8")
    (chapter,) = re.findall(r"^## rm\n\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    lines = [line for line in chapter.splitlines() if not line.startswith("#")]
    assert len(lines) > 40 and [line for line in lines if line not in shown.splitlines()] == []


def test_a_difference_that_begins_with_a_dash_is_no_list_in_the_list() -> None:
    assert "- `-` is refused as well" in PAGE.read_text("utf-8")
    assert "\n- - " not in PAGE.read_text("utf-8")


def test_show_is_laid_out_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from migrator.commands import rules

    monkeypatch.setattr("sys.stdout", Terminal(io.BytesIO(), encoding="utf-8"))
    monkeypatch.setenv("COLUMNS", "80")
    text = rules._pages(rulebook().rules_for("kill"), "always")
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert text != plain and "```" not in plain and "CAP_KILL" in plain and "def kill(" in plain
    assert max(map(len, plain.splitlines())) <= 80
    assert "\x1b" not in rules._pages(rulebook().rules_for("kill"), "never")


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_check_holds_ones_own_rules_to_what_the_shipped_ones_are_held_to(tmp_path: Path) -> None:
    shutil.copy(shipped() / "mkdir.py", tmp_path)
    done = run("rules", "check", tmp_path, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == f"privmigrate: {tmp_path}/mkdir.py takes the place of {shipped()}/mkdir.py\n"
    first, following = done.stdout.splitlines()
    assert re.fullmatch(r".*/mkdir\.py: mkdir\.mkdir: ok, 2 calls taken, 2 left, \d+ trials", first)
    assert following == f"next: privmigrate verify rules --rules {tmp_path} mkdir.mkdir"


def test_check_tells_every_fault_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "true.py").write_text(MINE.replace("{program}", "true"))
    (tmp_path / "broken.py").write_text("x = = 1\n")
    (tmp_path / "frob.py").write_text(
        MINE.replace('grammar="{program}', 'grammar="frob')
        .replace("privsep.commands.nothing()", "privsep.commands.other()")
        .replace("{program}", "frob")
        .replace("examples=(", "examples=(Stays(\"execute('frob', run_as_root=True)\", because='-d'), ")
        .replace("Becomes, Rule", "Becomes, Rule, Stays")
    )
    done = run("rules", "check", tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    for text in (
        f"{tmp_path}/broken.py: cannot be loaded: SyntaxError",
        f"{tmp_path}/true.py: true.nothing: it has 0 examples of calls that it leaves alone (Stays); show at least 2",
        "example execute('frob', run_as_root=True): it takes this call, which is to stay because of -d",
        "becomes privsep.commands.nothing(), not privsep.commands.other()",
    ):
        assert text in done.stdout
    assert ": ok," not in done.stdout and "next:" not in done.stdout


def test_check_counts_the_trials_of_what_takes_words() -> None:
    (mkdir,) = rulebook().rules_for("mkdir")
    few = replace(mkdir, trials=mkdir.trials[:7])
    assert list(checks.counts(few)) == ["it has 7 trials; a native rule has at least 8"]
    assert list(checks.counts(replace(few, kind=EXEC))) == []


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (
            Becomes("execute('chown', '-v', owner, path, run_as_root=True)", "x"),
            "a function that runs it takes it: chown.chown: ",
        ),
        (Becomes("one; two", "x"), "write one call, or an assignment of its result"),
        (Becomes("execute('chown', *words, run_as_root=True)", "x"), "it stays: "),
        (Stays("execute('chown', '-v', owner, path, run_as_root=True)", "-R"), "it stays, but not because of -R: "),
    ],
)
def test_an_example_that_does_not_hold_is_told(example: Becomes | Stays, said: str) -> None:
    book = rulebook()
    assert said in checks.example_fault(book.named("chown.chown")[0], example, book)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "chwon"], "chwon: there is no such rule, did you mean chown?"),
        (["show", "chown.chmod"], "chown.chmod: there is no such rule"),
        (["list"], "list: say `privmigrate rules`, `rules show NAME` or `rules check DIR`"),
        (["check"], "rules check takes the folder with your rules"),
        (["check", "nowhere"], "nowhere: no such folder of rules"),
        (["check", "."], ".: there are no rules in this folder"),
        (["--rules", "nowhere"], "nowhere: no such folder of rules"),
    ],
)
def test_a_wrong_word_is_one_line_on_stderr(words: list[str], said: str, tmp_path: Path) -> None:
    assert said in refused(run("rules", *words, cwd=tmp_path))


if __name__ == "__main__":
    PAGE.write_text(manual.document(rulebook().all()), "utf-8")

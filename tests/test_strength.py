"""The strength of a project's tests before and after a rewrite, on a project of one call."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import strength
from strength_places import literals, values
from strength_words import Mutation, identities, mutated

UTILS = """\
    def execute(*words, **options):
        if callable(options.get('run_as_root')):
            return options.pop('run_as_root')(*words, **options)
        raise AssertionError('no test may come here')
    """
DISK = """\
    from tiny import utils
    def grow(path, size):
        utils.execute('lvextend', '-L', size, path, run_as_root=True, attempts=3)
    """
TEST = """\
    import unittest
    from unittest import mock
    from tiny import disk, utils
    class Disk(unittest.TestCase):
        @mock.patch.object(utils, 'execute')
        def test_grow(self, execute):
            disk.grow('/dev/a', '2g')
            execute.assert_called_once_with('lvextend', '-L', '2g', '/dev/a', run_as_root=True, attempts=3)
        @mock.patch.object(utils, 'execute')
        def test_grow_once(self, execute):
            disk.grow('/dev/a', '2g')
            self.assertEqual(1, execute.call_count)
    """
LVM = """\
    from tiny import utils
    def lvextend(size, path):
        return utils.execute('lvextend', '-L', size, path, attempts=3)
    def lvextend_argv(*words, **options):
        if words[:2] != ('lvextend', '-L'):
            raise ValueError(words)
        return lvextend(*words[2:])
    """
CALLED = DISK.replace(
    "utils.execute('lvextend', '-L', size, path, run_as_root=True, attempts=3)", "lvm.lvextend(size, path)"
).replace("import utils", "import lvm")
FLAGGED = DISK.replace("True", "lvm.lvextend_argv").replace("import utils", "import lvm, utils")
RUN = TEST.replace(", run_as_root=True", "")
KEPT = TEST.replace("=True", "=lvm.lvextend_argv").replace("disk, utils", "disk, lvm, utils")
GENERATED = """\
    import unittest
    from unittest import mock
    from tiny import lvm, utils
    class Lvm(unittest.TestCase):
        @mock.patch.object(utils, 'execute')
        def test_lvextend(self, execute):
            lvm.lvextend('size', 'path')
            execute.assert_called_once_with('lvextend', '-L', 'size', 'path', attempts=3)
    """


def tree(root: Path, disk: str, tests: dict[str, str], **more: str) -> Path:
    files = {"tiny/__init__.py": "", "tiny/utils.py": UTILS, "tiny/disk.py": disk, "tiny/tests/__init__.py": ""}
    files |= {f"tiny/{name}.py": text for name, text in more.items()}
    files |= {f"tiny/tests/{name}.py": text for name, text in tests.items()}
    files[".stestr.conf"] = "[DEFAULT]\ntest_path=${OS_TEST_PATH:-./tiny/tests}\ntop_dir=./\n"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return root


def plan(path: Path, form: str) -> Path:
    site = {
        "id": "1",
        "path": "tiny/disk.py",
        "line": 3,
        "end_line": 3,
        "column": 5,
        "argv": ["lvextend", "-L", "{size}", "{path}"],
        "moved": True,
        "form": form,
        "rung": "narrow",
        "function": "tiny.lvm.lvextend",
        "arguments": {"size": "size", "path": "path"},
    }
    path.write_text(json.dumps({"schema": "privmigrate.rewrite/1", "sites": [site]}))
    return path


def compare(tmp_path: Path, form: str, disk: str, tests: dict[str, str], *more: str) -> int:
    before = tree(tmp_path / "before", DISK, {"test_disk": TEST})
    after = tree(tmp_path / "after", disk, tests, lvm=LVM)
    options = ["--plan", str(plan(tmp_path / "plan.json", form)), "--json", str(tmp_path / "found.json"), *more]
    return strength.main(["--python", sys.executable, *options, str(before), str(after)])


def found(tmp_path: Path) -> dict[str, Any]:
    (site,) = json.loads((tmp_path / "found.json").read_text())["sites"]
    assert isinstance(site, dict)
    return site


def test_a_replaced_call_whose_words_are_asserted_in_the_function_is_as_strong(tmp_path: Path) -> None:
    assert compare(tmp_path, "call", CALLED, {"test_disk": RUN}) == 0
    site = found(tmp_path)
    # 4 words dropped, 4 changed, 3 swapped, 1 keyword: each is noticed by the one of two tests that looks; a call of a
    # function that lacks an argument fails in both
    assert (len(site["noticed"]), site["before"], site["after"]) == (12, 12, 14)


def test_a_word_that_nobody_looks_at_any_more_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, "call", CALLED, {"test_disk": RUN.replace("'-L'", "mock.ANY")}) == 1
    assert found(tmp_path)["reasons"] == {"change '-L'": "is noticed by 0, before by 1"}
    assert "    tiny.tests.test_disk.Disk.test_grow\n" in capsys.readouterr().out


def test_a_test_that_no_longer_passes_is_named_so(tmp_path: Path) -> None:
    assert compare(tmp_path, "call", CALLED, {"test_disk": TEST}) == 1
    assert found(tmp_path)["noticed"][0]["lost"] == ["tiny.tests.test_disk.Disk.test_grow (does not pass)"]


def test_a_keyword_that_got_lost_is_told(tmp_path: Path) -> None:
    before = tree(tmp_path / "before", DISK, {"test_disk": TEST})
    tests = {"test_disk": RUN.replace(", attempts=3", "")}
    after = tree(tmp_path / "after", CALLED, tests, lvm=LVM.replace(", attempts=3", ""))
    options = ["--plan", str(plan(tmp_path / "plan.json", "call")), "--json", str(tmp_path / "found.json")]
    assert strength.main(["--python", sys.executable, *options, str(before), str(after)]) == 1
    assert found(tmp_path)["reasons"] == {"drop attempts=": "is said nowhere that a test comes to"}


def test_words_at_two_places_have_to_be_noticed_at_both(tmp_path: Path) -> None:
    assert compare(tmp_path, "flag", FLAGGED, {"test_disk": KEPT, "test_lvm": GENERATED}) == 0
    assert found(tmp_path)["after"] == 12


def test_a_function_that_no_test_looks_at_is_told(tmp_path: Path) -> None:
    called = GENERATED.partition("            execute")[0] + "            self.assertTrue(execute.called)\n"
    assert compare(tmp_path, "flag", FLAGGED, {"test_disk": KEPT, "test_lvm": called}) == 1
    reasons = set(found(tmp_path)["reasons"].values())
    assert reasons == {"is noticed by 0 in the function, before by 1 at the call"}


def test_what_ran_is_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.jsonl"
    tests = {"test_disk": RUN}
    assert compare(tmp_path, "call", CALLED, tests, "--results", str(kept)) == 0
    first, told = kept.read_text(), capsys.readouterr().out
    assert compare(tmp_path, "call", CALLED, tests, "--results", str(kept)) == 0
    assert (kept.read_text(), capsys.readouterr().out) == (first, told)
    # half of a line, as of a run that was ended while it wrote
    kept.write_text(first[:-20])
    assert compare(tmp_path, "call", CALLED, tests, "--results", str(kept)) == 0
    assert sorted(kept.read_text().splitlines()) == sorted(first.splitlines())
    assert compare(tmp_path, "call", CALLED, {"test_disk": TEST}, "--results", str(kept)) == 2
    assert "made of other trees" in capsys.readouterr().err


def test_tests_that_do_not_run_are_no_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, "call", CALLED, {"test_disk": "import nothing_of_that_name\n"}) == 2
    assert "no test passed" in capsys.readouterr().err


def drop(*word: object) -> Mutation:
    return {"act": "drop", "word": word, "other": (), "name": ""}


def test_words_are_counted_from_the_end_and_found_in_lists() -> None:
    arguments = ({"target": 1}, ["-n", "name", "-n"], "value")
    assert [name for name, _ in identities(arguments, frozenset(["-n"]))] == [
        ("literal", "-n", 1),
        ("value", 1),
        ("literal", "-n", 0),
        ("value", 0),
    ]
    assert mutated(arguments, drop("literal", "-n", 0), frozenset(["-n"])) == ({"target": 1}, ["-n", "name"], "value")
    assert mutated(arguments, drop("literal", "-x", 0), frozenset(["-n"])) is arguments


def test_parameters_are_found_by_what_they_take() -> None:
    argv = ["dd", "{'if=%s' % src}", "{'of=%s' % dest}", "*{['-f'] if force}", "{flag}"]
    assert literals(argv) == ("-f", "dd")
    entry = {"argv": argv, "arguments": {"src": "str(src)", "dest": "str(dest)", "flag": "str(flag)"}}
    assert values(entry) == {"0": "flag"}  # how many words stand before that one is not known
    entry["argv"] = [word for word in argv if not word.startswith("*")]
    assert values(entry) == {"0": "flag", "1": "dest", "2": "src"}
    assert values({"argv": ["chmod", "666", "{path}"], "arguments": {"mode": "'666'", "path": "words[0]"}}) == {
        "=666": "mode",
        "0": "path",
    }

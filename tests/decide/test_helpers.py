"""What rules' functions share: found with the function, from its file or from one beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.decide.load import load_file
from migrator.decide.rule import RuleError
from tests.shipped import rulebook

SHARED = """\
import os
import socket


def _inner(text):
    return os.path.basename(text)


def _outer(text):
    return _inner(text) + socket.gethostname()
"""
RULE = '''\
import re

from migrator.decide.rule import EXEC, Becomes, Rule

from ._shared import _outer


def _own(path):
    return re.sub("a", "b", path)


def nothing(path):
    """Do nothing."""
    return _own(path), _outer(path)


RULES = (
    Rule(
        grammar="true PATH",
        function=nothing,
        module="commands",
        kind=EXEC,
        examples=(Becomes("execute('true', path, run_as_root=True)", "privsep.commands.nothing(path)"),),
    ),
)
'''


def written(folder: Path, rule: str = RULE) -> Path:
    (folder / "_shared.py").write_text(SHARED)
    (folder / "true.py").write_text(rule)
    return folder / "true.py"


def test_helpers_come_with_the_function_each_behind_what_it_calls(tmp_path: Path) -> None:
    (rule,) = load_file(written(tmp_path))
    assert [helper.name for helper in rule.helpers] == ["_inner", "_outer", "_own"]
    assert rule.imports == ("import os", "import re", "import socket")
    assert rule.text.startswith("def _inner(text):") and rule.text.endswith(rule.source)
    compile(rule.text, "target", "exec")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("re.sub", "LIMIT.sub", "it reads the global LIMIT"),
        ("_own", "own", "it reads the global own"),
        ("from ._shared import _outer", "from ._absent import _outer", "true.py: cannot be loaded"),
        ("from ._shared import _outer", "from ._shared import _absent as _outer", "true.py: cannot be loaded"),
        ("from ._shared import _outer", "from ._shared import _inner as _outer", "it reads the global _outer"),
    ],
)
def test_what_could_not_be_read_in_the_target_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=said):
        load_file(written(tmp_path, RULE.replace(old, new)))


def test_a_name_is_one_helper_in_a_module_of_the_target() -> None:
    texts: dict[tuple[str, str], str] = {}
    for rule in rulebook().all():
        for helper in rule.helpers:
            known = texts.setdefault((rule.module, helper.name), helper.source)
            assert known == helper.source, f"{rule.name}: another rule has another {helper.name}"


@pytest.mark.parametrize("program", ["brctl", "tunctl", "ip.add_tap", "ip.add_multi_queue_tap"])
def test_helpers_of_a_folder_bring_no_library_that_the_function_can_do_without(program: str) -> None:
    assert not [rule.name for rule in rulebook().named(program) if "import pyroute2" in rule.imports]

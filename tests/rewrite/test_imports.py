"""Imports are added where hacking wants them."""

from __future__ import annotations

import pytest

from migrator.rewrite import imports, source
from migrator.rewrite.splice import splice

LINE = "import nova.privsep.path"


def added(text: str, *lines: str) -> str:
    read = source.read("f.py", text.encode())
    return splice(read.data, imports.add(read, lines or (LINE,), "nova")).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from nova import a\nfrom nova.z import b\n", f"from nova import a\n{LINE}\nfrom nova.z import b\n"),
        ("import os\n\nfrom nova import utils\n\nX = 1\n", f"import os\n\n{LINE}\nfrom nova import utils\n\nX = 1\n"),
        ("import os\n\nimport six\n\nX = 1\n", f"import os\n\nimport six\n\n{LINE}\n\nX = 1\n"),
        ("import os\nX = 1\n", f"import os\n\n{LINE}\n\nX = 1\n"),
        ('"""Doc."""\n\nX = 1\n', f'"""Doc."""\n\n{LINE}\n\nX = 1\n'),
        ("# Licence\n\nX = 1\n", f"# Licence\n\n{LINE}\n\nX = 1\n"),
        ("X = 1\n", f"{LINE}\n\nX = 1\n"),
        ("import os", f"import os\n\n{LINE}"),
        ("from nova import (a,\n  b)\n\nX = 1\n", f"from nova import (a,\n  b)\n{LINE}\n\nX = 1\n"),
        (
            "try:\n    import six\nexcept ImportError:\n    six = None\nfrom nova import a\n",
            f"try:\n    import six\nexcept ImportError:\n    six = None\nfrom nova import a\n{LINE}\n",
        ),
        (f"{LINE}\n", f"{LINE}\n"),
        ("from __future__ import x\n\nX = 1\n", f"from __future__ import x\n\n{LINE}\n\nX = 1\n"),
        ("import os; import sys\n\nX = 1\n", f"{LINE}\n\nimport os; import sys\n\nX = 1\n"),
        ("import os\r\n\r\nfrom nova import a\r\n", f"import os\r\n\r\nfrom nova import a\r\n{LINE}\r\n"),
        (
            "from nova import a\n# why z\nfrom nova import z\n",
            f"from nova import a\n{LINE}\n# why z\nfrom nova import z\n",
        ),
    ],
)
def test_the_line_stands_in_its_group_and_order(before: str, after: str) -> None:
    assert added(before) == after


def test_adding_twice_is_adding_once() -> None:
    once = added("import os\n\nfrom nova import a\n")
    assert added(once) == once


def test_several_lines_come_in_order() -> None:
    text = added("import os\n\nX = 1\n", "import nova.privsep.path", "import nova.privsep.lvm", "import abc")
    assert text == "import abc\nimport os\n\nimport nova.privsep.lvm\nimport nova.privsep.path\n\nX = 1\n"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("import nova.conf\n", False),
        ("import nova\n", False),
        ("import other as nova\n", True),
        ("from other import nova\n", True),
        ("nova = 1\n", True),
        ("for nova in x: pass\n", True),
        ("with x as nova: pass\n", True),
        ("def nova(): pass\n", True),
        ("def f(nova): pass\n", False),
        ("def f():\n    nova = 1\n", False),
        ("try:\n    pass\nexcept E as nova:\n    pass\n", True),
        ("import nova.privsep.path as nova\n", True),
    ],
)
def test_a_name_bound_to_something_else_is_seen(text: str, taken: bool) -> None:
    assert imports.binds_otherwise(imports.module_scope(source.parse(text)), LINE) is taken


def test_an_alias_is_free_only_for_the_same_module() -> None:
    line = "from nova.privsep import path as privsep_path"
    same = source.parse("from nova.privsep import path as privsep_path\n")
    other = source.parse("from nova.other import path as privsep_path\n")
    assert not imports.binds_otherwise(imports.module_scope(same), line)
    assert imports.binds_otherwise(imports.module_scope(other), line)

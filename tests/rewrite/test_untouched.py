"""Whatever a file looks like: every byte that is not part of a moved call or of an import stays."""

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from migrator.rewrite.rewriting import rewrite
from tests.rewrite import sample

CALL = "utils.execute('chown', uid, path, run_as_root=True)"
NEW = "cloudy.privsep.path.chown(uid, path)"
IMPORT = "import cloudy.privsep.path"
STATEMENTS = st.sampled_from(
    [
        CALL,
        f"x = {CALL}  ;  y = 'é'",
        f"if x: {CALL}",
        f"out, err = (  {CALL}  ,  2 )[0]",
        f"x = {{'ß€𝄞': {CALL}}}  # ünïcode",
        f"\fx = [ {CALL}, {CALL} ]",
        f"return {CALL}",
        "utils.other( 1 ,2)",
        "'''a\n\f b\u2028'''",
        "# comment \x0c with a form feed",
        "",
        "   ",
        "x = 1 \\\n  + 2",
        f"with x: {CALL}",
        f"f = lambda: {CALL}",
    ]
)
HEADS = st.sampled_from(
    [
        "from cloudy import utils\n",
        '"""Doc."""\nimport os\n\nfrom cloudy import utils\n\n\n',
        "# -*- coding: utf-8 -*-\nfrom cloudy import a\nfrom cloudy import utils\nfrom cloudy import zeta\n",
        "import six\nfrom cloudy import utils  # noqa\nX = utils.execute\n",
    ]
)


@given(
    HEADS,
    st.lists(STATEMENTS, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["    ", "\t", " "]),
    st.booleans(),
    st.booleans(),
)
def test_only_the_calls_and_one_import_change(
    head: str, statements: list[str], newline: str, indent: str, bom: bool, final: bool
) -> None:
    body = "".join(f"{indent}{one}\n" if not one.startswith("\f") else f"\f{indent}{one[1:]}\n" for one in statements)
    text = f"{head}Y = utils.execute\n\n\ndef f(uid, path):\n{body}{indent}return 1" + "\n" * final
    data = codecs.BOM_UTF8 * bom + text.replace("\n", newline).encode()
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {"cloudy/driver.py": data, "tox.ini": "[flake8]\nmax-line-length = 160\n"}
        home = sample.project(Path(folder), **files)
        outcomes = sample.calls(home / "cloudy/driver.py")
        found = rewrite(outcomes)
        assert len(found.moved) == len(outcomes) == text.count(CALL)
        new = {change.path: change.new for change in found.changes}.get(str(home / "cloudy/driver.py"), data)
    if outcomes:
        assert new.count((IMPORT + newline).encode()) == 1
    assert new.replace((IMPORT + newline).encode(), b"").replace(NEW.encode(), CALL.encode()) == data

"""An executor calls what the root flag names, whatever its keywords are said to be."""

from __future__ import annotations

import pytest

from migrator.model import Seam
from migrator.rewrite import seams, source
from migrator.rewrite.splice import splice

TEXT = "def execute(*cmd{word}, **kwargs{keyword}):\n    return run(*cmd, **kwargs)\n"


@pytest.mark.parametrize(("word", "keyword", "silenced"), [("", "", False), (": str", ": bool", True)])
def test_a_type_checker_is_not_asked_about_the_flag(word: str, keyword: str, silenced: bool) -> None:
    read = source.read("utils.py", TEXT.format(word=word, keyword=keyword).encode())
    seam = Seam("body", "utils.py", 1, "utils.execute", "kwargs['run_as_root']")
    text = splice(read.data, seams.edits(read, [seam], 79)).decode()
    call = "        return kwargs['run_as_root'](*cmd, **kwargs)" + ("  # type: ignore" if silenced else "") + "\n"
    assert call in text
    assert seams.edits(source.read("utils.py", text.encode()), [seam], 79) == []

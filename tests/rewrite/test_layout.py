"""Calls are laid out as the code around them."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.rewrite import layout, tokens
from migrator.rewrite.layout import Place

WORDS = st.lists(
    st.sampled_from(["a", "path", "str(uid)", "'a b c'", "check=False", "x" * 30, "'%s ' % y"]), max_size=9
)


@given(WORDS, st.integers(0, 32), st.sampled_from(["", ")", "[0]", " or x"]), st.booleans())
def test_a_call_keeps_its_meaning_and_the_page(words: list[str], indent: int, after: str, hanging: bool) -> None:
    words = sorted(words, key=lambda word: "check" in word)[: 9 - sum("check" in word for word in words)]
    words = [word for number, word in enumerate(words) if "check" not in word or "check" not in words[number - 1]]
    margin = " " * indent
    text = layout.call("nova.privsep.path.chown", words, Place(margin, after, margin, 79, hanging))
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(f"nova.privsep.path.chown({', '.join(words)})"))
    assert all(len(line) <= 79 for line in (margin + text + after).split("\n"))


def test_tabs_count_as_eight() -> None:
    text = layout.call("f", ["a" * 30, "b" * 30], Place("\t\t", "", "\t\t", 79))
    assert text == f"f(\n\t\t\t{'a' * 30},\n\t\t\t{'b' * 30})"


def test_a_string_over_a_line_is_cut_at_a_space() -> None:
    words = "one two three four five six seven"
    text = layout.call("f", [f"'{words}'", "x"], Place("    ", "", "    ", 30))
    assert text == "f(\n        'one two three four '\n        'five six seven', x)"
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(f"f('{words}', x)"))


@pytest.mark.parametrize(
    ("code", "flat"),
    [
        ("a", "a"),
        ("f(a,\n  b)", "f(a, b)"),
        ("(\n    'x' %\n    y\n)", "('x' % y)"),
        ("[a\n for a in b]", "[a for a in b]"),
        ("f'{a}'\n.join(b)", "f'{a}'.join(b)"),
    ],
)
def test_an_expression_over_lines_goes_on_one(code: str, flat: str) -> None:
    assert tokens.flat(code) == flat


@pytest.mark.parametrize("code", ["f(a,  # why\n  b)", "f('''a\nb''')\n"])
def test_what_would_lose_something_is_not_flattened(code: str) -> None:
    with pytest.raises(ValueError, match="inside the expression"):
        tokens.flat(code)


@pytest.mark.parametrize(
    ("callee", "words", "expected"),
    [
        (
            "f",
            ["list(map(str, ['one', 'two', 'three', 'four', five]))", "y"],
            """f(
            list(map(str,
                     ['one', 'two',
                      'three', 'four',
                      five])), y)""",
        ),
        (
            "f",
            ["'one,' 'two,' 'three,' 'four,' 'five,%s' % six"],
            """f(
            'one,' 'two,' 'three,'
            'four,' 'five,%s' % six)""",
        ),
        (
            "f",
            ["flag=self.on and privsep.a.function"],
            """f(
            flag=(self.on and
                  privsep.a.function))""",
        ),
        (
            "f",
            ["run_as_root=privsep.a.function"],
            """f(
            run_as_root=(
                privsep.a.function))""",
        ),
        (
            "privsep.area.name_of_it",
            ["a", "b"],
            """(
            privsep.area.name_of_it(a,
                                    b))""",
        ),
        (
            "f",
            ["'one,two,three,four,five,six,seven'"],
            """f(
            'one,two,three,four,five,'
            'six,seven')""",
        ),
    ],
)
def test_what_is_over_a_line_is_broken(callee: str, words: list[str], expected: str) -> None:
    text = layout.call(callee, words, Place("        result = ", "", "        ", 40))
    assert max(map(len, ("        result = " + text).split("\n"))) <= 40
    assert ast.dump(ast.parse(f"x = {text}")) == ast.dump(ast.parse(f"x = {callee}({', '.join(words)})"))
    assert text == expected

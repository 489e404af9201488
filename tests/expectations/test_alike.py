"""Whether a command that a test writes down can be one that a site runs."""

from __future__ import annotations

import pytest

from migrator.expectations.alike import alike, begins
from migrator.words import Choice, Each, Literal, Rest, Value, Word

RM, FORCE, PATH = Literal("rm"), Literal("-f"), Value("path")
DEVICE = Value("'of=%s' % dest", ("of=", None))


@pytest.mark.parametrize(
    ("run", "written", "same"),
    [
        ((RM, FORCE, PATH), (RM, FORCE, Literal("/x")), 2),
        ((RM, FORCE, PATH), (RM, FORCE), None),
        ((RM, FORCE, PATH), (RM, Literal("-r"), Literal("/x")), None),
        ((RM, DEVICE), (RM, Literal("of=/dev/x")), 2),
        ((RM, DEVICE), (RM, Literal("if=/dev/x")), None),
        ((RM, DEVICE), (RM, Value("'of=%s' % here", ("of=", None))), 2),
        ((RM, PATH), (RM, Value("mock.sentinel.path")), 1),
        ((RM, Rest("args")), (RM, FORCE, Literal("/x")), 1),
        ((RM, FORCE), (RM, Rest("args")), 1),
        ((RM, Choice(((FORCE,), ()))), (RM,), 1),
        ((RM, Choice(((FORCE,), ()))), (RM, FORCE), 2),
        ((RM, Choice(((FORCE,), ()))), (RM, PATH, PATH), None),
        ((RM, Each((FORCE, PATH))), (RM, FORCE, Literal("a"), FORCE, Literal("b")), 3),
        ((RM, Each((FORCE, PATH))), (RM, FORCE), None),
        ((RM, Each((FORCE, PATH))), (RM, Rest("args")), 1),
    ],
)
def test_words_in_common(run: tuple[Word, ...], written: tuple[Word, ...], same: int | None) -> None:
    assert alike(run, written) == same


def test_many_ways_end() -> None:
    assert alike((RM, *[Each((PATH,))] * 12), (RM, *[Rest("x")] * 12, Literal("y"))) is not None


def test_begins_counts_up_to_the_first_word_that_is_not_sure() -> None:
    assert begins((RM, FORCE, PATH), (RM, FORCE, PATH)) == 2
    assert begins((RM, PATH), (RM, Literal("/x"))) == 1
    assert begins((RM,), (Literal("cp"),)) == 0

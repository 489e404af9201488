"""Expressions taken apart: what stands behind the text that a word surely begins with."""

from __future__ import annotations

import pytest

from migrator.decide.expressions import behind, part

_NAMES = {"path": "/p q", "number": 7, "a": "x", "b": "y%", "word": "of=/whole"}


@pytest.mark.parametrize(
    ("code", "rest"),
    [
        ("'of=%s' % path", "str(path)"),
        ("'of=%s' % (path,)", "str(path)"),
        ("'of=%d' % number", "'%d' % number"),
        ("'of=%(path)s' % {'path': path}", "str(path)"),
        ("'of=/dev/%s' % a", "'/dev/%s' % a"),
        ("'of=%s/%s' % (a, b)", "'%s/%s' % (a, b)"),
        ("'of=%(a)s/%(b)s' % {'a': a, 'b': b}", "'%(a)s/%(b)s' % {'a': a, 'b': b}"),
        ("'of=' + path", "path"),
        ("'of=/dev/' + a", "'/dev/' + a"),
        ("'of=' + a + '/' + b", "a + '/' + b"),
        ("f'of={path}'", "str(path)"),
        ("f'of={a}/{b}'", "f'{a}/{b}'"),
        ("f'of=/dev/{number:03d}'", "f'/dev/{number:03d}'"),
        ("f'of={number:03d}'", "f'{number:03d}'"),
        ("'of={}'.format(path)", "str(path)"),
        ("'of={}/{}'.format(a, b)", "'{}/{}'.format(a, b)"),
        ("'of={path}'.format(path=path)", "'{path}'.format(path=path)"),
        ("'of=' 'x'", "'x'"),
        ("word", "str(word)[3:]"),
    ],
)
def test_what_is_behind_a_key_is_the_rest_of_the_same_text(code: str, rest: str) -> None:
    assert behind(code, "of=") == rest
    assert "of=" + eval(rest, dict(_NAMES)) == eval(code, dict(_NAMES))


def test_a_percent_and_braces_in_the_key_are_those_of_the_template() -> None:
    assert behind("'100%%=%s' % path", "100%=") == "str(path)"
    assert behind("'{{x}}={}/{}'.format(a, b)", "{x}=") == "'{}/{}'.format(a, b)"


def test_a_mapping_of_one_is_seen_through_as_a_tuple_of_one_is() -> None:
    found = part("'if=%(path)s' % {'path': path}")
    assert found is not None and (found.template, found.code) == ("if=%s", "path")
    assert part("'if=%(path)s%(more)s' % {'path': path, 'more': more}") is None
    assert part("'if=%(other)s' % {'path': path}") is None

"""A command as the words of a RegExpFilter: read back from a file, and held against the real class."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.rootwrap.asked import Form
from migrator.rootwrap.filters import Filter
from migrator.rootwrap.lines import parsed
from migrator.rootwrap.narrowed import ANY, merged, patterns, samples
from migrator.words import Literal, Value
from tests.rootwrap.real import runs


def read_back(words: tuple[str, ...]) -> list[Filter]:
    text = f"[Filters]\nf: RegExpFilter, {words[0]}, root, {', '.join(words)}\n"
    return list(parsed(text, "x.filters").filters)


def value(code: str, *pieces: str | None) -> Value:
    return Value(code, pieces)


@pytest.mark.parametrize(
    ("word", "pattern"),
    [
        (Literal("activation { x = 1} "), "activation \\{ x = 1\\}\\x20"),
        (Literal("vg,lv"), "vg\\x2clv"),
        (Literal(""), "(?:)"),
        (Literal("*snap*"), "\\*snap\\*"),
        (value("path"), ANY),
        (value("'%d' % size", None), "-?\\d+"),
        (value("'count=%d' % size", "count=", None), "count=-?\\d+"),
        (value("'%dG' % size", None, "G"), "-?\\d+G"),
        (value("'%d:%s' % (a, b)", None, ":", None), "-?\\d+:.*"),
        (value("'of=%s' % path", "of=", None), "of=.*"),
        (value("'/sys/class/net/%s/mtu' % dev", "/sys/class/net/", None, "/mtu"), "/sys/class/net/[^/]+/mtu"),
        (value("'/dev/%s' % dev", "/dev/", None), "/dev/(?!(?:.*/)?\\.\\.(?:/|$)).*"),
        (value("'%s/%s' % (vg, lv)", None, "/", None), "(?!-).*/(?!(?:.*/)?\\.\\.(?:/|$)).*"),
        (value("f'--timeout={t}'", "--timeout=", None), "--timeout=.*"),
    ],
)
def test_what_is_known_is_spelled_out_and_what_varies_is_held_short(word: Literal | Value, pattern: str) -> None:
    form: Form = (Literal("lvs"), word)
    assert patterns(form) == ("lvs", pattern)
    for argv in samples(form):
        assert runs(read_back(patterns(form)), argv) is not None, argv


def test_what_climbs_out_of_a_folder_or_is_an_option_is_denied() -> None:
    device = read_back(patterns((Literal("lvs"), value("'/dev/%s' % dev", "/dev/", None))))
    assert runs(device, ["lvs", "/dev/vg/lv"]) and runs(device, ["lvs", "/dev/a..b"])
    for path in ("/dev/..", "/dev/../etc/passwd", "/dev/x/../../etc/passwd", "/etc/passwd"):
        assert runs(device, ["lvs", path]) is None
    anything = read_back(patterns((Literal("lvs"), value("path"))))
    assert runs(anything, ["lvs", "x"]) and runs(anything, ["lvs", ""])
    assert runs(anything, ["lvs", "--config"]) is None and runs(anything, ["lvs", "x", "y"]) is None


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\n\r\x00"), max_size=8), max_size=4))
def test_any_text_that_is_known_is_that_text_alone(words: list[str]) -> None:
    argv = ["lvs", *words]
    made = read_back(patterns(tuple(map(Literal, argv))))
    assert runs(made, argv) == argv
    for number in range(1, len(argv)):
        assert runs(made, [*argv[:number], argv[number] + "x", *argv[number + 1 :]]) is None


def test_forms_that_differ_in_one_known_word_become_one() -> None:
    some = [("chmod", mode, ANY) for mode in ("640", "660", "-R")]
    assert merged(some) == (("chmod", "(?:640|660|-R)", ANY),)
    assert merged([("a", "b"), ("a", "b", "c")]) == (("a", "b"), ("a", "b", "c"))
    assert merged([("mkfs", "x"), ("mkswap", "x")]) == (("mkfs", "x"), ("mkswap", "x"))


def test_a_form_that_another_admits_goes() -> None:
    assert merged([("chmod", "640", ANY), ("chmod", ANY, ANY)]) == (("chmod", ANY, ANY),)
    kept = (("chmod", "-R", ANY), ("chmod", ANY, ANY))
    assert merged(kept) == kept  # ANY is no option

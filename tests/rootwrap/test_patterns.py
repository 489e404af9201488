"""What is found out of a pattern: texts that it takes, and how loose it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.rootwrap.patterns import fixed, open_ended, places, samples

PUBLISHED = (
    "/etc/(?!\\.\\.).*",
    "/tmp/.*",
    "(--getsize64|--flushbufs)",
    "(/var|/usr)?/tmp/openstack-vfs-localfs[^/]+/etc/passwd",
    "^[/]*([^/\\0]+(/+)?)*$",
    "\\d+",
    "\\+\\d+",
    "blkio:\\S+",
    "-c[0-3]",
    ".*M$",
    "/dev/(?!.*/\\.\\.).*",
    "[a-z0-9-]{8,}",
    "[^xy1_-]+",
)


@pytest.mark.parametrize("pattern", PUBLISHED)
def test_published_patterns_have_samples_that_they_take(pattern: str) -> None:
    found = samples(pattern)
    assert found and all(re.match(pattern + "$", text) for text in found)


@given(st.text(alphabet="ab./-", max_size=6).map(re.escape))
def test_of_a_text_that_is_spelled_out_it_is_the_one_sample(pattern: str) -> None:
    text = fixed(pattern)
    assert text is not None and re.fullmatch(pattern, text)
    assert text in samples(pattern) and all(re.fullmatch(pattern, each) for each in samples(pattern))


@pytest.mark.parametrize("pattern", ["a|b", "[ab]", "a?", ".", "(a)"])
def test_what_varies_is_not_fixed(pattern: str) -> None:
    assert fixed(pattern) is None


def test_a_pattern_that_is_none_has_no_samples() -> None:
    assert samples("[") == () and fixed("[") is None and open_ended("[") == ""


def test_an_alternation_at_the_top_is_open_at_the_end() -> None:
    """rootwrap adds `$` to the text, which the last branch takes alone."""
    assert re.match("start|stop" + "$", "start; rm -rf /")
    assert "begins with 'start'" in open_ended("start|stop")
    assert open_ended("(start|stop)") == "" and open_ended("start") == ""


@pytest.mark.parametrize(
    ("pattern", "wanted", "word"),
    [
        (".*", "/etc/passwd", "/etc/passwd"),
        ("/dev/.*", "/etc/passwd", "/dev/../etc/passwd"),
        ("/dev/(?!.*/\\.\\.).*", "/etc/passwd", "/dev/../etc/passwd"),
        ("/etc/(?!\\.\\.).*", "/tmp/d/x", "/etc/default/../../tmp/d/x"),
        ("of=/var/lib/.*", "/etc/passwd", "of=/var/lib/../../etc/passwd"),
        ("/tmp/x[^/]+/etc/shadow", "/etc/shadow", "/tmp/xx/etc/shadow"),
    ],
)
def test_the_plainest_word_that_leads_somewhere_is_found(pattern: str, wanted: str, word: str) -> None:
    before = "of=" if word.startswith("of=") else ""
    found, _ = next(places(pattern, before, "", [wanted]))
    assert found == word and re.match(pattern + "$", word)


@pytest.mark.parametrize("pattern", ["/dev/sd[a-z]", "[^/]+", "/sys/class/net/[^/]+/mtu", "/tmp/[^/]+"])
def test_where_nothing_leads_there_nothing_is_found(pattern: str) -> None:
    """Of /tmp itself, which is sticky, the kernel follows no link of another user's."""
    assert list(places(pattern, "", "", ["/etc/passwd"])) == []

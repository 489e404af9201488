"""Which operations a command can be of."""

from __future__ import annotations

import pytest

from migrator.forecast.matching import matcher
from migrator.model import Rung
from tests.forecast.made import operation

OPERATIONS = (
    operation("chown {uid} {path}"),
    operation("ip link set {dev} up"),
    operation("ip link set {dev} {state}"),
    operation("env LC_ALL=C lvs -o name {vg}"),
    operation("dd if={source} of={target}"),
    operation("{program} -c {x}"),
    operation("lvs {vg}", before=Rung.LAUNDERED),
    operation("chown {owner} {where}"),
)


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        ("chown|42|/a b", (0, 7)),  # who cannot be told apart is told together
        ("/bin/chown|42|/a", (0, 7)),
        ("ip|link|set|tap0|up", (1,)),  # it says more of the command
        ("ip|link|set|tap0|down", (2,)),
        ("ip|link|set|tap0", ()),
        ("lvs|-o|name|vg0", (3,)),  # rootwrap takes the variables off
        ("env|LC_ALL=C|lvs|-o|name|vg0", (3,)),
        ("dd|if=/a|of=/b", (4,)),
        ("dd|if=/a|bs=/b", ()),
        ("other|-c|3", ()),  # a program that is not known admits anything, and is no answer
    ],
)
def test_words_that_are_known_apart(argv: str, found: tuple[int, ...]) -> None:
    assert matcher(OPERATIONS)(tuple(argv.split("|")), True, True) == found


def test_words_that_were_split_at_blanks() -> None:
    match = matcher(OPERATIONS)
    assert match(("chown", "42", "/a", "b"), False, True) == (0, 7)
    assert match(("chown", "42", "/a", "b"), True, True) == ()
    assert match(("dd", "if=/my", "disk", "of=/b"), False, True) == (4,)


def test_what_did_not_go_through_rootwrap_is_of_what_privsep_does() -> None:
    match = matcher(OPERATIONS)
    assert match(("lvs", "vg0"), True, False) == (6,)
    assert match(("lvs", "vg0"), True, True) == ()
    assert match(("chown", "42", "/a"), True, False) == ()

"""What we say of a filter beside what oslo.rootwrap itself does with it, on random filters and commands."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oslo_rootwrap import filters as theirs
from oslo_rootwrap import wrapper

from migrator.rootwrap.admission import admitted, ways
from migrator.rootwrap.conditions import Unclear, holds
from migrator.rootwrap.filters import Filter, defined
from migrator.words import Literal, Value, Word

ME, MY_PROGRAM = str(os.getpid()), os.path.realpath("/proc/self/exe")
WORDS = (
    "env ip cat kill lvs /bin/cat /opt/x/lvs netns net exec e ns0 LC_ALL=C A=1 A=2 =x -9 -HUP 9 /tmp/file /tmp/../etc/x"
    f" /dev/sda /dev/sda\n ionice -c3 rel/path {ME} {2**22 + 1}"
).split(" ")
DEFINITIONS = (
    "CommandFilter, cat, root",
    "CommandFilter, lvs, root",
    "CommandFilter, /opt/x/lvs, root",
    "CommandFilter, env, root",
    "CommandFilter, lvs, nobody",
    "CommandFilter, privsep-helper, root",
    "RegExpFilter, cat, root, cat, /dev/.*",
    "RegExpFilter, /bin/cat, root, cat, (-9|9), .*",
    "RegExpFilter, cat, root, .*, [0-9",
    "RegExpFilter, env, root, env, A=[12], lvs",
    "PathFilter, /bin/cat, root, /tmp/",
    "PathFilter, cat, root, pass, /etc",
    "PathFilter, lvs, root, -9, /tmp/file, pass",
    "PathFilter, cat, root",
    "ReadFileFilter, /tmp/file",
    f"KillFilter, root, {MY_PROGRAM}",
    f"KillFilter, root, {MY_PROGRAM}, -9, -HUP",
    f"KillFilter, root, {os.path.basename(MY_PROGRAM)}, -9",
    "KillFilter, root, /usr/sbin/none, -9",
    "IpFilter, ip, root",
    "IpFilter, /sbin/ip, root",
    "IpNetnsExecFilter, ip, root",
    "IpNetnsExecFilter, ip, nobody",
    "EnvFilter, env, root, LC_ALL=C, lvs",
    "EnvFilter, env, root, LC_ALL=, A=, /opt/x/lvs",
    "EnvFilter, lvs, root, A=",
    "EnvFilter, env, root, A=, A=, lvs",
    "EnvFilter, env, root, lvs",
    "ChainingFilter, ionice, root",
    "ChainingRegExpFilter, ionice, root, ionice, -c[0-3]",
    "ChainingRegExpFilter, env, root, env, A=.*",
    "NoSuchFilter, lvs, root",
)
# Whole commands are likelier to be admitted than words drawn one by one.
COMMANDS = (
    "ip netns exec ns0 cat /dev/sda",
    "ip net e ns0 ip netns exec ns0 cat",
    "ip netns exec ns0 env LC_ALL=C lvs",
    "ip netns exec ns0 /bin/cat /dev/sda",
    "ip net netns exec",
    "ionice -c3 cat /tmp/file",
    "ionice -c3 env A=1 LC_ALL=C lvs 9",
    "env A=1 cat /dev/sda",
    "env A=1 A=2 lvs lvs lvs",
    "LC_ALL=C lvs",
    "env LC_ALL=C lvs",
    "env A=1 lvs",
    "cat /tmp/file",
    "cat /tmp/../etc/x",
    "cat 9 /etc",
    "kill -9 " + ME,
    "kill " + ME,
    "lvs -9 /tmp/file /tmp",
)

chosen = st.lists(st.sampled_from(DEFINITIONS), min_size=1, max_size=6, unique=True)
commands = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=7),
    st.tuples(st.sampled_from(COMMANDS), st.lists(st.sampled_from(WORDS), max_size=1)).map(
        lambda made: made[0].split(" ") + made[1]
    ),
)


@pytest.fixture(autouse=True)
def programs_are_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is not installed is not admitted in a chain; here every program is."""
    monkeypatch.setattr(theirs.CommandFilter, "get_exec", lambda self, exec_dirs=None: self.exec_path)
    yield


def ours(definitions: list[str]) -> list[Filter]:
    return [one for one in (defined("f", text) for text in definitions) if one is not None]


def real(definitions: list[str], argv: list[str]) -> list[str] | None:
    """The words that rootwrap would run, None when no filter matches."""
    made = [wrapper.build_filter(*(word.strip() for word in text.split(","))) for text in definitions]
    words = list(argv)
    try:
        found = wrapper.match_filter([one for one in made if one is not None], words)
    except wrapper.NoFilterMatched:
        return None
    return found.get_command(words)


@settings(max_examples=400, deadline=None)
@given(definitions=chosen, argv=commands)
@example(definitions=["EnvFilter, env, root, A=, lvs", "RegExpFilter, env, root, env, A=[12], lvs"], argv=["env"] * 2)
def test_a_command_is_admitted_and_run_as_rootwrap_does(definitions: list[str], argv: list[str]) -> None:
    way, wanted = admitted(ours(definitions), argv), real(definitions, argv)
    assert (way is None) == (wanted is None)
    if way is not None:
        assert way.run(argv)[way.program :] == wanted


@settings(max_examples=400, deadline=None)
@given(definitions=chosen, argv=commands, known=st.lists(st.sampled_from(["all", "start", "nothing"]), min_size=8))
def test_the_conditions_of_unknown_words_are_those_that_decide(
    definitions: list[str], argv: list[str], known: list[str]
) -> None:
    words: list[Word] = []
    for text, how in zip(argv, known, strict=False):
        pieces = (text[: len(text) // 2], None) if how == "start" else ()
        words.append(Literal(text) if how == "all" else Value("x", pieces))
    found = ways(ours(definitions), words)
    clear = [way for way in found if not any(isinstance(each, Unclear) for each in way.conditions)]
    admits = any(all(holds(each, argv) for each in way.conditions) for way in clear)
    wanted = real(definitions, argv) is not None
    if len(clear) == len(found):
        assert admits == wanted
    else:
        assert wanted or not admits

"""How much a filter grants: by its class and its words, and shown by a command line that the real rootwrap admits."""

from __future__ import annotations

import pytest

from migrator.rootwrap.audit import Verdict, audited
from migrator.rootwrap.excess import excess
from migrator.rootwrap.filters import Filter, defined
from migrator.rootwrap.programs.gain import Level
from migrator.words import Literal, Value, Word
from tests.rootwrap.real import runs


def made(*definitions: str) -> list[Filter]:
    found = [defined(f"f{number}", text) for number, text in enumerate(definitions)]
    return [one for one in found if one is not None]


def judged(*definitions: str) -> Verdict:
    """The verdict on the first; every command line that it shows is one that the real classes admit."""
    filters = made(*definitions)
    verdict = audited(filters)[0]
    for way in verdict.ways:
        assert runs(filters, way.argv) is not None, way
    return verdict


@pytest.mark.parametrize(
    ("definition", "level", "argv"),
    [
        # the same program, by what the class and its words leave free
        ("CommandFilter, chmod, root", Level.ROOT, "chmod 666 /etc/passwd"),
        ("CommandFilter, /bin/chmod, root", Level.ROOT, "chmod 666 /etc/passwd"),
        ("RegExpFilter, chmod, root, chmod, .*, .*", Level.ROOT, "chmod 666 /etc/passwd"),
        ("RegExpFilter, chmod, root, chmod, 4755, /usr/bin/.*", Level.ROOT, "chmod 4755 /usr/bin/x"),
        ("RegExpFilter, chmod, root, chmod, 0?640, /etc/nova/nova\\.conf", Level.BOUNDED, ""),
        ("RegExpFilter, chmod, root, chmod, 640, /etc/nova/nova\\.conf", Level.EXACT, ""),
        ("RegExpFilter, chmod, root, chmod, 640, /var/lib/nova/.*", Level.BROAD, ""),
        ("PathFilter, chmod, root, pass, /etc", Level.ROOT, "chmod 666 /etc/passwd"),
        ("PathFilter, chmod, root, 640, /var/lib/nova/instances", Level.BOUNDED, ""),
        # patterns that are looser than they look
        ("RegExpFilter, chown, root, chown, \\d+, /dev/(?!.*/\\.\\.).*", Level.ROOT, "chown 1000 /dev/../etc/passwd"),
        ("RegExpFilter, cat, root, cat, /var/log/nova/.*", Level.BROAD, "cat /var/log/nova/../../../etc/shadow"),
        ("RegExpFilter, tee, root, tee, /sys/a|/sys/b", Level.BOUNDED, ""),
        ("RegExpFilter, tee, root, /usr/bin/tee, .*", Level.ROOT, "/usr/bin/tee /etc/passwd"),
        ("RegExpFilter, find, root, find, .*, -maxdepth, 1", Level.BROAD, "find -delete -maxdepth 1"),
        ("RegExpFilter, find, root, find, /.*, -maxdepth, 1", Level.BOUNDED, ""),
        # words of a filter between those that do the harm
        ("RegExpFilter, dd, root, dd, if=.*, of=.*, bs=.*", Level.ROOT, "dd if=/tmp/d/x of=/etc/passwd bs="),
        ("RegExpFilter, cp, root, cp, --reflink=auto, .*, .*", Level.ROOT, "cp --reflink=auto /tmp/d/x /etc/passwd"),
        ("RegExpFilter, dd, root, dd, if=/dev/zero, of=.*, bs=1M", Level.BROAD, "dd if=/dev/zero of=/etc/passwd bs=1M"),
        # reading, ending, telling
        ("CommandFilter, cat, root", Level.BROAD, "cat /etc/shadow"),
        ("ReadFileFilter, /etc/shadow", Level.BROAD, "cat /etc/shadow"),
        ("ReadFileFilter, /etc/iscsi/initiatorname.iscsi", Level.EXACT, ""),
        ("KillFilter, root, /usr/sbin/dnsmasq, -9, -HUP", Level.BOUNDED, ""),
        ("KillFilter, root, python3.11, -9", Level.BROAD, ""),
        ("KillFilter, root, /usr/bin/shred, -9", Level.BOUNDED, ""),
        ("CommandFilter, stat, root", Level.BOUNDED, "stat x"),
        # ip, by its classes: IpFilter refuses `ip netns exec` only
        ("CommandFilter, ip, root", Level.ROOT, "ip netns exec x /tmp/d/x"),
        ("IpFilter, ip, root", Level.ROOT, "ip vrf exec default /tmp/d/x"),
        ("RegExpFilter, ip, root, ip, link, set, tap\\d+, up", Level.BOUNDED, ""),
        # variables: names are compared, values are not
        ("EnvFilter, env, root, LC_ALL=C, stat", Level.BOUNDED, "env LC_ALL=C stat x"),
        ("EnvFilter, env, root, LD_PRELOAD=, stat", Level.ROOT, "env LD_PRELOAD=/tmp/d/x stat"),
        ("EnvFilter, env, root, PROCESS_TAG=, haproxy, -f, .*", Level.ROOT, "env PROCESS_TAG=x haproxy -f /tmp/d/x"),
        ("RegExpFilter, env, root, env, LC_ALL=C, lvs, --noheadings, \\w+", Level.BOUNDED, ""),
        ("RegExpFilter, env, root, env, LD_PRELOAD=.*, lvs, \\w+", Level.ROOT, "env LD_PRELOAD=/tmp/d/x lvs x"),
        ("RegExpFilter, env, root, env, LC_ALL=C, tee, .*", Level.ROOT, "env LC_ALL=C tee /etc/passwd"),
        # a shell without words reads its standard input
        ("RegExpFilter, sh, root, sh", Level.ROOT, "sh"),
        ("RegExpFilter, sysctl, root, sysctl, -w, net\\.ipv4\\.ip_forward=1", Level.EXACT, ""),
        ("CommandFilter, chmod, nobody", Level.BOUNDED, "chmod 666 /etc/passwd"),
        ("ChainingFilter, nice, root", Level.EXACT, ""),
    ],
)
def test_the_level_is_that_of_what_is_left_free(definition: str, level: Level, argv: str) -> None:
    verdict = judged(definition)
    assert verdict.level is level, verdict
    if argv:
        assert " ".join(verdict.ways[0].argv) == argv


def test_a_program_that_is_not_in_the_table_is_never_fine() -> None:
    for definition in ("CommandFilter, frob, root", "RegExpFilter, frob, root, frob, --now"):
        verdict = judged(definition)
        assert (verdict.level, verdict.unknown) == (Level.BROAD, True)
        assert "not in the table" in verdict.why


@pytest.mark.parametrize(
    ("chain", "argv"),
    [
        ("ChainingRegExpFilter, ionice, root, ionice, -c[0-3]", ["ionice", "-c0", "/tmp/d/sleep", "1"]),
        ("IpNetnsExecFilter, ip, root", ["ip", "netns", "exec", "x", "/tmp/d/sleep", "1"]),
    ],
)
def test_a_chain_runs_whatever_has_the_name_of_what_another_filter_admits(chain: str, argv: list[str]) -> None:
    """The inner program is compared by its name, and run by the path that the caller gives."""
    leaf = "RegExpFilter, sleep, root, sleep, \\d+"
    verdict = judged(chain, leaf)
    assert verdict.level is Level.ROOT and list(verdict.ways[0].argv) == argv
    assert runs(made(chain, leaf), argv) == argv
    assert judged(chain).level is Level.BOUNDED
    assert judged(chain, leaf.replace("root", "nobody", 1)).level is Level.BOUNDED


def test_the_start_of_a_daemon_is_judged_by_how_its_configuration_is_named() -> None:
    words = "--privsep_context, lagoon.privsep.default, --privsep_sock_path, /tmp/.*"
    loose = judged(f"RegExpFilter, privsep-helper, root, privsep-helper, --config-file, /etc/(?!\\.\\.).*, {words}")
    assert loose.level is Level.ROOT and "/etc/default/../../tmp/d/x" in loose.ways[0].argv
    strict = judged(f"RegExpFilter, privsep-helper, root, privsep-helper, --config-file, /etc/lagoon\\.conf, {words}")
    assert strict.level is Level.BROAD and "lagoon.privsep.default" in strict.why
    brick = words.replace("lagoon.privsep", "os_brick.privileged")
    runner = judged(f"RegExpFilter, privsep-helper, root, privsep-helper, --config-file, /etc/nova\\.conf, {brick}")
    assert runner.level is Level.ROOT and "runs any command" in runner.ways[0].power.note


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ("RegExpFilter, tee, root, tee, /sys/a|/sys/b", "begins with '/sys/a'"),
        ("PathFilter, privsep-helper, root, --config-file, /etc/(?!\\.\\.).*", "knows no patterns"),
        ("CommandFilter, drv_cfg, root, --query_guid", "takes no notice of --query_guid"),
    ],
)
def test_what_is_odd_about_a_filter_is_told(definition: str, told: str) -> None:
    (remark,) = judged(definition).remarks
    assert told in remark


def test_the_excess_is_the_worst_that_no_call_comes_to() -> None:
    filters = made("CommandFilter, chmod, root")
    (verdict,) = audited(filters)
    mode: list[Word] = [Literal("chmod"), Literal("660"), Value("path")]
    found = excess(verdict, filters, [mode])
    assert found is not None and found.argv == ("chmod", "666", "/etc/passwd")
    loose: list[Word] = [Literal("chmod"), Value("mode"), Value("path")]
    found = excess(verdict, filters, [mode, loose])
    assert found is not None and found.argv == ("chmod", "-R", "666", "/etc")
    assert runs(filters, found.argv) is not None


def test_there_is_no_excess_where_the_code_comes_to_all_of_it() -> None:
    filters = made("RegExpFilter, tee, root, tee, .*")
    assert excess(audited(filters)[0], filters, [[Literal("tee"), Value("path")]]) is None
    assert excess(audited(filters)[0], filters, [[Literal("tee"), Value("path", ("/sys/", None))]]) is not None

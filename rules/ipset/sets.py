# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ipset create, destroy, swap, flush: sets of addresses as a whole, through the kernel's ip_set over netlink(7)."""

from __future__ import annotations

import socket

import pyroute2

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from ._netlink import _ipset_finished, _ipset_name_fault, _ipset_refusal


def ensure_ip_set(name: str, set_type: str, family: str, check: bool = True) -> tuple[str, str]:
    """Make a set of addresses unless it is there; set_type: hash:net or hash:ip, family: inet or inet6."""
    families = {"inet": socket.AF_INET, "ipv4": socket.AF_INET, "inet6": socket.AF_INET6, "ipv6": socket.AF_INET6}
    said = _ipset_name_fault(name)
    if not said and set_type not in ("hash:ip", "hash:net"):
        said = "Syntax error: typename '%s' is unknown" % set_type
    if not said and family not in families:
        said = "Syntax error: unknown inet family %s" % family
    if not said:
        try:
            with pyroute2.IPSet() as ipset:
                ipset.create(name, stype=set_type, family=families[family], exclusive=False)
        except (OSError, pyroute2.NetlinkError) as error:
            said = _ipset_refusal("create", error)
    return _ipset_finished("ipset create -exist %s %s family %s" % (name, set_type, family), said, check)


def destroy_ip_set(name: str, check: bool = True) -> tuple[str, str]:
    """Remove a set and its elements; one that a rule or another set names stays, which is an error."""
    said = _ipset_name_fault(name)
    if not said:
        try:
            with pyroute2.IPSet() as ipset:
                ipset.destroy(name)
        except (OSError, pyroute2.NetlinkError) as error:
            said = _ipset_refusal("destroy", error)
    return _ipset_finished("ipset destroy %s" % name, said, check)


def flush_ip_set(name: str, check: bool = True) -> tuple[str, str]:
    """Take all elements out of a set."""
    said = _ipset_name_fault(name)
    if not said:
        try:
            with pyroute2.IPSet() as ipset:
                ipset.flush(name)
        except (OSError, pyroute2.NetlinkError) as error:
            said = _ipset_refusal("flush", error)
    return _ipset_finished("ipset flush %s" % name, said, check)


def swap_ip_sets(first: str, second: str, check: bool = True) -> tuple[str, str]:
    """Exchange the contents of two sets of one type; what names them goes on with the new content."""
    said = _ipset_name_fault(first) or _ipset_name_fault(second)
    if not said:
        try:
            with pyroute2.IPSet() as ipset:
                ipset.swap(first, second)
        except (OSError, pyroute2.NetlinkError) as error:
            said = _ipset_refusal("swap", error)
    return _ipset_finished("ipset swap %s %s" % (first, second), said, check)


_VERSION = Difference("stderr does not tell the version of the program")
_WORDS = Difference("a name that is one of the program's own options, -exist or -q, is a name like any other")
_NAMES = ("{netset}", "{sixnetset}", "{hostset}", "{emptyset}", "{noset}", "{usedset}", "''", "'a b'", "-x", "a/b")
_LONG = "x" * 31


def _samples(call: str, method: str, asked: str) -> tuple[Sample, ...]:
    """Samples of a function that makes one request; method: of pyroute2's IPSet, asked: what it is given."""
    patched = ("pyroute2.IPSet",)
    ipset = "ipset = mock_ipset.return_value.__enter__.return_value"
    refused = f"ipset.{method}.side_effect = OSError(errno.ENOENT, 'fake')"
    return (
        Sample(
            call,
            "('', '')",
            patched=patched,
            given=(ipset,),
            asserted=(f"ipset.{method}.assert_called_once_with({asked})",),
        ),
        Sample(call, patched=patched, given=(ipset, refused), code=1),
    )


RULES = (
    Rule(
        grammar="ipset -- create -exist NAME SET_TYPE family FAMILY",
        function=ensure_ip_set,
        module="linux_net",
        kind=NATIVE,
        only={"set_type": "hash:(net|ip)"},
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples(
            "ensure_ip_set('fake', 'hash:net', 'inet6')",
            "create",
            "'fake', stype='hash:net', family=socket.AF_INET6, exclusive=False",
        ),
        examples=(
            Becomes(
                "execute('ipset', 'create', '-exist', set_name, 'hash:net', 'family', family, run_as_root=True)",
                "privsep.linux_net.ensure_ip_set(str(set_name), 'hash:net', str(family))",
            ),
            Becomes(
                "execute('ipset', 'create', '-exist', name, 'hash:ip', 'family', 'inet6', run_as_root=True)",
                "privsep.linux_net.ensure_ip_set(str(name), 'hash:ip', 'inet6')",
            ),
            Stays(
                "execute('ipset', 'create', '-exist', name, 'hash:mac', 'family', 'inet', run_as_root=True)",
                because="no form of set_type",
            ),
            Stays(
                "execute('ipset', 'create', '-exist', name, 'hash:ip', 'family', af, 'timeout', 5, run_as_root=True)",
                because="one operand more",
            ),
        ),
        trials=(
            *(Trial("ipset create -exist %s hash:net family inet" % name) for name in (*_NAMES, _LONG, _LONG + "x")),
            *(
                Trial("ipset create -exist {noset} hash:net family %s" % word)
                for word in ("inet6", "ipv4", "inet5", "''")
            ),
            Trial("ipset create -exist {noset} hash:ip family ipv6"),
            Trial("ipset create -exist {netset} hash:ip family inet"),
            Trial("ipset create -exist {netset} hash:net family inet6"),
        ),
        differences=(
            _VERSION,
            _WORDS,
            Difference(
                "a family by its option is refused", trial=Trial("ipset create -exist {noset} hash:net family -6")
            ),
        ),
    ),
    Rule(
        grammar="ipset -- destroy NAME",
        function=destroy_ip_set,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples("destroy_ip_set('fake')", "destroy", "'fake'"),
        examples=(
            Becomes(
                "execute('ipset', 'destroy', set_name, run_as_root=True)",
                "privsep.linux_net.destroy_ip_set(str(set_name))",
            ),
            Becomes(
                "execute('ipset', 'destroy', set_name, run_as_root=True, check_exit_code=False)",
                "privsep.linux_net.destroy_ip_set(str(set_name), check=False)",
            ),
            Stays("execute('ipset', 'destroy', run_as_root=True)", because="NAME is not there"),
            Stays("execute('ipset', '-q', 'destroy', name, run_as_root=True)", because="-q stands where"),
        ),
        trials=tuple(Trial("ipset destroy %s" % name) for name in (*_NAMES, _LONG + "x")),
        differences=(_VERSION, _WORDS),
    ),
    Rule(
        grammar="ipset -- flush NAME",
        function=flush_ip_set,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples("flush_ip_set('fake')", "flush", "'fake'"),
        examples=(
            Becomes(
                "execute('ipset', 'flush', set_name, run_as_root=True)",
                "privsep.linux_net.flush_ip_set(str(set_name))",
            ),
            Stays("execute('ipset', 'flush', run_as_root=True)", because="NAME is not there"),
            Stays("execute('ipset', 'flush', name, run_as_root=True, timeout=3)", because="timeout"),
        ),
        trials=tuple(Trial("ipset flush %s" % name) for name in (*_NAMES, _LONG + "x")),
        differences=(_VERSION, _WORDS),
    ),
    Rule(
        grammar="ipset -- swap FIRST SECOND",
        function=swap_ip_sets,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples("swap_ip_sets('fake', 'fake2')", "swap", "'fake', 'fake2'"),
        examples=(
            Becomes(
                "execute('ipset', 'swap', new_name, name, run_as_root=True)",
                "privsep.linux_net.swap_ip_sets(str(new_name), str(name))",
            ),
            Stays("execute('ipset', 'rename', name, new_name, run_as_root=True)", because="rename"),
            Stays("execute('ipset', 'swap', *names, run_as_root=True)", because="any number"),
        ),
        trials=(
            *(Trial("ipset swap {netset} %s" % name) for name in (*_NAMES, _LONG + "x")),
            *(Trial("ipset swap %s {emptyset}" % name) for name in ("{usedset}", "{noset}", "''", _LONG + "x")),
        ),
        differences=(_VERSION, _WORDS),
    ),
)

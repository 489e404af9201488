# ruff: noqa: UP031 - the projects with the most to migrate are old: no f-strings
"""ipset add, del: single elements of sets of addresses, through the kernel's ip_set over netlink(7)."""

from __future__ import annotations

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial

from ._netlink import _ipset_change, _ipset_finished


def ensure_in_ip_set(name: str, element: str, check: bool = True) -> tuple[str, str]:
    """Put an address, a network or a range of addresses into a set, where it may be already."""
    said = _ipset_change("add", name, element)
    return _ipset_finished("ipset add -exist %s %s" % (name, element), said, check)


def delete_from_ip_set(name: str, element: str, check: bool = True) -> tuple[str, str]:
    """Take an address, a network or a range of addresses out of a set; one that is not there is an error."""
    said = _ipset_change("del", name, element)
    return _ipset_finished("ipset del %s %s" % (name, element), said, check)


_NOTES = (
    Difference("stderr does not tell the version of the program"),
    Difference("a name that is one of the program's own options, -exist or -q, is a name like any other"),
    Difference("a host name that resolves to several addresses gives no warning"),
)
_OTHER = "a set of another type than hash:ip and hash:net is refused"
_NAMES = ("{netset}", "{sixnetset}", "{hostset}", "{emptyset}", "{noset}", "{usedset}", "''", "'a b'", "-x", "x" * 32)
_ELEMENTS = (
    "192.0.2.0/24",
    "192.0.2.7",
    "198.51.100.1",
    "0.0.0.0",
    "0.0.0.0/0",
    "10.1",
    "192.0.2.0-192.0.2.9",
    "192.0.2.9-192.0.2.0",
    "192.0.2.0-",
    "192.0.2.0/",
    "/24",
    "192.0.2.1/33",
    "192.0.2.1/256",
    "192.0.2.1/24x",
    "'192.0.2.1/ 030'",
    "192.0.2.1/0x18",
    "192.0.2.1/-1",
    "192.0.2.1/-0",
    "192.0.2.0-192.0.2.9/24",
    "192.0.2.7,80",
    ",192.0.2.7",
    "''",
    "-",
    "host.invalid",
    "localhost",
    "fd00::1",
    "256.0.0.1",
    "'192.0.2.7 '",
)
_ELEMENTS6 = ("fd00::/64", "fd00::1", "fd00::2/128", "fd00::2/0128", "fd00::1-fd00::9", "::", "192.0.2.7", "fd00::/129")


def _trials(command: str) -> tuple[Trial, ...]:
    return (
        *(Trial("ipset %s %s 192.0.2.7" % (command, name)) for name in _NAMES),
        *(Trial("ipset %s {netset} %s" % (command, element)) for element in _ELEMENTS),
        *(Trial("ipset %s {hostset} %s" % (command, element)) for element in ("192.0.2.4/30", "192.0.2.3-192.0.2.5")),
        *(
            Trial("ipset %s %s %s" % (command, name, each))
            for name in ("{sixnetset}", "{sixhostset}")
            for each in _ELEMENTS6
        ),
    )


def _differences(command: str) -> tuple[Difference, ...]:
    return (
        *_NOTES,
        Difference(_OTHER, on={"portset", "listset"}),
        Difference(
            "an address in brackets, as [192.0.2.7], is refused", trial=Trial("ipset %s {netset} [192.0.2.7]" % command)
        ),
    )


def _samples(function: str, method: str, more: str) -> tuple[Sample, ...]:
    """Samples of a function that changes the set fake; method: of pyroute2's IPSet, more: what it takes beside."""
    call = f"{function}('fake', '192.0.2.7')"
    given = (
        "ipset = mock_ipset.return_value.__enter__.return_value",
        "told = {'IPSET_ATTR_TYPENAME': 'hash:ip', 'IPSET_ATTR_FAMILY': socket.AF_INET}",
        "ipset.headers.return_value = [mock.Mock(get_attr=told.get)]",
    )
    asked = f"'fake', '192.0.2.7', family=socket.AF_INET, {more}etype='net'"
    return (
        Sample(
            call,
            "('', '')",
            patched=("pyroute2.IPSet",),
            given=given,
            asserted=(f"ipset.{method}.assert_called_once_with({asked})",),
        ),
        Sample(
            call,
            patched=("pyroute2.IPSet",),
            given=(given[0], "ipset.headers.side_effect = OSError(errno.ENOENT, 'fake')"),
            asserted=(f"ipset.{method}.assert_not_called()",),
            code=1,
        ),
    )


RULES = (
    Rule(
        grammar="ipset -- add -exist NAME ELEMENT",
        function=ensure_in_ip_set,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples("ensure_in_ip_set", "add", "exclusive=False, "),
        examples=(
            Becomes(
                "execute('ipset', 'add', '-exist', set_name, member_ip, run_as_root=True)",
                "privsep.linux_net.ensure_in_ip_set(str(set_name), str(member_ip))",
            ),
            Becomes(
                "execute('ipset', 'add', '-exist', name, '%s/32' % ip, run_as_root=True, check_exit_code=False)",
                "privsep.linux_net.ensure_in_ip_set(str(name), '%s/32' % ip, check=False)",
            ),
            Stays(
                "execute('ipset', 'add', '-exist', name, ip, 'timeout', 60, run_as_root=True)",
                because="one operand more",
            ),
            Stays("execute('ipset', 'add', name, ip, run_as_root=True)", because="stands where -exist has to"),
        ),
        trials=_trials("add -exist"),
        differences=_differences("add -exist"),
    ),
    Rule(
        grammar="ipset -- del NAME ELEMENT",
        function=delete_from_ip_set,
        module="linux_net",
        kind=NATIVE,
        capabilities={"CAP_NET_ADMIN"},
        samples=_samples("delete_from_ip_set", "delete", ""),
        examples=(
            Becomes(
                "execute('ipset', 'del', set_name, member_ip, run_as_root=True)",
                "privsep.linux_net.delete_from_ip_set(str(set_name), str(member_ip))",
            ),
            Stays("execute('ipset', 'del', '-exist', name, ip, run_as_root=True)", because="operand"),
            Stays("execute('ipset', 'del', name, ip, run_as_root=True, timeout=3)", because="timeout"),
        ),
        trials=_trials("del"),
        differences=_differences("del"),
    ),
)

"""PRV281, 282: what the functions of a context ask of the kernel and it lacks, and what amounts to root."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from migrator.rewrite.target import Context
from migrator.understand.facts import bare
from migrator.understand.values import Text
from migrator.verify.boundary import codes
from migrator.verify.boundary.behind import Made, argument
from migrator.verify.boundary.effects import Effects
from migrator.verify.boundary.finding import Entrypoint, Finding, Unverifiable
from migrator.verify.boundary.inside import placed_in
from migrator.verify.boundary.project import Project

# The capability without which a system call fails for what is not the caller's own, by the function that makes it.
# Source: capabilities(7), and the ERRORS section of each call's page in section 2 of the manual. Left out is what a
# process of uid 0 may do to its own files and what depends on the file (CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID).
NEEDS: dict[str, str] = {
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pidfd_send_signal"), "CAP_KILL"),
    **dict.fromkeys(("os.chown", "os.lchown", "os.fchown", "shutil.chown"), "CAP_CHOWN"),
    "os.chroot": "CAP_SYS_CHROOT",
    **dict.fromkeys(("os.setns", "os.unshare", "socket.sethostname"), "CAP_SYS_ADMIN"),
    **dict.fromkeys(("os.setuid", "os.seteuid", "os.setreuid", "os.setresuid"), "CAP_SETUID"),
    **dict.fromkeys(("os.setgid", "os.setegid", "os.setregid", "os.setresgid", "os.setgroups"), "CAP_SETGID"),
    "os.initgroups": "CAP_SETGID",
    **dict.fromkeys(("time.clock_settime", "time.clock_settime_ns"), "CAP_SYS_TIME"),
    **dict.fromkeys(("pyroute2.netns.create", "pyroute2.netns.remove", "pyroute2.netns.setns"), "CAP_SYS_ADMIN"),
    "pyroute2.netns.attach": "CAP_SYS_ADMIN",
    "pyroute2.NetNS": "CAP_SYS_ADMIN",
}
# Functions of the C library that are called through ctypes, by name. Sources: mount(2), umount(2), setns(2),
# unshare(2), pivot_root(2), swapon(2), sethostname(2), mknod(2), chroot(2).
_OF_C = {
    **dict.fromkeys(("mount", "umount", "umount2", "setns", "unshare", "pivot_root"), "CAP_SYS_ADMIN"),
    **dict.fromkeys(("swapon", "swapoff", "sethostname", "setdomainname"), "CAP_SYS_ADMIN"),
    "chroot": "CAP_SYS_CHROOT",
}
_LOADS = ("ctypes.CDLL", "ctypes.cdll.LoadLibrary", "ctypes.PyDLL")
# Methods of pyroute2.IPRoute whose first argument says what to do; the kernel answers these and asks for nothing else.
_ASKS = frozenset({"dump", "show", "get", "list"})
_NETLINK = frozenset({"link", "addr", "route", "rule", "neigh", "tc", "fdb", "vlan_filter", "brport", "vlandb"})
_FLUSHES = ("flush_addr", "flush_routes", "flush_rules", "flush_neigh")
_IPROUTES = ("pyroute2.IPRoute", "pyroute2.iproute.IPRoute", "pyroute2.NDB")
_ROOT = frozenset({"CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"})
_ALL = 41  # capabilities of Linux 5.9 and later, capabilities(7)


def check(
    entrypoint: Entrypoint, does: Effects, context: Context | None, project: Project, told: list[Unverifiable]
) -> Iterator[Finding]:
    """System calls behind one entrypoint whose capability its context lacks.

    context: as its source has it, None for one that stands in another distribution. told: takes what cannot be judged.
    """
    needed = [(one, need) for one in does.made if (need := needs(one))]
    if not needed or context is None:
        return
    if context.capabilities is None:
        reason = "the capabilities of its context are no plain list"
        told.append(Unverifiable(entrypoint.name, "capabilities", reason))
        return
    seen: set[str] = set()
    for one, need in needed:
        placed = placed_in(one.event, project)
        if need in context.capabilities or need in seen or placed is None or _handled(one):
            continue
        seen.add(need)
        module, node = placed
        name = entrypoint.context.rpartition(".")[2]
        text = f"`{one.name}()` behind `{entrypoint.node.name}` needs {need}, which its context {name} lacks:"
        text += f" {_fails(need)}"
        yield module.finding(codes.LACKING, node, text, f"{entrypoint.name}:{need}")


def needs(made: Made) -> str:
    """The capability that a call asks for, "" when none, or none that is certain."""
    name = made.name
    if name in NEEDS:
        return "" if _harmless(made) else NEEDS[name]
    if name == "os.mknod":
        given = argument(made, 1, "mode")
        words = ast.dump(made.node)
        return "CAP_MKNOD" if given is not None and ("S_IFBLK" in words or "S_IFCHR" in words) else ""
    if name == "socket.socket":
        words = ast.dump(made.node)
        return "CAP_NET_RAW" if "AF_PACKET" in words or "SOCK_RAW" in words else ""
    if name == "os.setxattr":
        given = argument(made, 1, "attribute")
        inner = bare(given) if given is not None else None
        text = inner.known if isinstance(inner, Text) else None
        return "CAP_SYS_ADMIN" if text is not None and text.startswith("trusted.") else ""
    holder, _, last = name.rpartition(".")
    if holder in _LOADS:
        return _OF_C.get(last, "")
    if holder in _IPROUTES:
        return "CAP_NET_ADMIN" if last in _FLUSHES or (last in _NETLINK and _changes(made)) else ""
    return ""


def _changes(made: Made) -> bool:
    """Whether the command of a netlink call is known, and not one that only asks."""
    given = argument(made, 0, "command")
    inner = bare(given) if given is not None else None
    known = inner.known if isinstance(inner, Text) else None
    return known is not None and known not in _ASKS


def _harmless(made: Made) -> bool:
    """Whether a call of this kind may well go without: a signal to the daemon's own child, an owner that stays."""
    words = [ast.unparse(one) for one in made.node.args]
    if made.name in ("os.kill", "os.killpg"):
        return not words or words[0] in ("os.getpid()", "os.getpgrp()", "0") or ".pid" in words[0]
    return made.name.endswith("chown") and words[1:3] == ["-1", "-1"]


def _handled(made: Made) -> bool:
    """Whether the refusal is expected where the call stands."""
    return any(
        one.rpartition(".")[2] in ("PermissionError", "OSError", "Exception", "*") for one in made.event.handlers
    )


def _fails(need: str) -> str:
    if need == "CAP_KILL":
        return "EPERM for a process of another user, other capabilities do not stand in for it"
    if need == "CAP_CHOWN":
        return "EPERM when the owner changes"
    return "EPERM"


def broad(
    contexts: Mapping[str, Context], does: Mapping[str, Effects], exported: Sequence[Entrypoint], project: Project
) -> Iterator[Finding]:
    """Contexts that serve everything with what amounts to root."""
    used = {one.context for one in exported}
    for dotted, context in contexts.items():
        serving = [one for one in exported if one.context == dotted]
        held = context.capabilities or frozenset()
        only = used == {dotted} and held >= _ROOT and len(serving) > 1
        module = project.module(dotted.rpartition(".")[0])
        node = module.assigned(context.name) if module is not None else None
        everything = len(held) >= _ALL or (node is not None and _all_of_them(node))
        if module is None or node is None or not (everything or only):
            continue
        native = [one for one in serving if (made := does.get(one.name)) is not None and not made.commands]
        spare = [one for one in native if not any(needs(each) == "CAP_SYS_ADMIN" for each in does[one.name].made)]
        if everything:
            text = f"`{context.name}` holds every capability: its {len(serving)} functions are root, native or not"
        else:
            text = (
                f"`{context.name}` is the only context, for all {len(serving)} functions, and holds CAP_SYS_ADMIN and"
                f" CAP_DAC_OVERRIDE, which amount to root: {len(spare)} native ones need no CAP_SYS_ADMIN"
            )
            if not spare:
                continue
        yield module.finding(codes.BROAD, node, text, dotted)


def _all_of_them(node: ast.stmt) -> bool:
    """Whether a context is given the members of oslo_privsep.capabilities.Capabilities: `list(c.Capabilities)`."""
    given = [word.value for word in ast.walk(node) if isinstance(word, ast.keyword) and word.arg == "capabilities"]
    whole = [one.args[0] for one in given if isinstance(one, ast.Call) and len(one.args) == 1]
    return any(getattr(one, "attr", getattr(one, "id", "")) == "Capabilities" for one in whole)

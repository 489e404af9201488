"""Choose the context of a privileged function, and write the contexts that a target lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from migrator.model import Privileged, Rung
from migrator.rewrite.target import Context, Target

# What the daemon itself needs before a command takes over: to reach its program and its working directory as root
# does, wherever they lie. More would promise a bound that is not there: the kernel gives a command of uid 0 the whole
# bounding set back, whatever capabilities its daemon has.
COMMANDS = frozenset({"CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"})
_FILES = frozenset(
    {
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_DAC_READ_SEARCH",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_LINUX_IMMUTABLE",
        "CAP_MKNOD",
    }
)
_NETWORK = frozenset({"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW"})
# The needs that get a context of their own. ADMIN is the rest: commands, and what takes more than files and network.
FILES, NETWORK, ADMIN, SECRETS = "fs", "net", "sys_admin", "secrets"
_ON_COMMANDS = (
    "# A command that runs as root has all of root's powers, whatever is listed",
    "# here: this lets the daemon reach programs, and binds native functions.",
)
_IMPORTS = ("from oslo_privsep import capabilities", "from oslo_privsep import priv_context")


@dataclass(frozen=True)
class Chosen:
    """A context for each function, and those contexts that are new, in the order in which to write them."""

    of: Mapping[Privileged, Context]
    new: tuple[Context, ...]


def choose(functions: Iterable[Privileged], target: Target, secret: Collection[Privileged] = ()) -> Chosen:
    """An existing context that has a function's capabilities; else a new one.

    secret: the functions that some call hands what may be a secret; only a context whose daemon logs at INFO will do
    for them. An existing context is never widened. Functions that no context serves share a new one by need: file
    system, network, secrets, and all else; it has just the capabilities of its functions.
    """
    of: dict[Privileged, Context] = {}
    wanting: dict[str, list[Privileged]] = {}
    for function in sorted(set(functions), key=lambda function: (function.module, function.name, function.source)):
        hidden = function in secret
        found = _existing(function, target, hidden=hidden)
        if found:
            of[function] = found
        else:
            wanting.setdefault(_called(function, target, hidden=hidden), []).append(function)
    order = (FILES, NETWORK, ADMIN)
    new: list[Context] = []
    for called in sorted(wanting, key=lambda called: (order.index(called) if called in order else len(order), called)):
        context = _new(called, wanting[called], target)
        new.append(context)
        of.update(dict.fromkeys(wanting[called], context))
    return Chosen(of, tuple(new))


def trimmed(new: Iterable[Context], used: Mapping[Privileged, str]) -> tuple[Context, ...]:
    """The new contexts that serve the functions in use, each with their capabilities only. used: a context's name."""
    serving = {name: [function for function, other in used.items() if other == name] for name in used.values()}
    return tuple(_of(context, serving[context.name]) for context in new if context.name in serving)


def runs_commands(function: Privileged) -> bool:
    return function.rung is not Rung.NATIVE


def _need(function: Privileged) -> str:
    if runs_commands(function) or function.capabilities - _FILES - _NETWORK:
        return ADMIN
    return NETWORK if function.capabilities & _NETWORK or "net" in function.module.split("_") else FILES


def _called(function: Privileged, target: Target, *, hidden: bool) -> str:
    """What the new context for a function is called after."""
    if hidden and target.exists:  # the contexts of a new package are all quiet
        return SECRETS
    need = _need(function)
    if need == ADMIN and any(_stem(known) == ADMIN for known in target.contexts):
        # Beside a sys_admin_pctxt that lacks a capability a second one would tell nothing.
        return f"{function.module}_{ADMIN}" if function.module in (FILES, NETWORK) else function.module
    return need


def _existing(function: Privileged, target: Target, *, hidden: bool) -> Context | None:
    """The first context that will do, one that was made for this need before all others."""
    module = target.module(function.module)
    usable = [known for known in target.contexts if not target.usable or known.name in target.usable]
    fit = [known for known in usable if known.admits(module, function.capabilities)]
    if hidden:
        fit = [known for known in fit if known.quiet]
    elif runs_commands(function):
        # They would run there; but what is called a context for files or the network would be one for everything.
        fit = [known for known in fit if _stem(known) not in (FILES, NETWORK)]
    named = [known for known in fit if known.name == function.context]
    if named:
        return named[0]
    need = SECRETS if hidden else _need(function)
    return next((known for known in fit if _stem(known) == need), fit[0] if fit else None)


def _stem(context: Context) -> str:
    """`fs` of fs_pctxt, and of the fs2_pctxt that had to be made beside it."""
    return context.name.removesuffix(_ending(context)).rstrip("0123456789")


def _ending(context: Context | None) -> str:
    return next((end for end in ("_pctxt", "_cmd") if context and context.name.endswith(end)), "_pctxt")


def _new(called: str, functions: list[Privileged], target: Target) -> Context:
    taken = {context.name for context in target.contexts}
    sections = {context.cfg_section for context in target.contexts}
    first = target.contexts[0] if target.contexts else None
    base, ending = first.cfg_section.removesuffix(f"_{_stem(first)}") if first else target.top, _ending(first)
    name, section, number = f"{called}{ending}", f"{base}_{called}", 2
    while name in taken or section in sections:
        name, section, number = f"{called}{number}{ending}", f"{base}_{called}{number}", number + 1
    return _of(Context(name, frozenset(), target.package, section, quiet=True), functions)


def _of(context: Context, functions: Collection[Privileged]) -> Context:
    """The context with what these functions need."""
    needed = frozenset().union(*(COMMANDS if runs_commands(one) else one.capabilities for one in functions))
    return replace(context, capabilities=needed, commands=any(map(runs_commands, functions)))


def notes(new: Iterable[Context], target: Target) -> list[str]:
    """What the user has to do for the new contexts, and know of them."""
    told = []
    for context in new:
        pypath = f"{target.package}.{context.name}"
        told.append(
            f"new context {pypath}: set [{context.cfg_section}] helper_command, or admit privsep-helper with "
            f"--privsep_context {pypath} in the rootwrap filters; `privmigrate bootstrap` prints either"
        )
    told += [
        f"the capabilities of {target.package}.{context.name} bind its native functions only: a command that it runs "
        "as root has all of root's powers"
        for context in new
        if context.commands
    ]
    return told


def module_text(new: Iterable[Context], target: Target) -> str:
    """The text of a new privsep package's __init__, without licence header."""
    imports = '"""Setup privsep decorator."""\n\nimport logging\n\n' + "\n".join(_IMPORTS) + "\n\n"
    return imports + "\n".join(blocks_of(new, target, "capabilities", "priv_context"))


def blocks_of(new: Iterable[Context], target: Target, capabilities: str, priv_context: str) -> list[str]:
    """The contexts' assignments, and the lines that keep their daemons' DEBUG messages out of the log."""
    level = "# A daemon logs what every call returns at DEBUG level: that can be a secret.\n"
    names = [f"__name__ + '.{one.name}'" if target.logger_names else "'oslo.privsep.daemon'" for one in new]
    level += "".join(f"logging.getLogger({name}).setLevel(logging.INFO)\n" for name in dict.fromkeys(names))
    return [*(definition(context, target, capabilities, priv_context) for context in new), level]


def definition(context: Context, target: Target, capabilities: str, priv_context: str) -> str:
    """The assignment of a context; the names under which the two oslo.privsep modules are known."""
    head = f"    capabilities=[{capabilities}."
    names = sorted(context.capabilities or ())
    lines = list(_ON_COMMANDS) if context.commands else []
    lines.append(f"{context.name} = {priv_context}.PrivContext(")
    lines.append("    __name__,")
    lines.append(f"    cfg_section='{context.cfg_section}',")
    lines.append(f"    pypath=__name__ + '.{context.name}',")
    if not names:
        lines.append("    capabilities=[],")
    for number, name in enumerate(names):
        start = head if number == 0 else " " * (len("    capabilities=[")) + f"{capabilities}."
        lines.append(f"{start}{name}{'],' if number == len(names) - 1 else ','}")
    if target.logger_names:
        lines.append(f"    logger_name=__name__ + '.{context.name}',")
    return "\n".join([*lines, ")", ""])

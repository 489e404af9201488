"""Choose the context of a privileged function, and write the contexts that a target lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrator.model import Privileged, Rung
from migrator.rewrite.target import Context, Target

# nova's and cinder's set: what commands run through the context are expected to find.
USUAL = frozenset(
    {
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_DAC_READ_SEARCH",
        "CAP_FOWNER",
        "CAP_NET_ADMIN",
        "CAP_SYS_ADMIN",
    }
)
_FIRST = "sys_admin_pctxt"
_IMPORTS = ("from oslo_privsep import capabilities", "from oslo_privsep import priv_context")


@dataclass(frozen=True)
class Chosen:
    """A context for each function, and those contexts that are new, in the order in which to write them."""

    of: Mapping[Privileged, Context]
    new: tuple[Context, ...]


def choose(functions: Iterable[Privileged], target: Target) -> Chosen:
    """The first existing context that has a function's capabilities; else a new one.

    An existing context is never widened. A target with no privsep package gets one context that has what the native
    functions need, and the usual set when commands are run. In a target that has contexts, the functions of one area
    that none of them suffices for share a new context.
    """
    ordered = sorted(set(functions), key=lambda function: (function.module, function.name, function.source))
    if not target.exists:
        return _fresh(ordered, target)
    of: dict[Privileged, Context] = {}
    wanting: dict[str, list[Privileged]] = {}
    for function in ordered:
        module = target.module(function.module)
        fitting = [known for known in target.contexts if known.admits(module, function.capabilities)]
        named = [known for known in fitting if known.name == function.context]
        found = next(iter(named or fitting), None)
        if found:
            of[function] = found
        else:
            wanting.setdefault(function.module, []).append(function)
    new = []
    for area, lacking in wanting.items():
        context = _for_area(area, frozenset().union(*(function.capabilities for function in lacking)), target)
        new.append(context)
        of.update(dict.fromkeys(lacking, context))
    return Chosen(of, tuple(new))


def _fresh(functions: list[Privileged], target: Target) -> Chosen:
    needed = frozenset().union(*(function.capabilities for function in functions))
    if any(function.rung is not Rung.NATIVE for function in functions):
        needed |= USUAL
    context = Context(_FIRST, needed, target.package, f"{target.top}_sys_admin", quiet=True)
    return Chosen(dict.fromkeys(functions, context), (context,) if functions else ())


def _for_area(area: str, needed: frozenset[str], target: Target) -> Context:
    taken = {context.name for context in target.contexts}
    sections = {context.cfg_section for context in target.contexts}
    first = target.contexts[0] if target.contexts else None
    ending = next((end for end in ("_pctxt", "_cmd") if first and first.name.endswith(end)), "_pctxt")
    base = first.cfg_section.removesuffix("_sys_admin") if first else target.top
    name, section, number = f"{area}{ending}", f"{base}_{area}", 2
    while name in taken or section in sections:
        name, section, number = f"{area}{number}{ending}", f"{base}_{area}{number}", number + 1
    return Context(name, needed, target.package, section, quiet=True)


def module_text(new: Iterable[Context], target: Target) -> str:
    """The text of a new privsep package's __init__, without licence header."""
    blocks = [block for context in new for block in blocks_of(context, target, "capabilities", "priv_context")]
    imports = '"""Setup privsep decorator."""\n\nimport logging\n\n' + "\n".join(_IMPORTS) + "\n\n"
    return imports + "\n".join(blocks)


def blocks_of(context: Context, target: Target, capabilities: str, priv_context: str) -> tuple[str, str]:
    """A context's assignment, and the lines that keep its daemon's DEBUG messages out of the log."""
    name = f"__name__ + '.{context.name}'" if target.logger_names else "'oslo.privsep.daemon'"
    level = (
        "# The daemon logs what every call returns at DEBUG level: that can be a\n"
        "# secret.\n"
        f"logging.getLogger({name}).setLevel(logging.INFO)\n"
    )
    return definition(context, target, capabilities, priv_context), level


def definition(context: Context, target: Target, capabilities: str, priv_context: str) -> str:
    """The assignment of a context; the names under which the two oslo.privsep modules are known."""
    head = f"    capabilities=[{capabilities}."
    names = sorted(context.capabilities or ())
    lines = [f"{context.name} = {priv_context}.PrivContext("]
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

"""Keywords that executors take beside the argv: which of them a privileged function can carry, and how."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from migrator.model import Option, Reason, Site

# oslo_concurrency.processutils.execute(); the values that mean the same as leaving the keyword out.
_DEFAULTS: dict[str, tuple[object, ...]] = {
    "check_exit_code": (True, 0, [0], (0,)),
    "attempts": (1,),
    "delay_on_retry": (True,),
    "process_input": (None,),
    "env_variables": (None,),
    "cwd": (None,),
    "timeout": (None,),
    "log_errors": (None, 0),
    "loglevel": (),
    "binary": (False,),
    "shell": (False,),
    "on_execute": (None,),
    "on_completion": (None,),
    "preexec_fn": (None,),
    "prlimit": (None,),
    "python_exec": (None,),
}
# What a caller may decide each time: how often, how long and what counts as success, never what runs.
SETTINGS = {"check_exit_code", "attempts", "delay_on_retry", "timeout", "interval", "backoff_rate", "raise_timeout"}
# Keywords of executors that projects wrote around processutils.execute(); only where such a one goes on running it.
_WIDER = {"interval", "backoff_rate", "raise_timeout", "signal"}
_CALLABLE = {"on_execute", "on_completion", "preexec_fn"}
# command.run() sets the one itself, `--timeout` may set the other, and nobody asks a shell for False.
_UNSAID = {"preexec_fn", "timeout", "shell"}
_ROOT = {"run_as_root", "root_helper"}  # how root was got until now: nothing of it is left
# Names that stand for constants of the same modules in every project.
_CONSTANTS = (
    (re.compile(r"(?:\w+\.)*(LOG_ALL_ERRORS|LOG_FINAL_ERROR|LOG_DEFAULT_ERROR)"), "processutils"),
    (re.compile(r"(?:\w+\.)*logging\.(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)"), "logging"),
)
_IMPORTS = {"processutils": "from oslo_concurrency import processutils", "logging": "import logging"}


@dataclass(frozen=True, slots=True)
class Carried:
    """What of a site's keywords goes into the privileged function.

    fixed: (keyword, source) with a value that can be written down inside it, sorted, defaults left out. stdin: source
    of process_input where it is an expression, "" otherwise. imports: lines that the fixed values need. settings:
    (keyword, source at the call) of what the function is told each time. tried: those that trycmd() takes itself.
    said: (keyword, source) of what is said and means the same as leaving it out.
    """

    fixed: tuple[tuple[str, str], ...]
    stdin: str
    imports: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()
    tried: tuple[tuple[str, str], ...] = ()
    said: tuple[tuple[str, str], ...] = ()


def carried(site: Site, *, handed: bool = False) -> Carried | tuple[Reason, ...]:
    """Sort a site's keywords; the reasons when one of them cannot be carried.

    handed: the executor gets them at run time and hands them on, so their source need not mean the same at the call.
    """
    fixed: list[tuple[str, str]] = []
    settings: list[tuple[str, str]] = []
    tried: list[tuple[str, str]] = []
    said: list[tuple[str, str]] = []
    imports: set[str] = set()
    reasons: list[Reason] = []
    stdin = ""
    # Said beside how often, it is meant, and the project's tests may ask for it.
    retried = any(option.name == "attempts" for option in site.options)
    for option in site.options:
        if option.name in _ROOT:
            continue
        if _is_default(option) and not (option.name == "delay_on_retry" and retried):
            if option.name not in _UNSAID:
                said.append((option.name, ast.unparse(ast.parse(option.code, mode="eval"))))
            continue
        if option.name == "discard_warnings" and option.literal:
            tried.append((option.name, option.code))
            continue
        reason = _refusal(option, site)
        constant = _constant(option)
        if reason is not None:
            reasons.append(reason)
        elif constant is not None:
            module, code = constant
            imports.add(_IMPORTS[module])
            fixed.append((option.name, code))
        elif option.literal:
            fixed.append((option.name, ast.unparse(ast.parse(option.code, mode="eval"))))
        elif option.name == "process_input" and (handed or option.here):
            stdin = option.code
        elif option.name in SETTINGS and (handed or option.here):
            settings.append((option.name, option.code))
        else:
            reasons.append(
                Reason(
                    "option-not-literal",
                    f"{option.name}={option.code} is not a constant; write its value, or one call for each value",
                )
            )
    if reasons:
        return tuple(reasons)
    return Carried(
        tuple(sorted(fixed)),
        stdin,
        tuple(sorted(imports)),
        tuple(sorted(settings)),
        tuple(tried),
        () if handed else tuple(sorted(said)),
    )


def handed_on(container: Site, callers: Sequence[Site], *, handed: bool) -> Carried | tuple[Reason, ...]:
    """The same for the call inside a wrapper that hands its callers' keywords on with `**`.

    What all callers give alike is fixed. Of the rest the function is told each time what a caller may decide.
    """
    mapping = next((option for option in container.options if option.name == "**"), None)
    own = carried(
        replace(container, options=tuple(one for one in container.options if one is not mapping)), handed=handed
    )
    if mapping is None or isinstance(own, tuple):
        return own
    given = [carried(one, handed=True) for one in callers]
    reasons = [reason for one in given if isinstance(one, tuple) for reason in one]
    if reasons:
        return tuple(reasons)
    each = [dict((*one.fixed, *one.settings)) for one in given if isinstance(one, Carried)]
    names = sorted({name for one in each for name in one})
    alike = {name for name in names if len({one.get(name) for one in each}) == 1}
    open_ones = [name for name in names if name not in alike and name not in SETTINGS]
    if open_ones:
        text = f"{open_ones[0]}= differs among the calls of {container.enclosing}(); write one call for each value"
        return (Reason("option-not-literal", text),)
    told = tuple((name, f"{mapping.code}.get({name!r}, {default(name)!r})") for name in names if name not in alike)
    stdin = (
        f"{mapping.code}.get('process_input')" if any(one.stdin for one in given if isinstance(one, Carried)) else ""
    )
    imports = {line for one in given if isinstance(one, Carried) for line in one.imports}
    fixed = {**dict(own.fixed), **{name: each[0][name] for name in alike}}
    return replace(
        own,
        fixed=tuple(sorted(fixed.items())),
        settings=tuple(sorted((*own.settings, *told))),
        stdin=own.stdin or stdin,
        imports=tuple(sorted({*own.imports, *imports})),
    )


def default(name: str) -> object:
    """What an executor takes for a keyword that is not given."""
    return next(iter(_DEFAULTS.get(name, ())), None)


def _is_default(option: Option) -> bool:
    if not option.literal or option.name not in _DEFAULTS:
        return False
    value = ast.literal_eval(option.code)
    return any(value == default and type(value) is type(default) for default in _DEFAULTS[option.name])


def _refusal(option: Option, site: Site) -> Reason | None:
    if option.name == "**":
        return Reason(
            "option-mapping", f"**{option.code} may hold any keyword; write the keywords that are meant at the call"
        )
    if option.name in _WIDER and site.runner is not None and not site.runner.name.startswith("oslo_"):
        return None
    if option.name not in _DEFAULTS:
        return Reason(
            "option-unknown",
            f"{option.name}= is no keyword of processutils.execute(); move what it does to the caller first",
        )
    if option.name == "shell":
        return Reason("shell", f"shell={option.code}: what runs is a text for a shell; write the command as words")
    if option.name in _CALLABLE:
        return Reason("option-callable", f"{option.name}={option.code}: a function does not cross the privsep boundary")
    if option.name in ("prlimit", "python_exec"):
        return Reason("option-not-carried", f"{option.name}= is not carried over; write this function by hand")
    if option.name == "cwd" and option.literal and not str(ast.literal_eval(option.code)).startswith("/"):
        return Reason("relative-path", f"cwd={option.code} depends on the caller's directory; make it absolute")
    return None


def _constant(option: Option) -> tuple[str, str] | None:
    if option.name in ("log_errors", "loglevel"):
        for pattern, module in _CONSTANTS:
            found = pattern.fullmatch(option.code)
            if found:
                return module, f"{module}.{found[1]}"
    return None


def admits(fixed: tuple[tuple[str, str], ...], exit_code: int) -> bool | None:
    """Whether check_exit_code among the fixed keywords lets this exit code pass; None when it refuses 0."""
    given = dict(fixed).get("check_exit_code")
    if given is None:
        return exit_code == 0
    value = ast.literal_eval(given)
    if value is False:
        return True
    codes = [value] if isinstance(value, int) else list(value or [0])
    return None if 0 not in codes else exit_code in codes

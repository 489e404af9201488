"""What the house needs for the four ways: programs, sudo's and rootwrap's configuration, the privsep functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from migrator.bench.machine import Target
from migrator.bench.plan import THREADS, WAIT, WIDE, Operation, Plan
from migrator.decide.load import rulebook
from migrator.decide.rule import Rule, Trial
from migrator.verify.house import SECURE_PATH, USER, File
from migrator.verify.trial import arguments

_HARNESS = Path(__file__).with_name("harness")
HOME = "/etc/privmigrate-bench"
PACKAGE = "privmigrate_bench"
PROGRAMS = f"{HOME}/bin"
_CONF, _CONFIG = f"{HOME}/rootwrap.conf", f"{HOME}/bench.conf"
_NAMES = ("oslo-rootwrap", "oslo-rootwrap-daemon", "privsep-helper")
_ROOTWRAP, _DAEMON, _HELPER = (f"{PROGRAMS}/{name}" for name in _NAMES)
# Where each program's console script leads.
_ENTRIES = {
    _ROOTWRAP: ("oslo_rootwrap.cmd", "main"),
    _DAEMON: ("oslo_rootwrap.cmd", "daemon"),
    _HELPER: ("oslo_privsep.daemon", "helper_main"),
}
CONTEXTS = ("default", "native", "wide", "started_by_sudo", "started_by_rootwrap")


def files(plan: Plan, target: Target) -> dict[str, File]:
    """What has to be in the house, by path."""
    book = rulebook()
    rules = {one.rule: book.named(one.rule)[0] for one in plan.operations if one.rule}
    package = f"{HOME}/{PACKAGE}"
    found = {f"{package}/{path.name}": File(path.read_bytes()) for path in sorted(_HARNESS.glob("*.py"))}
    texts = {f"{package}/{_module(rule)}.py": _native(rule) for rule in rules.values()}
    texts[f"{package}/settings.json"] = json.dumps(_settings(plan, rules))
    texts[f"{HOME}/client.py"] = f"from {PACKAGE} import client\n\nclient.main()\n"
    texts[_CONF] = (
        f"[DEFAULT]\nfilters_path={HOME}/rootwrap.d\n"
        f"exec_dirs={PROGRAMS},{SECURE_PATH.replace(':', ',')}\nuse_syslog=False\n"
    )
    texts[f"{HOME}/rootwrap.d/bench.filters"] = _filters(plan)
    texts[_CONFIG] = _configuration()
    found |= {path: File(text.encode()) for path, text in texts.items()}
    found |= {path: File(_script(target, *entry).encode(), 0o755) for path, entry in _ENTRIES.items()}
    found["/etc/sudoers"] = File(sudoers(USER).encode(), 0o440)
    return found


def sudoers(user: str) -> str:
    """What sudo admits: the three programs, each with its configuration."""
    admitted = (f"{_ROOTWRAP} {_CONF} *", f"{_DAEMON} {_CONF}", f"{_HELPER} --config-file {_CONFIG} *")
    return (
        f'Defaults secure_path="{PROGRAMS}:{SECURE_PATH}"\nDefaults !syslog\n'
        f"{user} ALL=(root) NOPASSWD: {', '.join(admitted)}\n"
    )


def client(python: str) -> list[str]:
    """The command line of the service that is timed."""
    return [python, "-B", f"{HOME}/client.py"]


def _script(target: Target, module: str, function: str) -> str:
    # The house is read-only: a program whose modules are not compiled would compile them at each start.
    kept = "" if target.compiled else "sys.pycache_prefix = '/run/privmigrate'\n"
    return (
        f"#!{target.python}\nimport sys\n{kept}sys.path.insert(0, {HOME!r})\n"
        f"from {module} import {function}\nsys.exit({function}())\n"
    )


def _filters(plan: Plan) -> str:
    programs = sorted({*(one.program for one in plan.operations), "true", "sleep"})
    lines = [f"{name}: CommandFilter, {name}, root" for name in programs]
    words = ("--config-file", _CONFIG, "--privsep_context", r"[\w.]+", "--privsep_sock_path", "/tmp/.*")
    lines.append(f"privsep: RegExpFilter, privsep-helper, root, privsep-helper, {', '.join(words)}")
    return "[Filters]\n" + "".join(f"{line}\n" for line in lines)


def _configuration() -> str:
    helper = f"privsep-helper --config-file {_CONFIG}"
    before = dict.fromkeys(CONTEXTS, "sudo -n ") | {"started_by_rootwrap": f"sudo -n {_ROOTWRAP} {_CONF} "}
    sections = [f"[bench_{name}]\nhelper_command = {before[name]}{helper}\n" for name in CONTEXTS]
    pools = [f"thread_pool_size = {WIDE}\n" if name == "wide" else "" for name in CONTEXTS]
    return "".join(section + pool for section, pool in zip(sections, pools, strict=True))


def _settings(plan: Plan, rules: dict[str, Rule]) -> dict[str, Any]:
    return {
        "config": _CONFIG,
        "root_helper": f"sudo -n {_ROOTWRAP} {_CONF}",
        "daemon": ["sudo", "-n", _DAEMON, _CONF],
        "capabilities": sorted(frozenset().union(*(rule.capabilities for rule in rules.values()))),
        "operations": [_operation(one, rules.get(one.rule)) for one in plan.operations],
        "rounds": plan.rounds,
        "often": plan.often,
        "starts": plan.starts,
        "seconds": plan.seconds,
        "repetitions": plan.repetitions,
        "threads": THREADS,
        "wait": WAIT,
        "seed": plan.seed,
    }


def _operation(one: Operation, rule: Rule | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "lines": one.lines,
        "effect": one.effect,
        "path": one.path,
        "wanted": one.wanted,
        "function": f"{_module(rule)}.{rule.function.__name__}" if rule else "",
        "given": [arguments(rule, Trial(line)) for line in one.lines] if rule else [],
    }


def _module(rule: Rule) -> str:
    return f"native_{rule.form.program}"


def _native(rule: Rule) -> str:
    """A module with the rule's function as an entrypoint, in the very text that a rewrite writes."""
    parts = ["from __future__ import annotations\n", *(f"{line}\n" for line in rule.imports)]
    parts.append("from . import contexts\n")
    parts += [f"\n\n{helper.source}" for helper in rule.helpers]
    parts.append(f"\n\n@contexts.native.entrypoint\n{rule.source}")
    return "".join(parts)
